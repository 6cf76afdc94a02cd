"""What tests are given: a database of their own, a pool on it, a clock in the hand."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from geopush.store.pool import Pool, open_pool
from tests.clock import HandClock
from tests.databases import TestPostgres, running_postgres
from tests.kernels import Compiler, load_compiled
from zones import Kernel, has_compiler

pytest_plugins = ["geopush.sandbox.fixtures"]

# a machine may be slow: no test fails for how long it took
settings.register_profile(
    "slow", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("slow")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run compile nothing: half a minute, the first time."""
    text = "skip what needs compiled loops where they are not compiled yet"
    parser.addoption("--compile-nothing", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Heed it."""
    Compiler.allowed = not config.getoption("--compile-nothing")


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


@pytest.fixture(scope="session")
def kernel_dir(pytestconfig: pytest.Config) -> Path:
    """Where what is compiled is kept from one run of the tests to the next."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("kernel")


@pytest.fixture(scope="session")
def kernel(kernel_dir: Path) -> Kernel:
    """The compiled loops."""
    if not has_compiler():
        pytest.skip("numba is not installed")
    return load_compiled(str(kernel_dir))


@pytest.fixture
def clock() -> HandClock:
    """A clock that shows noon of 4 July 2026 until it is moved."""
    return HandClock()
