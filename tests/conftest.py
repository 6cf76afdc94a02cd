"""What tests are given: a database of their own, a pool on it, a clock in the hand."""

from collections.abc import AsyncIterator, Iterator

import pytest

from geopush.store.pool import Pool, open_pool
from tests.clock import HandClock
from tests.databases import TestPostgres, running_postgres

pytest_plugins = ["geopush.sandbox.fixtures"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestPostgres]:
    """A server with a migrated template."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def database_url(postgres: TestPostgres) -> Iterator[str]:
    """A migrated database for this test alone."""
    name = postgres.lend()
    yield postgres.dsn_of(name)
    postgres.take_back(name)


@pytest.fixture
def empty_database_url(postgres: TestPostgres) -> Iterator[str]:
    """A database without any table, for this test alone."""
    name = postgres.create_empty()
    yield postgres.dsn_of(name)
    postgres.drop(name)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on a database of this test, in the test's own loop."""
    pool = await open_pool(database_url)
    yield pool
    await pool.close()


@pytest.fixture
def clock() -> HandClock:
    """A clock that shows noon of 4 July 2026 until it is moved."""
    return HandClock()
