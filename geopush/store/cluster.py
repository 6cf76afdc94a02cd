"""The files of a cluster: made whole or not at all, cleared of what a kill left."""

import os
import pwd
import shutil
import signal
from pathlib import Path

from geopush.errors import DatabaseError
from geopush.store.account import Account
from geopush.store.binaries import Binaries
from geopush.store.place import ROLE, Address, Place, give
from geopush.store.programs import Launcher, end_of, postgres_in, size

_LOUDEST_LOG = 1_000_000  # bytes; a longer one is set aside at the next start

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",  # bounds recovery: about 25 s for each GB of WAL
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # no contents of rows in the log
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# Commits survive the end of any process, as in earnest, but not a power cut.
_FORGETFUL = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off"}


class Cluster:
    """The files in a place, and how a server is started on them."""

    def __init__(
        self, place: Place, binaries: Binaries, account: Account, *, durable: bool
    ) -> None:
        self.place = place
        self._binaries = binaries
        self._account = account
        self._durable = durable

    async def prepare(self, launcher: Launcher, lock: int, address: Address) -> None:
        """Make the files ready for a server; ``lock`` says that none is running."""
        self._clear_remains(address)
        if not self.place.data.exists():
            await self._make_data(launcher, lock)
        self._check_version()
        self._write_access()

    def command(self, address: Address) -> list[str]:
        """Return the command that runs the server."""
        settings = _SETTINGS | (_DURABLE if self._durable else _FORGETFUL)
        settings["unix_socket_directories"] = address.sockets
        settings["hba_file"] = str(self._file("hba"))
        settings["ident_file"] = str(self._file("ident"))
        command = [self._binaries.postgres, "-D", str(self.place.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _clear_remains(self, address: Address) -> None:
        """Remove what a killed run left; a process id in it may be anybody's by now."""
        foreign = postgres_in(self.place.data)
        if foreign:
            raise DatabaseError(
                f"another PostgreSQL (process {foreign[0]}) runs on {self.place.data}"
            )
        (self.place.data / "postmaster.pid").unlink(missing_ok=True)
        Path(address.socket).unlink(missing_ok=True)
        Path(f"{address.socket}.lock").unlink(missing_ok=True)
        if self.place.half_made.exists():
            shutil.rmtree(self.place.half_made)
        if size(self.place.log) > _LOUDEST_LOG:
            self.place.log.replace(self.place.log.with_suffix(".log.old"))

    async def _make_data(self, launcher: Launcher, lock: int) -> None:
        """Make a new cluster beside its place, and move it there once it is whole."""
        half = self.place.half_made
        half.mkdir(mode=0o700)
        give(half, self._account)
        command = [self._binaries.initdb, "-D", str(half), "-U", ROLE, "-E", "UTF8"]
        command += ["--no-locale", "--data-checksums"]
        command += ["--auth=peer", "--no-instructions"]
        command += [] if self._durable else ["--no-sync"]
        process = launcher.start(command, lock, signal.SIGKILL)
        try:
            status = await end_of(process)
        except BaseException:
            process.kill()
            process.wait()
            raise
        if status:
            raise launcher.failure("initdb failed")
        half.rename(self.place.data)
        if self._durable:
            _sync_directory(self.place.root)

    def _check_version(self) -> None:
        try:
            made_by = (self.place.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            raise DatabaseError(
                f"{self.place.data} is not a PostgreSQL data directory: move it away"
            ) from None
        if made_by != str(self._binaries.major):
            raise DatabaseError(
                f"{self.place.data} was made by PostgreSQL {made_by}, and this is "
                f"{self._binaries.major}: set GEOPUSH_PG_BIN to the programs of "
                f"PostgreSQL {made_by}, pg_dump the database there, and restore it "
                "into a new directory"
            )

    def _write_access(self) -> None:
        """Let our user in as the superuser, and nobody else."""
        us = pwd.getpwuid(os.geteuid()).pw_name
        self._file("hba").write_text(f"local all {ROLE} peer map={ROLE}\n")
        self._file("ident").write_text(f'{ROLE} "{us}" {ROLE}\n')
        for name in ("hba", "ident"):
            self._file(name).chmod(0o644)

    def _file(self, name: str) -> Path:
        return self.place.root / f"{name}.conf"


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
