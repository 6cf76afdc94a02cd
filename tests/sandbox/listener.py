"""A geopush that takes receipts, and keeps what it was told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web


class Listener:
    """Answers receipts with one status, and remembers who said what."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self.status = 202
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """Keep who said what."""
        body = msgspec.json.decode(await request.read())
        self.told.append((request.headers["Authorization"], body))
        return web.Response(status=self.status)


@asynccontextmanager
async def open_listener() -> AsyncIterator[Listener]:
    """Listen until left."""
    listener, app = Listener(), web.Application()
    app.router.add_post("/v1/receipts", listener.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield listener
    await runner.cleanup()
