"""PostgreSQL programs as processes: they end with us, or are found if they did not."""

import asyncio
import inspect
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from geopush.errors import DatabaseError
from geopush.store import launch
from geopush.store.account import Account
from geopush.store.place import Place, take_lock

POLL = 0.02  # seconds between two looks at a process or a lock

_LAUNCHER = inspect.getsource(launch)
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}  # ours may hold secrets
_TAIL = 2_000  # bytes of the log that an error quotes

Process = subprocess.Popen[bytes]


def attended(
    command: list[str], when_we_end: signal.Signals, uid: int, gid: int
) -> list[str]:
    """Return how to start a program so that it gets a signal if our thread ends."""
    numbers = (os.getpid(), int(when_we_end), uid, gid)
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *map(str, numbers)]
    return [*launcher, *command]


class Launcher:
    """Starts programs that share a lock until the last of them has ended."""

    def __init__(self, place: Place, account: Account) -> None:
        self._log = place.log
        self._account = account
        self._said_before = 0

    def start(
        self, command: list[str], lock: int, when_we_end: signal.Signals
    ) -> Process:
        """Start a program as our direct child; it gets a signal if our thread ends."""
        self._said_before = size(self._log)
        with self._log.open("ab") as log:
            return subprocess.Popen(
                attended(command, when_we_end, self._account.uid, self._account.gid),
                cwd="/",
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,  # Ctrl-C is for us; we stop Postgres last
            )

    def failure(self, what: str) -> DatabaseError:
        """Return an error with the end of what the last program said."""
        with self._log.open("rb") as log:
            log.seek(max(self._said_before, size(self._log) - _TAIL))
            said = log.read().decode(errors="replace").strip()
        return DatabaseError(f"{what}: {said or 'it said nothing'}")


async def end_of(process: Process) -> int:
    """Wait until the process has ended; return its status."""
    while (status := process.poll()) is None:  # noqa: ASYNC110 (portable)
        await asyncio.sleep(POLL)
    return status


async def have_place_alone(place: Place) -> int:
    """Wait until no program of an earlier run is left; return the lock they share."""
    asked: set[int] = set()
    while (lock := take_lock(place.programs_lock)) is None:
        for pid, how in _left_overs(place.data):
            if pid not in asked:
                asked.add(pid)
                signal_if_alive(pid, how)
        await asyncio.sleep(POLL)
    return lock


def postgres_in(data: Path) -> list[int]:
    """Return the living Postgres processes of a data directory: each works in it."""
    processes = Path("/proc").glob("[0-9]*")
    return [int(process.name) for process in processes if _works_in(process, data)]


def signal_if_alive(pid: int, how: signal.Signals) -> None:
    """Send a signal to a process, which may have ended since it was seen."""
    with suppress(ProcessLookupError):
        os.kill(pid, how)


def size(path: Path) -> int:
    """Return how many bytes are in a file, none if it is not there."""
    return path.stat().st_size if path.exists() else 0


def _left_overs(data: Path) -> list[tuple[int, signal.Signals]]:
    """Return what is left of an earlier run, and the signal that ends it.

    A postmaster is asked to stop in order; children that lost theirs just end.
    """
    pids = postgres_in(data)
    postmaster = _recorded_postmaster(data)
    if postmaster in pids:
        return [(postmaster, signal.SIGINT)]
    return [(pid, signal.SIGQUIT) for pid in pids]


def _recorded_postmaster(data: Path) -> int:
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return 0


def _works_in(process: Path, data: Path) -> bool:
    try:
        program = (process / "exe").readlink().name
        return program.startswith("postgres") and (process / "cwd").readlink() == data
    except OSError:  # it ended, or is another user's
        return False
