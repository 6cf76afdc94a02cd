"""The whole service on the test's database, in a town where time is in the hand."""

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from geopush.app import Role, running
from geopush.cli.stage import make_keys, start_sandbox
from geopush.settings import Settings
from tests.clock import HandClock
from tests.journeys.town import Town


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the papers of the stand-ins are made, once."""
    return tmp_path_factory.mktemp("papers")


@pytest.fixture
async def empty_town(
    database_url: str, clock: HandClock, papers: Path
) -> AsyncIterator[Town]:
    """A town without a restaurant; messages leave when the test says so."""
    settings = Settings(database_url=database_url, data_dir=str(papers), compiled=False)
    async with AsyncExitStack() as stack:
        street, settings = await start_sandbox(settings, clock, stack)
        house = await stack.enter_async_context(
            running(settings, clock=clock, role=Role.API, durable=False)
        )
        stack.callback(gc.unfreeze)
        keys = await make_keys(house, clock())
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=house.front), base_url="http://geopush"
        )
        await stack.enter_async_context(client)
        yield Town(house, street, clock, client, keys)


@pytest.fixture
async def town(empty_town: Town) -> Town:
    """A town with a restaurant and its offer, on a warm day."""
    await empty_town.opens()
    await empty_town.offers()
    await empty_town.warms_to(24.0)
    return empty_town
