"""The customers' rows, read anew for messages that are about to leave.

Those who ask while a connection is waited for are read together, by one statement that
begins after the last of them has asked.
"""

import asyncio

from geopush.core.known import Known, KnownOf
from geopush.core.ping import CustomerKey
from geopush.store import presences
from geopush.store.pool import Pool


class Glance:
    """Looks at customers as they are at this moment."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._asked: set[CustomerKey] = set()
        self._next: asyncio.Task[KnownOf] | None = None

    async def look(self, customer: CustomerKey) -> Known | None:
        """Return what is known of a customer now; raise what the database raises."""
        self._asked.add(customer)
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        reading = self._next
        await asyncio.wait([reading])  # goes on for the others if we are cancelled
        return reading.result().get(customer)

    async def _read(self) -> KnownOf:
        us = self._next
        try:
            async with self._pool.acquire() as connection:
                return await presences.load(connection, self._begin())
        finally:
            if self._next is us:  # the database never answered
                self._begin()

    def _begin(self) -> set[CustomerKey]:
        """Whoever asks from now on is read the next time."""
        asked, self._asked, self._next = self._asked, set(), None
        return asked
