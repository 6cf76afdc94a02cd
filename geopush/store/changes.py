"""The revision of what all processes hold in memory, and hearing that it moved."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from asyncpg import LockNotAvailableError

from geopush.errors import Overloaded
from geopush.store.pool import Connection, open_connection

CHANNEL = "geopush_catalog"

_LOCK = "SELECT revision FROM catalog FOR UPDATE"
_REVISION = "SELECT revision FROM catalog"
# Whoever holds the row decides what comes next, so that revisions are committed in
# the order of their numbers and a reader of the rows above n misses none.
_ADVANCE = """
    WITH next AS (UPDATE catalog SET revision = revision + 1 RETURNING revision)
    SELECT revision, pg_notify($1, revision::text) FROM next
"""


async def lock_catalog(connection: Connection) -> None:
    """Let no one else change the catalog until this transaction ends."""
    try:
        await connection.fetchval(_LOCK)
    except LockNotAvailableError as error:
        raise Overloaded(retry_after=5) from error


async def advance(connection: Connection) -> int:
    """Take the next revision, and say so to all once it is committed."""
    revision: int = await connection.fetchval(_ADVANCE, CHANNEL)
    return revision


async def current(connection: Connection) -> int:
    """Return the revision of the last change."""
    revision: int = await connection.fetchval(_REVISION)
    return revision


@asynccontextmanager
async def listening(
    dsn: str, heard: Callable[[], None]
) -> AsyncIterator[Callable[[], bool]]:
    """Call ``heard`` when the catalog changed; gives what tells if we still hear."""
    connection = await open_connection(dsn)
    try:
        await connection.add_listener(CHANNEL, lambda *_: heard())
        yield lambda: not connection.is_closed()
    finally:
        connection.terminate()
