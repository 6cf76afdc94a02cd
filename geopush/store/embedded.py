"""A Postgres of our own: the first process runs it, others on this machine attach."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import asyncpg

from geopush.errors import DatabaseError
from geopush.store.account import Account, account_for_postgres
from geopush.store.binaries import find_binaries
from geopush.store.cluster import Cluster
from geopush.store.place import (
    Address,
    Place,
    find_place,
    find_sockets,
    forget_address,
    is_locked,
    read_address,
    take_lock,
    write_address,
)
from geopush.store.pool import GONE, open_connection
from geopush.store.programs import POLL
from geopush.store.server import Server

REFUGE = Path("/var/lib/geopush")  # as root, for what a closed directory cannot hold

_LONGEST_WAIT = 5.0  # seconds between two tries to bring a dead server back
_GLANCE = 0.2  # seconds between two looks at whether the owner is still there


class Embedded(Protocol):
    """The embedded database, run by this process or by another one."""

    dsn: str
    owner: bool

    def alive(self) -> bool:
        """Tell whether the database runs, as far as can be told without asking it."""

    async def supervise(self, note: Callable[[str], None]) -> None:
        """Keep the database running until stop(); tell ``note`` what happened."""

    async def stop(self) -> None:
        """Leave the database; its owner stops it. May be called again."""


async def start_cluster(
    data_dir: Path,
    *,
    bin_dir: Path | None = None,
    durable: bool = True,
    refuge: Path = REFUGE,
) -> Embedded:
    """Run the database in ``data_dir``, or attach to it if another process runs it.

    Call it from the main thread: Postgres is told when the thread that started it ends.
    """
    try:
        preferred = account_for_postgres()
        place = find_place(data_dir, preferred, refuge)
        account = preferred.unless_owned(place.data)
        found = await _lock_or_address(place)
        if isinstance(found, Address):
            return Attached(place, found)
        try:
            binaries = find_binaries(bin_dir, account, refuge)
            cluster = Cluster(place, binaries, account, durable=durable)
            return await _own(cluster, account, found)
        except BaseException:
            os.close(found)
            raise
    except OSError as error:
        raise DatabaseError(f"no database can run in {data_dir}: {error}") from error


class Owned:
    """A database that this process runs."""

    owner = True

    def __init__(self, place: Place, lock: int, dsn: str, server: Server) -> None:
        self.dsn = dsn
        self._place = place
        self._lock = lock
        self._server = server
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """The process id of the server, while it runs."""
        return self._server.pid

    def alive(self) -> bool:
        """Tell whether the server process runs."""
        return self._server.pid is not None

    async def supervise(self, note: Callable[[str], None]) -> None:
        """Start the server again whenever it ends, until stop()."""
        wait = POLL
        while not self._stopped:
            if self.alive():
                wait = POLL
                await asyncio.sleep(POLL)
                continue
            note(f"PostgreSQL ended with {self._server.status}; starting it again")
            try:
                await self._server.start()
            except (DatabaseError, OSError) as error:
                note(str(error))
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    async def stop(self) -> None:
        """Stop the server and let others own the place."""
        if self._stopped:
            return
        self._stopped = True
        await self._server.stop()
        forget_address(self._place)
        os.close(self._lock)


class Attached:
    """A database that another process of this machine runs."""

    owner = False

    def __init__(self, place: Place, address: Address) -> None:
        self.dsn = address.dsn()
        self._place = place
        self._stopped = False

    def alive(self) -> bool:
        """Tell whether the process that runs the server is there."""
        return is_locked(self._place.owner_lock)

    async def supervise(self, note: Callable[[str], None]) -> None:
        """Watch the owner until stop(); it is an error if the owner leaves first."""
        while not self._stopped:
            if not self.alive():
                reason = (
                    f"the process that ran the database in {self._place.root} ended"
                )
                note(reason)
                raise DatabaseError(f"{reason}: start this one again")
            await asyncio.sleep(_GLANCE)

    async def stop(self) -> None:
        """Leave; the server goes on."""
        self._stopped = True


async def _lock_or_address(place: Place) -> int | Address:
    """Become the owner, or wait until the owner's server answers."""
    while True:
        lock = take_lock(place.owner_lock)
        if lock is not None:
            return lock
        address = read_address(place)
        if address is not None and await _answers(address):
            return address
        await asyncio.sleep(POLL)


async def _answers(address: Address) -> bool:
    """Tell whether a server is there: the address may be a killed owner's."""
    try:
        await (await open_connection(address.dsn())).close()
    except asyncpg.InvalidCatalogNameError:  # its owner is about to make our database
        return False
    except GONE:
        return False
    except asyncpg.PostgresError as error:
        raise DatabaseError(f"the database in {address.sockets}: {error}") from error
    return True


async def _own(cluster: Cluster, account: Account, lock: int) -> Owned:
    forget_address(cluster.place)  # what a killed owner left
    address = Address(str(find_sockets(cluster.place, account)))
    write_address(cluster.place, address)
    server = Server(cluster, account, address)
    try:
        await server.start()
    except BaseException:
        forget_address(cluster.place)
        raise
    return Owned(cluster.place, lock, address.dsn(), server)
