"""Decide about customers whom no ping is waiting for: read, decide, write."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from geopush.clock import Clock
from geopush.core.change import Change
from geopush.core.known import KnownOf
from geopush.core.occasion import World
from geopush.core.ping import CustomerKey
from geopush.metrics import Metrics
from geopush.store import presences
from geopush.store.pool import Connection

RACES = 3  # lost to pings before the rows are locked

Decide = Callable[[KnownOf, World, datetime], Sequence[Change]]


class Deciding:
    """Decides with the world of this moment, and tells of what it wrote."""

    def __init__(
        self,
        world: Callable[[], World],
        clock: Clock,
        metrics: Metrics,
        on_messages: Callable[[], None],
    ) -> None:
        self._world = world
        self._clock = clock
        self._metrics = metrics
        self._on_messages = on_messages

    async def settle(
        self, connection: Connection, keys: Collection[CustomerKey], decide: Decide
    ) -> Sequence[Change]:
        """Decide about these customers; who changed meanwhile is decided again.

        Returns what was written, to be told once it is committed.
        """
        written: list[Change] = []
        left = set(keys)
        for _ in range(RACES):
            left = await self._try(connection, left, decide, written)
            if not left:
                return written
            self._metrics.lost_races.inc(len(left))
        async with connection.transaction():
            await presences.lock(connection, left)
            await self._try(connection, left, decide, written)
        return written

    def tell(self, written: Sequence[Change]) -> None:
        """Count what was decided, and wake delivery if there is something to send."""
        tell(written, self._metrics, self._on_messages)

    async def _try(
        self,
        connection: Connection,
        keys: Collection[CustomerKey],
        decide: Decide,
        written: list[Change],
    ) -> set[CustomerKey]:
        known = await presences.load(connection, keys)
        changes = decide(known, self._world(), self._clock())
        if not changes:
            return set()
        won = await presences.commit(connection, changes)
        written += [one for one in changes if one.known.customer in won]
        return {one.known.customer for one in changes} - won


def tell(
    written: Sequence[Change], metrics: Metrics, on_messages: Callable[[], None]
) -> None:
    """Count what was decided, and wake delivery if there is something to send."""
    for change in written:
        for one in change.decided:
            metrics.decisions.labels(one.verdict, one.reason).inc()
    if any(change.messages for change in written):
        on_messages()
