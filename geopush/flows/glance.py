"""The world and customers' rows, read anew for messages that are about to leave.

Those who ask while a connection is waited for are told the same, read by statements
that begin after the last of them has asked.
"""

import asyncio
from collections.abc import Awaitable, Callable

from geopush.core.known import Known, KnownOf
from geopush.core.occasion import World
from geopush.core.ping import CustomerKey
from geopush.store import presences
from geopush.store.pool import Pool


class Glance:
    """Looks at customers and at the world as they are at this moment."""

    def __init__(self, pool: Pool, world: Callable[[], Awaitable[World]]) -> None:
        """``world`` gives the one that is in force, whoever changed it last."""
        self._pool = pool
        self._world = world
        self._turn = asyncio.Lock()
        self._asked: set[CustomerKey] = set()
        self._next: asyncio.Task[tuple[World, KnownOf]] | None = None

    async def look(self, customer: CustomerKey) -> tuple[World, Known | None]:
        """Return what is in force and known now; raise what the database raises."""
        self._asked.add(customer)
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        reading = self._next
        await asyncio.wait([reading])  # goes on for the others if we are cancelled
        world, known = reading.result()
        return world, known.get(customer)

    async def _read(self) -> tuple[World, KnownOf]:
        us = self._next
        try:
            async with self._turn:
                async with self._pool.acquire() as connection:
                    known = await presences.load(connection, self._begin())
                return await self._world(), known
        finally:
            if self._next is us:  # the database never answered
                self._begin()

    def _begin(self) -> set[CustomerKey]:
        """Whoever asks from now on is read the next time."""
        asked, self._asked, self._next = self._asked, set(), None
        return asked
