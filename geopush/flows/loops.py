"""The loops that run in one process at a time, wherever it is its turn."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from geopush import log
from geopush.flows.pace import rest
from geopush.store.pool import lost
from geopush.store.turns import taking_turns

LOOK_AGAIN = 1.0  # seconds between looks when there was nothing to do

Loop = Callable[[], Awaitable[int]]


class Loops:
    """Runs loops one after another while no other process does."""

    def __init__(
        self,
        dsn: str,
        loops: Mapping[str, Loop],
        pings_wait: Callable[[], bool] = lambda: False,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """``loops`` by name; each works once and says how much there was to do.

        While ``pings_wait`` they leave them half of the time, as ``ticks`` tells it.
        """
        self._dsn = dsn
        self._loops = loops
        self._pings_wait = pings_wait
        self._ticks = ticks
        self._stopping = asyncio.Event()

    async def stop(self) -> None:
        """Begin nothing more; what is under way is finished."""
        self._stopping.set()

    async def run(self) -> None:
        """Take turns until stopped; a database that is away is waited for."""
        while not self._stopping.is_set():
            try:
                async with taking_turns(self._dsn) as is_ours:
                    await self._take_turns(is_ours)
            except Exception as error:  # the loops must go on
                _complain("turns", error)
                await self._wait(LOOK_AGAIN)

    async def _take_turns(self, is_ours: Callable[[], Awaitable[bool]]) -> None:
        while not self._stopping.is_set():
            await self._wait(await self.turn() if await is_ours() else LOOK_AGAIN)

    async def turn(self) -> float:
        """Run each loop once; return in how many seconds it is time again."""
        began = self._ticks()
        if not await self.run_once():
            return LOOK_AGAIN
        return rest(self._ticks() - began) if self._pings_wait() else 0.0

    async def run_once(self) -> int:
        """Run each loop once; one that fails keeps no other from running."""
        done = 0
        for name, loop in self._loops.items():
            try:
                done += await loop()
            except Exception as error:  # the next look tries again
                _complain(name, error)
        return done

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def _complain(loop: str, error: Exception) -> None:
    if lost(error):
        log.warning("loops.database_away", error, loop=loop)
    else:
        log.failed("loops.failed", error, loop=loop)
