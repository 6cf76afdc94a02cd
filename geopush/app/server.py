"""Serve the front until told to stop."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from litestar.types import ASGIApp

from geopush.errors import SettingsError
from geopush.settings import Settings

BACKLOG = 2048  # connections that may wait to be accepted


def heed_signals() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set from now on; they end nothing by themselves.

    Call it before anybody hears that the service is there, and may want it to stop.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    return told


async def serve(
    front: ASGIApp,
    listening: socket.socket,
    told: asyncio.Event,
    *,
    drain: float,
    trusted: str | None,
) -> None:
    """Serve until told to stop; requests under way are answered first.

    ``trusted`` are the proxies whose word about the client is taken.
    """
    server = _server(front, drain, trusted)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    server.stop()
    await serving


@asynccontextmanager
async def serve_beside(front: ASGIApp, listening: socket.socket) -> AsyncIterator[None]:
    """Serve for as long as the block lasts."""
    server = _server(front, drain=1)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.stop()
        await task


def _server(front: ASGIApp, drain: float, trusted: str | None = None) -> "Server":
    return Server(
        uvicorn.Config(
            front,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=trusted is not None,
            forwarded_allow_ips=trusted,
            backlog=BACKLOG,
            timeout_graceful_shutdown=int(drain),
        )
    )


class Server(uvicorn.Server):
    """Uvicorn, leaving the signals to us: it would end the process before we drain."""

    def stop(self) -> None:
        """Answer what is under way, and take nothing more."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def listen(settings: Settings) -> socket.socket:
    """Open the socket to serve on; port 0 picks one."""
    try:
        return socket.create_server((settings.host, settings.port), reuse_port=False)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise SettingsError(f"cannot listen on {where}: {error.strerror}") from error
