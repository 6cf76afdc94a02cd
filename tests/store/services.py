"""Other processes that run or use an embedded database, to be killed."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar
from uuid import uuid4

from geopush.store.account import Account
from geopush.store.embedded import Owned
from geopush.store.pool import GONE, lost, open_connection

PROGRAM = """
import asyncio, json, os, sys
from pathlib import Path
from geopush.errors import DatabaseError
from geopush.store.embedded import start_cluster

data_dir, refuge, bin_dir, uid, python = sys.argv[1:]
if uid:
    sys.executable = python  # ours may be in a directory closed to others
    os.setgroups([])
    os.setgid(int(uid))
    os.setuid(int(uid))
    os.chdir("/")


def say(**facts):
    print(json.dumps(facts), flush=True)


async def main():
    try:
        embedded = await start_cluster(
            Path(data_dir),
            bin_dir=Path(bin_dir) if bin_dir else None,
            durable=False,
            refuge=Path(refuge),
        )
    except DatabaseError as error:
        say(refused=str(error))
        return
    say(dsn=embedded.dsn, owner=embedded.owner, server=getattr(embedded, "pid", None))
    await embedded.supervise(lambda text: say(note=text))


asyncio.run(main())
"""

LONG = "deep" * 20  # with what stands before it, too long for the path of a socket
NAMELESS = 54_321  # no user has this number

Facts = dict[str, str | int | bool | None]
Start = Callable[..., Awaitable[Owned]]
T = TypeVar("T")


class Service:
    """A process of ours with an embedded database."""

    def __init__(self, process: subprocess.Popen[str], said: IO[str]) -> None:
        self.process = process
        self._said = said

    def hears(self) -> Facts:
        """Wait for the next thing the service says."""
        line = self._said.readline()
        assert line, "the service ended without a word"
        heard: Facts = json.loads(line)
        return heard

    def server(self) -> int:
        """Wait until it serves; return the process id of its Postgres."""
        server = self.hears()["server"]
        assert isinstance(server, int)
        return server

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def service(
    data_dir: Path, *, bin_dir: Path | None = None, uid: int | None = None
) -> Iterator[Service]:
    """Start a service; it is killed at the end."""
    refuge = data_dir.parent / "refuge"
    python = python_for_all() or sys.executable
    arguments = [data_dir, refuge, bin_dir or "", uid or "", python]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        running = Service(process, process.stdout)
        try:
            yield running
        finally:
            running.kill()


def python_for_all() -> str | None:
    """Return a Python, for what needs no more, that a user without rights can run."""
    anybody = Account("", NAMELESS, NAMELESS)
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        real = Path(python).resolve()
        if real.exists() and anybody.can_enter(real.parent):
            return str(real)
    return None


def wait_for_end(pid: int) -> None:
    """Wait until a process that need not be our child has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ends = select.poll()
    ends.register(descriptor, select.POLLIN)
    ended = ends.poll(30_000)
    os.close(descriptor)
    assert ended, f"process {pid} did not end"


def parent_of(pid: int) -> int:
    """Return the parent of a process."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    return int(after_name.split()[1])


async def insist(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try again for as long as the database is lost."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await attempt()
            except GONE as error:
                if not lost(error):
                    raise
            await asyncio.sleep(0.01)


async def ask(dsn: str, question: str) -> object:
    """Ask the database at ``dsn`` one question."""
    connection = await open_connection(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def promise(dsn: str) -> str:
    """Commit a word that must still be there later; return it."""
    word = uuid4().hex
    connection = await open_connection(dsn)
    await connection.execute(f"""
        DROP TABLE IF EXISTS promise;
        CREATE TABLE promise AS SELECT '{word}'::text AS word
    """)
    await connection.close()
    return word


async def promised(dsn: str) -> object:
    """Return the word that was last committed."""
    return await ask(dsn, "SELECT word FROM promise")
