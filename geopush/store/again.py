"""One short transaction, done again when somebody else was quicker."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from geopush.errors import DatabaseError, Overloaded
from geopush.store.pool import Connection, Pool

T = TypeVar("T")

ATTEMPTS = 5  # each loses only to somebody who won, so a few are plenty
COME_BACK = 1  # seconds, to whoever loses them all


class Raced(DatabaseError):
    """A row changed between looking and writing."""


_RACES = (
    Raced,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.UniqueViolationError,
)


async def transact(pool: Pool, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do the work in a transaction; when a race was lost, look and write again."""
    for _ in range(ATTEMPTS):
        try:
            async with pool.acquire() as connection, connection.transaction():
                return await work(connection)
        except _RACES:
            continue
    raise Overloaded(COME_BACK)
