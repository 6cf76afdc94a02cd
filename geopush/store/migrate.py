"""Brings a database up to this build: numbered SQL files, in order, each once."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import count

from msgspec import Struct

from geopush.errors import DatabaseError
from geopush.store.pool import Connection, open_connection

MIGRATIONS: Traversable = files("geopush.store") / "migrations"
OWNERS_TIME = 30.0  # seconds; an owner that has just started takes one or two

_LOCK = 0x67656F70757368  # "geopush"; advisory locks are numbers
_POLL = 0.1  # seconds between two tries for the lock
_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_ALONE = "-- no-transaction"  # first line of a file whose one statement refuses one

_TRY_LOCK = "SELECT pg_try_advisory_lock($1)"
_UNLOCK = "SELECT pg_advisory_unlock($1)"
_TABLE_EXISTS = "SELECT to_regclass('migration') IS NOT NULL"
_MAKE_TABLE = """
    CREATE TABLE IF NOT EXISTS migration (
        number integer PRIMARY KEY,
        name text NOT NULL,
        sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
_APPLIED = "SELECT number, name, sha256 FROM migration ORDER BY number"
_NOTE = "INSERT INTO migration (number, name, sha256) VALUES ($1, $2, $3)"


class Migration(Struct, frozen=True):
    """One step from one state of the database to the next."""

    number: int
    name: str
    sha256: str
    sql: str = ""


async def migrate_database(dsn: str) -> list[str]:
    """Bring the database at ``dsn`` up to this build; return what was applied."""
    connection = await open_connection(dsn)
    try:
        return await migrate(connection)
    finally:
        await connection.close()


async def migrate(
    connection: Connection, directory: Traversable = MIGRATIONS
) -> list[str]:
    """Apply what the database lacks; return the names of what was applied."""
    known = read_migrations(directory)
    async with _lock(connection):
        await connection.execute(_MAKE_TABLE)
        missing = _missing(known, await _applied(connection))
        for migration in missing:
            await _apply(connection, migration)
    return [migration.name for migration in missing]


async def pending(
    connection: Connection, directory: Traversable = MIGRATIONS
) -> list[str]:
    """Return the names of what the database lacks, changing nothing."""
    known = read_migrations(directory)
    return [migration.name for migration in _missing(known, await _applied(connection))]


async def await_migrated(dsn: str, patience: float = OWNERS_TIME) -> None:
    """Wait until the owner of the database at ``dsn`` brought it up to this build."""
    connection = await open_connection(dsn)
    try:
        async with asyncio.timeout(patience):
            while await pending(connection):  # noqa: ASYNC110
                await asyncio.sleep(_POLL)
    except TimeoutError:
        raise DatabaseError(
            "the database is older than this build: restart the service that owns it"
        ) from None
    finally:
        await connection.close()


def read_migrations(directory: Traversable) -> list[Migration]:
    """Read the numbered files; they begin at 1 and leave no number out."""
    names = sorted(entry.name for entry in directory.iterdir() if entry.is_file())
    found = [_read(directory, name) for name in names if name.endswith(".sql")]
    for migration, expected in zip(found, count(1), strict=False):
        if migration.number != expected:
            raise DatabaseError(
                f"migration {migration.name} comes where number {expected:04} should be"
            )
    return found


def _read(directory: Traversable, name: str) -> Migration:
    numbered = _FILE_NAME.fullmatch(name)
    if numbered is None:
        raise DatabaseError(f"migration {name} is not called NNNN_what_it_does.sql")
    content = (directory / name).read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    return Migration(int(numbered[1]), name, checksum, content.decode())


async def _applied(connection: Connection) -> list[Migration]:
    if not await connection.fetchval(_TABLE_EXISTS):
        return []
    rows = await connection.fetch(_APPLIED)
    return [Migration(row["number"], row["name"], row["sha256"]) for row in rows]


def _missing(known: list[Migration], applied: list[Migration]) -> list[Migration]:
    if len(applied) > len(known):
        raise DatabaseError(
            f"the database is newer than this build: it has {applied[len(known)].name}"
        )
    for there, here in zip(applied, known, strict=False):
        if there.sha256 != here.sha256:
            raise DatabaseError(
                f"migration {here.name} was changed after it was applied as "
                f"{there.name}: take the change back and put it into a new file"
            )
    return known[len(applied) :]


async def _apply(connection: Connection, migration: Migration) -> None:
    note = (migration.number, migration.name, migration.sha256)
    if migration.sql.startswith(_ALONE):
        await connection.execute(migration.sql)
        await connection.execute(_NOTE, *note)
        return
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '5s'")
        await connection.execute(migration.sql)
        await connection.execute(_NOTE, *note)


@asynccontextmanager
async def _lock(connection: Connection) -> AsyncIterator[None]:
    """Hold the lock of migrations, without a limit on what is done under it.

    Waiting for it inside one statement would hold a snapshot, for which the holder's
    CREATE INDEX CONCURRENTLY waits in turn: so it is asked for again and again.
    """
    while not await connection.fetchval(_TRY_LOCK, _LOCK):  # noqa: ASYNC110
        await asyncio.sleep(_POLL)
    await connection.execute("SET statement_timeout = 0")
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("RESET statement_timeout")
            await connection.execute(_UNLOCK, _LOCK)
