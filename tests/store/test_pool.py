"""The pool speaks our types, and knows when the database is gone."""

import uuid
from datetime import UTC, datetime

import asyncpg
import msgspec
import pytest

from geopush.store.pool import Pool, busy, lost, open_pool


async def test_times_come_back_aware(pool: Pool) -> None:
    moment = datetime(2026, 7, 4, 12, tzinfo=UTC)
    assert await pool.fetchval("SELECT $1::timestamptz", moment) == moment
    assert (await pool.fetchval("SELECT now()")).tzinfo is not None


async def test_ids_come_back_as_they_went(pool: Pool) -> None:
    some = uuid.UUID(int=7)
    assert await pool.fetchval("SELECT $1::uuid", some) == some


@pytest.mark.parametrize("value", [b'{"a": [1, "\xc3\xa9"]}', '{"a": [1, "é"]}'])
async def test_jsonb_is_taken_as_json_and_given_as_bytes(
    pool: Pool, value: bytes | str
) -> None:
    given = await pool.fetchval("SELECT $1::jsonb", value)
    assert isinstance(given, bytes)
    assert msgspec.json.decode(given) == {"a": [1, "é"]}


async def test_jsonb_travels_in_arrays(pool: Pool) -> None:
    rows = await pool.fetch("SELECT * FROM unnest($1::jsonb[]) AS row", [b"1", "{}"])
    assert [row["row"] for row in rows] == [b"1", b"{}"]


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (ConnectionRefusedError(), True),
        (FileNotFoundError(), True),
        (TimeoutError(), True),
        (asyncpg.ConnectionDoesNotExistError(""), True),
        (asyncpg.CannotConnectNowError(""), True),
        (asyncpg.AdminShutdownError(""), True),
        (asyncpg.CrashShutdownError(""), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.InternalClientError("another operation is in progress"), True),
        (asyncpg.UniqueViolationError(""), False),
        (asyncpg.PostgresSyntaxError(""), False),
        (asyncpg.DataError("not a number"), False),
        (ValueError(), False),
    ],
)
def test_only_errors_of_a_lost_database_say_try_again(
    error: Exception, answer: bool
) -> None:
    assert lost(error) is answer


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (asyncpg.QueryCanceledError(""), True),
        (asyncpg.LockNotAvailableError(""), True),
        (asyncpg.DeadlockDetectedError(""), True),
        (asyncpg.ReadOnlySQLTransactionError(""), True),
        (asyncpg.UniqueViolationError(""), False),
        (ConnectionRefusedError(), False),
    ],
)
def test_a_database_with_too_much_to_do_is_not_lost(
    error: Exception, answer: bool
) -> None:
    assert busy(error) is answer
    assert not (answer and lost(error))


async def test_a_database_that_is_not_there_is_lost() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        await open_pool("postgresql:///geopush?host=/nowhere&user=geopush")
    assert lost(caught.value)
