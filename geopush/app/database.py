"""The database: the one that the settings name, or one of our own."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeAlias

from geopush.errors import DatabaseError
from geopush.settings import Settings
from geopush.store.embedded import Embedded, start_cluster
from geopush.store.migrate import await_migrated, migrate_database, pending
from geopush.store.pool import open_connection, reach

Database: TypeAlias = Embedded | str


async def open_database(
    settings: Settings,
    stack: AsyncExitStack,
    *,
    migrating: bool = False,
    durable: bool = True,
) -> Database:
    """Open the database that was named, or one of our own, brought up to this build."""
    if settings.database_url is not None:
        await reach(settings.database_url)
        if migrating:
            await migrate_database(settings.database_url)
        await _refuse_pending(settings.database_url)
        return settings.database_url
    bin_dir = None if settings.pg_bin is None else Path(settings.pg_bin)
    embedded = await start_cluster(settings.data, bin_dir=bin_dir, durable=durable)
    stack.push_async_callback(embedded.stop)
    if embedded.owner:
        await migrate_database(embedded.dsn)
    else:
        await await_migrated(embedded.dsn)
    return embedded


async def _refuse_pending(dsn: str) -> None:
    connection = await open_connection(dsn)
    try:
        missing = await pending(connection)
    finally:
        await connection.close()
    if missing:
        names = ", ".join(missing)
        raise DatabaseError(
            f"the database lacks {names}: run geopush migrate, or serve --migrate"
        )


def database_check(database: Database) -> Callable[[], str | None]:
    """Return a look at whether the database is there."""

    def check() -> str | None:
        if isinstance(database, str) or database.alive():
            return None
        return "the embedded database is not running"

    return check
