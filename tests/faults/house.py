"""The processes that serve one database, and that database: all may be killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg

from geopush.sandbox import Sandbox
from geopush.store.embedded import start_cluster
from geopush.store.migrate import migrate_database
from geopush.store.pool import GONE
from tests.faults.service import LOOK, PATIENCE, WAKING, Service

POSTGRES = "postgres"
LAST = "SELECT max(claimed_until) FROM outbox WHERE state = 'claimed'"
HELD = "SELECT count(*) FROM outbox WHERE state = 'claimed' AND claimed_until <= $1"


class House:
    """One process that is everything, or one that takes pings and workers that send."""

    def __init__(self, folder: Path, street: Sandbox, workers: int) -> None:
        role = "api" if workers else "all"
        self.front = Service(folder, street, role=role, name=role)
        self.workers = [
            Service(folder, street, role="deliver", name=f"deliver-{number}")
            for number in range(1, workers + 1)
        ]
        self._processes = {one.name: one for one in (self.front, *self.workers)}

    async def start(self) -> None:
        """Start all, and wait until they are ready."""
        await asyncio.gather(*(one.start() for one in self._processes.values()))

    async def stop(self) -> None:
        """End all politely; who may run the database is the last."""
        for one in reversed(self._processes.values()):
            await one.stop()

    async def kill(self, name: str) -> None:
        """End one of them as a power cut would; return once it is back."""
        if name == POSTGRES:
            await self._kill_postgres()
        else:
            await self._processes[name].kill()
            await self._processes[name].start()

    async def freeze(self, name: str) -> None:
        """Let a worker stand still until others have ended its claims, and go on."""
        worker = self._processes[name]
        worker.freeze()
        try:
            await self._claims_ended()
        finally:
            worker.thaw()

    async def _kill_postgres(self) -> None:
        before = self.front.kill_postgres()
        async with asyncio.timeout(WAKING):
            while self.front.postgres_pid() in (before, None):
                await asyncio.sleep(LOOK)
            while not await _answers(self.front.dsn):
                await asyncio.sleep(LOOK)
        for one in self._processes.values():
            await one.ready()

    async def _claims_ended(self) -> None:
        """Wait until whatever is claimed now is settled, or its claim lapsed."""
        connection = await asyncpg.connect(self.front.dsn)
        try:
            last = await connection.fetchval(LAST)
            async with asyncio.timeout(PATIENCE):
                while last and await connection.fetchval(HELD, last):
                    await asyncio.sleep(LOOK)
        finally:
            await connection.close()


@asynccontextmanager
async def open_house(
    folder: Path, street: Sandbox, workers: int
) -> AsyncIterator[House]:
    """A house that runs; with workers, on a database that none of them takes along."""
    async with AsyncExitStack() as stack:
        if workers:
            await stack.enter_async_context(_own_database(folder))
        house = House(folder, street, workers)
        stack.push_async_callback(house.stop)
        await house.start()
        yield house


@asynccontextmanager
async def _own_database(folder: Path) -> AsyncIterator[None]:
    """Run the database that services in this folder attach to."""
    embedded = await start_cluster(folder / "data", refuge=folder / "refuge")
    watching = asyncio.create_task(embedded.supervise(lambda _: None))
    try:
        await migrate_database(embedded.dsn)
        yield
    finally:
        await embedded.stop()
        await watching


async def _answers(dsn: str) -> bool:
    try:
        await (await asyncpg.connect(dsn)).close()
    except GONE:
        return False
    return True
