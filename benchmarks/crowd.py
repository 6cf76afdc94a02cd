"""A crowd of connections that ask as fast as they are answered, and a server to ask."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvloop

CONNECTIONS = 64
_ACCEPTED = b"HTTP/1.1 202"


class Served(NamedTuple):
    """A server that runs: where it listens, and what it has used of its core."""

    port: int
    process: subprocess.Popen[str]

    def cpu(self) -> float:
        """Return the seconds of CPU that the server has used."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print("cpu", file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


@contextmanager
def served(app: str, argument: str, python: str = sys.executable) -> Iterator[Served]:
    """Serve an app in a process of its own, on a core of its own if there are two."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    cores = sorted(os.sched_getaffinity(0))
    process = subprocess.Popen(
        [python, "-m", "benchmarks.doors", app, argument],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    if len(cores) > 1:
        os.sched_setaffinity(0, cores[1:])  # the server takes the first
    try:
        assert process.stdout is not None
        yield Served(int(process.stdout.readline()), process)
    finally:
        process.communicate()


class _Asker(asyncio.Protocol):
    """One connection that is always waiting for one answer."""

    def __init__(self, crowd: "_Crowd") -> None:
        self._crowd = crowd
        self._came = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.write(self._crowd.request())

    def data_received(self, data: bytes) -> None:
        self._came += data
        end = self._came.find(b"\r\n\r\n")
        if end < 0:
            return
        at = self._came.find(b"content-length: ") + 16
        length = int(self._came[at : self._came.find(b"\r\n", at)])
        if len(self._came) < end + 4 + length:
            return
        if not self._came.startswith(_ACCEPTED):
            raise SystemExit(f"a benchmark was answered with {self._came[:300]!r}")
        self._came = b""
        if self._crowd.go_on():
            self._transport.write(self._crowd.request())
        else:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        self._crowd.leave()


class _Crowd:
    def __init__(self, request: Callable[[], bytes], seconds: float) -> None:
        self.request = request
        self.answered = 0
        self._until = time.perf_counter() + seconds
        self._there = CONNECTIONS
        self.gone = asyncio.get_running_loop().create_future()

    def go_on(self) -> bool:
        self.answered += 1
        return time.perf_counter() < self._until

    def leave(self) -> None:
        self._there -= 1
        if not self._there and not self.gone.done():
            self.gone.set_result(None)


def ask(port: int, request: Callable[[], bytes], seconds: float) -> tuple[int, float]:
    """Ask for so many seconds; return how many were answered, and how long it took."""

    async def crowd() -> tuple[int, float]:
        started = time.perf_counter()
        asking = _Crowd(request, seconds)
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            await loop.create_connection(lambda: _Asker(asking), "127.0.0.1", port)
        await asking.gone
        return asking.answered, time.perf_counter() - started

    return uvloop.run(crowd())


def post(token: str, body: bytes, path: str = "/v1/pings") -> bytes:
    """Return a request of a device with a body of pings."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: push.example\r\nuser-agent: Demo/1\r\n"
        f"accept: */*\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nauthorization: Bearer {token}\r\n\r\n"
    )
    return head.encode() + body
