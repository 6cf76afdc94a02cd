"""One short transaction, done again when somebody else was quicker."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from geopush.errors import DatabaseError
from geopush.store.pool import Connection, Pool

T = TypeVar("T")

ATTEMPTS = 5  # each loses only to somebody who won, so a few are plenty


class Raced(DatabaseError):
    """A row changed between looking and writing."""


async def transact(pool: Pool, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do the work in a transaction; when a race was lost, look and write again."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await _once(pool, work)
        except (Raced, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError):
            continue
    return await _once(pool, work)


async def _once(pool: Pool, work: Callable[[Connection], Awaitable[T]]) -> T:
    async with pool.acquire() as connection, connection.transaction():
        return await work(connection)
