"""One run after another of a cluster's server: started, awaited, stopped."""

import asyncio
import os
import signal
import threading

import asyncpg

from geopush.errors import DatabaseError
from geopush.store.account import Account
from geopush.store.cluster import Cluster
from geopush.store.place import ROLE, Address
from geopush.store.pool import GONE
from geopush.store.programs import POLL, Launcher, Process, end_of, have_place_alone

_TOO_LONG_TO_STOP = 60.0  # seconds; then without a checkpoint, recovery makes up for it


class Server:
    """Runs Postgres on a cluster as our direct child."""

    def __init__(self, cluster: Cluster, account: Account, address: Address) -> None:
        self._cluster = cluster
        self._launcher = Launcher(cluster.place, account)
        self._address = address
        self._process: Process | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, while it runs."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    @property
    def status(self) -> int | None:
        """How the last run ended, None while it lasts."""
        return self._process.poll() if self._process else None

    async def start(self) -> None:
        """Start Postgres, whatever ended it before, and wait until it answers."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(
                "Postgres ends with the thread that starts it: use the main one"
            )
        lock = await have_place_alone(self._cluster.place)
        try:
            await self._cluster.prepare(self._launcher, lock, self._address)
            if self._stopping:
                return
            command = self._cluster.command(self._address)
            process = self._launcher.start(command, lock, signal.SIGINT)
        finally:
            os.close(lock)
        self._process = process
        try:
            await self._answers(process)
        except BaseException:
            _quit(process)
            raise

    async def stop(self) -> None:
        """Stop Postgres: sessions are cut, what is committed is kept."""
        self._stopping = True
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            async with asyncio.timeout(_TOO_LONG_TO_STOP):
                await end_of(self._process)
        except TimeoutError:
            _quit(self._process)

    async def _answers(self, process: Process) -> None:
        """Wait for as long as it lives: recovery takes what it takes."""
        while process.poll() is None:
            try:
                await _make_database(self._address)
            except GONE:
                await asyncio.sleep(POLL)
            except asyncpg.PostgresError as error:
                raise DatabaseError(f"PostgreSQL started, but: {error}") from error
            else:
                return
        if not self._stopping:
            raise self._launcher.failure("PostgreSQL did not start")


async def _make_database(address: Address) -> None:
    """Connect, and make our database if the cluster is new."""
    try:
        connection = await asyncpg.connect(address.dsn())
    except asyncpg.InvalidCatalogNameError:
        connection = await asyncpg.connect(address.dsn("postgres"))
        await connection.execute(f"CREATE DATABASE {ROLE}")
    await connection.close()


def _quit(process: Process) -> None:
    """End Postgres at once, and its children with it, unlike after SIGKILL."""
    process.send_signal(signal.SIGQUIT)
    process.wait()
