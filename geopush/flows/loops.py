"""The loops that run in one process at a time, wherever it is its turn."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from geopush import log
from geopush.store.pool import lost
from geopush.store.turns import taking_turns

LOOK_AGAIN = 1.0  # seconds between looks when there was nothing to do

Loop = Callable[[], Awaitable[int]]


class Loops:
    """Runs loops one after another while no other process does."""

    def __init__(self, dsn: str, loops: Mapping[str, Loop]) -> None:
        """``loops`` by name; each works once and says how much there was to do."""
        self._dsn = dsn
        self._loops = loops
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
                await self._wait()

    async def _take_turns(self, is_ours: Callable[[], Awaitable[bool]]) -> None:
        while not self._stopping.is_set():
            if not (await is_ours() and await self.run_once()):
                await self._wait()

    async def run_once(self) -> int:
        """Run each loop once; one that fails keeps no other from running."""
        done = 0
        for name, loop in self._loops.items():
            try:
                done += await loop()
            except Exception as error:  # the next look tries again
                _complain(name, error)
        return done

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_AGAIN):
                await self._stopping.wait()
        except TimeoutError:
            return


def _complain(loop: str, error: Exception) -> None:
    if lost(error):
        log.warning("loops.database_away", error, loop=loop)
    else:
        log.failed("loops.failed", error, loop=loop)
