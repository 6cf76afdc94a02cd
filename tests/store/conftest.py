"""Folders for clusters: shared by tests, since making a cluster takes a second."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from geopush.store.binaries import make_passage
from geopush.store.embedded import Owned, start_cluster
from geopush.store.place import Place
from geopush.store.programs import have_place_alone
from tests.databases import open_folder
from tests.store.services import Start


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder in which clusters are stopped, or killed, but never damaged."""
    with open_folder() as folder:
        make_passage(folder / "refuge")
        yield folder
        _wait_for_end_in(folder)


@pytest.fixture
def own_folder(folder: Path) -> Iterator[Path]:
    """A folder for this test alone; only copies of programs are shared."""
    with open_folder() as own:
        (own / "refuge").symlink_to(folder / "refuge")
        yield own
        _wait_for_end_in(own)


@pytest.fixture
async def start(folder: Path) -> AsyncIterator[Start]:
    """Start a database that is stopped after the test."""
    started: list[Owned] = []

    async def start(
        data_dir: Path = folder / "one",
        bin_dir: Path | None = None,
        refuge: Path = folder / "refuge",
    ) -> Owned:
        embedded = await start_cluster(
            data_dir, bin_dir=bin_dir, durable=False, refuge=refuge
        )
        assert isinstance(embedded, Owned)
        started.append(embedded)
        return embedded

    yield start
    for embedded in started:
        await embedded.stop()


def _wait_for_end_in(folder: Path) -> None:
    for root in {lock.parent for lock in folder.rglob("programs.lock")}:
        os.close(asyncio.run(have_place_alone(Place(root))))
