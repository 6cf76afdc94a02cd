"""A sandbox for each test, on papers made once."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from geopush.sandbox import Sandbox
from geopush.sandbox.clock import SteppedClock
from tests.sandbox.build import APPS, NOON, Stage
from tests.sandbox.listener import Listener, open_listener


@pytest.fixture(scope="session")
def papers_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("papers")


@pytest.fixture
async def stage(papers_directory: Path) -> AsyncIterator[Stage]:
    clock, token_clock = SteppedClock(NOON), SteppedClock(NOON)
    sandbox = await Sandbox.start(
        papers_directory, apps=APPS, clock=clock, token_clock=token_clock
    )
    yield Stage(sandbox, clock, token_clock)
    await sandbox.stop()


@pytest.fixture
def sandbox(stage: Stage) -> Sandbox:
    return stage.sandbox


@pytest.fixture
def trust(sandbox: Sandbox) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["h2"])
    return context


@pytest.fixture
async def client(trust: ssl.SSLContext) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(http2=True, verify=trust, trust_env=False) as client:
        yield client


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with open_listener() as listener:
        yield listener
