"""Quiet hours are over: decide again about what they put off."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from geopush.clock import Clock
from geopush.core.change import Change
from geopush.core.known import KnownOf
from geopush.core.occasion import World
from geopush.core.resume import resume
from geopush.flows.deciding import Deciding
from geopush.store import deferrals
from geopush.store.pool import Pool

BATCH = 500  # candidates in one claim
LEASE = timedelta(seconds=60)  # a process that dies keeps its claims this long


class Defer:
    """Claims the candidates whose wait is over and decides about them."""

    def __init__(self, pool: Pool, deciding: Deciding, clock: Clock) -> None:
        self._pool = pool
        self._deciding = deciding
        self._clock = clock

    async def run_once(self) -> int:
        """Decide about one batch; return how many candidates it had."""
        now = self._clock()
        async with self._pool.acquire() as connection:
            due = await deferrals.claim(connection, BATCH, now, now + LEASE)
            gone = set(due)

            def decide(known: KnownOf, world: World, now: datetime) -> Sequence[Change]:
                gone.difference_update(
                    (key, one.decision_id)
                    for key, customer in known.items()
                    for one in customer.state.deferred
                )
                return resume(known, world, now)

            if due:
                customers = {key for key, _ in due}
                written = await self._deciding.settle(connection, customers, decide)
                self._deciding.tell(written)
                if gone:
                    await deferrals.end(connection, gone, now)
        return len(due)
