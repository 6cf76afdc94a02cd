"""Migrations are applied in order, each once and whole, by one process at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from geopush.errors import DatabaseError
from geopush.store.migrate import (
    MIGRATIONS,
    await_migrated,
    migrate,
    migrate_database,
    pending,
    read_migrations,
)
from geopush.store.pool import Connection, open_connection
from tests.waiting import until

SHOPS = "CREATE TABLE shop (name text);"
STAFF = "CREATE TABLE staff (name text);"
INDEX = "-- no-transaction\nCREATE INDEX CONCURRENTLY shop_name ON shop (name);"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
BUILDING = """
    SELECT bool_or(query LIKE '%INDEX CONCURRENTLY%' AND wait_event_type = 'Lock')
    FROM pg_stat_activity WHERE datname = current_database()
"""
ASKING = """
    SELECT bool_or(query LIKE '%advisory_lock($1)%' AND pid <> pg_backend_pid())
    FROM pg_stat_activity WHERE datname = current_database()
"""

Step = Callable[[Connection, Path], Awaitable[list[str]]]


@pytest.fixture
async def connection(empty_database_url: str) -> AsyncIterator[Connection]:
    connection = await open_connection(empty_database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def other(empty_database_url: str) -> AsyncIterator[Connection]:
    connection = await open_connection(empty_database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def watch(empty_database_url: str) -> AsyncIterator[Connection]:
    connection = await open_connection(empty_database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def third(empty_database_url: str) -> AsyncIterator[Connection]:
    connection = await open_connection(empty_database_url)
    yield connection
    await connection.close()


async def becomes_true(connection: Connection, question: str) -> None:
    async def is_true() -> bool:
        return bool(await connection.fetchval(question))

    await until(is_true)


def files(folder: Path, **contents: str) -> Path:
    """Write n0001_shops="..." as 0001_shops.sql."""
    for name, content in contents.items():
        (folder / f"{name[1:]}.sql").write_text(content)
    return folder


async def tables(connection: Connection) -> list[str]:
    return [row["tablename"] for row in await connection.fetch(TABLES)]


async def test_what_is_missing_is_applied_in_order(
    connection: Connection, tmp_path: Path
) -> None:
    later = files(tmp_path, n0002_more="ALTER TABLE shop ADD place text;")
    both = files(later, n0001_shops=SHOPS)
    assert await migrate(connection, both) == ["0001_shops.sql", "0002_more.sql"]
    assert await tables(connection) == ["migration", "shop"]


async def test_a_second_run_does_nothing(
    connection: Connection, tmp_path: Path
) -> None:
    once = files(tmp_path, n0001_shops=SHOPS)
    await migrate(connection, once)
    assert await migrate(connection, once) == []


async def test_only_the_new_file_is_applied_to_an_older_database(
    connection: Connection, tmp_path: Path
) -> None:
    await migrate(connection, files(tmp_path, n0001_shops=SHOPS))
    more = files(tmp_path, n0002_staff=STAFF)
    assert await migrate(connection, more) == ["0002_staff.sql"]


async def test_what_is_pending_is_told_without_changing_anything(
    connection: Connection, tmp_path: Path
) -> None:
    folder = files(tmp_path, n0001_shops=SHOPS, n0002_staff=STAFF)
    assert await pending(connection, folder) == ["0001_shops.sql", "0002_staff.sql"]
    assert await tables(connection) == []
    await migrate(connection, folder)
    assert await pending(connection, folder) == []


async def test_two_runners_apply_each_file_once(
    connection: Connection, other: Connection, tmp_path: Path
) -> None:
    slow = "SELECT pg_sleep(0.05);"
    folder = files(tmp_path, n0001_shops=SHOPS + slow, n0002_staff=STAFF + slow)
    applied = await asyncio.gather(migrate(connection, folder), migrate(other, folder))
    assert sorted(applied) == [[], ["0001_shops.sql", "0002_staff.sql"]]


async def test_a_failing_file_leaves_nothing_and_is_tried_again(
    connection: Connection, tmp_path: Path
) -> None:
    broken = files(tmp_path, n0001_shops=SHOPS, n0002_staff=STAFF + "SELECT 1/0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(connection, broken)
    assert await tables(connection) == ["migration", "shop"]
    mended = files(tmp_path, n0002_staff=STAFF)
    assert await migrate(connection, mended) == ["0002_staff.sql"]


async def test_a_failure_lets_the_next_runner_in(
    connection: Connection, other: Connection, tmp_path: Path
) -> None:
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await migrate(connection, files(tmp_path, n0001_shops="CREATE SHOP;"))
    mended = files(tmp_path, n0001_shops=SHOPS)
    assert await migrate(other, mended) == ["0001_shops.sql"]


@pytest.mark.parametrize("change", [migrate, pending])
async def test_a_file_edited_after_it_was_applied_is_refused(
    connection: Connection, tmp_path: Path, change: Step
) -> None:
    await migrate(connection, files(tmp_path, n0001_shops=SHOPS))
    edited = files(tmp_path, n0001_shops=SHOPS + " ")
    with pytest.raises(DatabaseError, match=r"0001_shops\.sql was changed after"):
        await change(connection, edited)


@pytest.mark.parametrize("change", [migrate, pending])
async def test_a_database_newer_than_the_build_is_refused(
    connection: Connection, tmp_path: Path, change: Step
) -> None:
    folder = files(tmp_path, n0001_shops=SHOPS, n0002_staff=STAFF)
    await migrate(connection, folder)
    (folder / "0002_staff.sql").unlink()
    with pytest.raises(DatabaseError, match=r"newer .* it has 0002_staff\.sql"):
        await change(connection, folder)


@pytest.mark.parametrize(
    ("names", "refusal"),
    [
        (["0001_a", "0003_c"], "0003_c.sql comes where number 0002 should be"),
        (["0001_a", "0001_b"], "0001_b.sql comes where number 0002 should be"),
        (["0002_b"], "0002_b.sql comes where number 0001 should be"),
        (["1_a"], "1_a.sql is not called NNNN_what_it_does.sql"),
    ],
)
def test_numbers_have_no_gap_and_no_double(
    tmp_path: Path, names: list[str], refusal: str
) -> None:
    for name in names:
        (tmp_path / f"{name}.sql").write_text(SHOPS)
    with pytest.raises(DatabaseError, match=refusal):
        read_migrations(tmp_path)


def test_the_migrations_of_this_build_are_in_order() -> None:
    assert read_migrations(MIGRATIONS)


async def test_an_index_is_built_concurrently_while_another_runner_waits(
    connection: Connection,
    other: Connection,
    third: Connection,
    watch: Connection,
    tmp_path: Path,
) -> None:
    """A runner that waits inside a statement makes this a deadlock."""
    await migrate(connection, files(tmp_path, n0001_shops=SHOPS))
    folder = files(tmp_path, n0002_index=INDEX)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group, third.transaction():
        await third.execute("INSERT INTO shop VALUES ('open')")
        first = group.create_task(migrate(connection, folder))
        await becomes_true(watch, BUILDING)
        second = group.create_task(migrate(other, folder))
        await becomes_true(watch, ASKING)
    assert (first.result(), second.result()) == (["0002_index.sql"], [])


async def test_a_file_waits_for_locks_briefly(
    connection: Connection, tmp_path: Path
) -> None:
    limit = "CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS limit;"
    await migrate(connection, files(tmp_path, n0001_limit=limit))
    assert await connection.fetchval('SELECT "limit" FROM seen') == "5s"


@pytest.mark.parametrize("first_line", ["", "-- no-transaction\n"])
async def test_a_file_works_as_long_as_it_takes_and_others_do_not(
    empty_database_url: str, tmp_path: Path, first_line: str
) -> None:
    slow = files(tmp_path, n0001_slow=f"{first_line}SELECT pg_sleep(0.05)")
    connection = await open_connection(f"{empty_database_url}&statement_timeout=20ms")
    assert await migrate(connection, slow) == ["0001_slow.sql"]
    with pytest.raises(asyncpg.QueryCanceledError):
        await connection.execute("SELECT pg_sleep(1)")
    await connection.close()


async def test_the_tables_of_this_build_come_with_one_call(
    empty_database_url: str, connection: Connection
) -> None:
    applied = await migrate_database(empty_database_url)
    assert applied == [migration.name for migration in read_migrations(MIGRATIONS)]
    assert await pending(connection) == []


async def test_who_owns_no_database_waits_until_its_owner_has_migrated_it(
    empty_database_url: str,
) -> None:
    waiting = asyncio.create_task(await_migrated(empty_database_url))
    await migrate_database(empty_database_url)
    async with asyncio.timeout(60):
        await waiting


async def test_a_database_that_its_owner_never_migrates_is_refused(
    empty_database_url: str,
) -> None:
    with pytest.raises(DatabaseError, match="restart the service that owns it"):
        await await_migrated(empty_database_url, patience=0.01)
