"""Stays that come due without a ping: the zone asked for a while, and it is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from geopush.clock import Clock
from geopush.core.change import Change
from geopush.core.known import KnownOf
from geopush.core.occasion import World
from geopush.core.timer import Timer, ring
from geopush.flows.deciding import Deciding
from geopush.store import timers
from geopush.store.pool import Pool

BATCH = 500  # timers in one claim
LEASE = timedelta(seconds=60)  # a process that dies keeps its timers this long


class Dwell:
    """Claims the timers that are due and decides about those who stayed."""

    def __init__(self, pool: Pool, deciding: Deciding, clock: Clock) -> None:
        self._pool = pool
        self._deciding = deciding
        self._clock = clock

    async def run_once(self) -> int:
        """Ring the timers of one batch; return how many there were."""
        now = self._clock()
        until = now + LEASE
        async with self._pool.acquire() as connection:
            due = await timers.claim(connection, BATCH, now, until)
            # Who is not there any more is never asked again.
            later: dict[Timer, datetime | None] = dict.fromkeys(due)

            def decide(known: KnownOf, world: World, now: datetime) -> Sequence[Change]:
                here = [one for one in due if one.customer in known]
                rung = ring(here, known, world, now)
                later.update(rung.later)
                return rung.changes

            if due:
                customers = {one.customer for one in due}
                written = await self._deciding.settle(connection, customers, decide)
                self._deciding.tell(written)
                await timers.put_off(connection, later, until)
        return len(due)
