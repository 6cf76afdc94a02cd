"""Where an embedded cluster lives on disk, who may own it, and who may attach to it."""

import fcntl
import os
import re
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from geopush.errors import DatabaseError
from geopush.store.account import Account, we_are_root
from geopush.store.binaries import make_passage

ROLE = "geopush"  # the superuser of the cluster, and its database
SOCKET = ".s.PGSQL.5432"

_LONGEST_SOCKET_PATH = 107  # bytes in sockaddr_un, its closing zero taken off
_PLAIN = re.compile(r"[\w/.+@~-]+", re.ASCII)  # needs no quoting in any setting or URL


class Place(Struct, frozen=True):
    """The directory of one cluster: what is ours in it, and what is Postgres' own."""

    root: Path

    @property
    def data(self) -> Path:
        """The data directory of Postgres."""
        return self.root / "data"

    @property
    def half_made(self) -> Path:
        """A data directory that is not finished, and counts for nothing."""
        return self.root / "data.new"

    @property
    def sockets(self) -> Path:
        """Where the socket is, when the path is short enough for one."""
        return self.root / "run"

    @property
    def log(self) -> Path:
        """What Postgres said."""
        return self.root / "postgres.log"

    @property
    def owner_lock(self) -> Path:
        """Held by the process that runs the cluster."""
        return self.root / "owner.lock"

    @property
    def programs_lock(self) -> Path:
        """Held by Postgres and all its children, until the last has ended."""
        return self.root / "programs.lock"

    @property
    def address(self) -> Path:
        """Tells other processes of this machine how to reach the cluster."""
        return self.root / "address.json"


class Address(Struct, frozen=True):
    """How to reach a running cluster: the directory its socket is in."""

    sockets: str

    @property
    def socket(self) -> str:
        """The path of the socket."""
        return f"{self.sockets}/{SOCKET}"

    def dsn(self, database: str = ROLE) -> str:
        """Return what asyncpg needs to connect."""
        query = urlencode({"host": self.sockets, "user": ROLE})
        return f"postgresql:///{database}?{query}"


def find_place(data_dir: Path, account: Account, refuge: Path) -> Place:
    """Return the place for ``data_dir``, which Postgres' user can reach.

    As root, a directory closed to that user (somebody's home) gets a link to a new one
    in ``refuge`` instead: no permission that is not ours is ever changed.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    near = data_dir / "postgres"
    if not near.is_symlink() and not near.exists():
        _make_root(near, account, refuge)
    place = Place(near.resolve())
    if not place.root.is_dir():
        raise DatabaseError(f"{near} leads to {place.root}, which is not there")
    if not account.can_enter(place.root):
        raise DatabaseError(f"user {account.name} cannot reach {place.root}")
    return place


def find_sockets(place: Place, account: Account) -> Path:
    """Return a directory for the socket whose path every program can use."""
    own = place.sockets
    if not own.exists():
        own.mkdir(mode=0o700)
        give(own, account)
    longest = len(os.fsencode(own / SOCKET))
    if longest <= _LONGEST_SOCKET_PATH and _PLAIN.fullmatch(str(own)):
        return own
    spare = Path(tempfile.mkdtemp(prefix="geopush-"))  # mode 0700
    give(spare, account)
    return spare


def give(path: Path, account: Account) -> None:
    """Make the user the owner of what we have just made."""
    if we_are_root():
        os.chown(path, account.uid, account.gid)


def take_lock(path: Path) -> int | None:
    """Return a descriptor that holds the lock, or None while somebody else does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def is_locked(path: Path) -> bool:
    """Tell whether some process holds the lock."""
    descriptor = take_lock(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def write_address(place: Place, address: Address) -> None:
    """Tell others how to reach the cluster."""
    half = place.address.with_suffix(".new")
    half.write_bytes(msgspec.json.encode(address))
    half.replace(place.address)


def read_address(place: Place) -> Address | None:
    """Return how to reach the cluster, if its owner has told."""
    try:
        return msgspec.json.decode(place.address.read_bytes(), type=Address)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def forget_address(place: Place) -> None:
    """Take back what an owner told, with the spare directory it may have made."""
    address = read_address(place)
    place.address.unlink(missing_ok=True)
    if address is not None and Path(address.sockets) != place.sockets:
        shutil.rmtree(address.sockets, ignore_errors=True)


def _make_root(near: Path, account: Account, refuge: Path) -> None:
    if not we_are_root():
        near.mkdir(mode=0o700, exist_ok=True)
    elif account.can_enter(near.parent):
        near.mkdir(exist_ok=True)
        near.chmod(0o711)  # mkdir's own mode is cut by the umask
    else:
        _make_link(near, refuge)


def _make_link(near: Path, refuge: Path) -> None:
    make_passage(refuge)
    away = Path(tempfile.mkdtemp(prefix="cluster-", dir=refuge))
    away.chmod(0o711)
    try:
        near.symlink_to(away)
    except FileExistsError:  # another process of ours was faster
        away.rmdir()
