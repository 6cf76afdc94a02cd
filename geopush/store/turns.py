"""Whose turn it is: what must run in one process at a time holds an advisory lock."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from geopush.store.pool import open_connection

_LOOPS = 0x6C6F6F7073  # "loops"; advisory locks are numbers
_TRY = "SELECT pg_try_advisory_lock($1)"
_STILL = "SELECT 1"  # the lock lives as long as its connection


@asynccontextmanager
async def taking_turns(dsn: str) -> AsyncIterator[Callable[[], Awaitable[bool]]]:
    """Give what tells whether it is our turn; the turn ends with the connection."""
    connection = await open_connection(dsn)
    ours = False

    async def is_ours() -> bool:
        nonlocal ours
        if ours:
            await connection.execute(_STILL)
        else:
            ours = bool(await connection.fetchval(_TRY, _LOOPS))
        return ours

    try:
        yield is_ours
    finally:
        connection.terminate()
