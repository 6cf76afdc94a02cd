"""The stand-ins in load mode: they take everything at once and check nothing.

``python -m geopush.sandbox.load DIRECTORY`` makes papers there, listens and prints one
line of JSON that says where. What a sender reaches against them is the sender's own.
"""

import asyncio
import json
import sys
from argparse import ArgumentParser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from geopush.sandbox import Sandbox
from geopush.sandbox.apns import server_tls
from geopush.sandbox.apns_load import LoadConnection
from geopush.sandbox.certificates import make_papers, point_service_account_at
from geopush.sandbox.fcm import SEND_PATH, TOKEN_PATH

TAKEN = b'{"name": "projects/geopush-sandbox/messages/1"}'
GRANTED = b'{"access_token": "ya29.load", "expires_in": 3599, "token_type": "Bearer"}'


@asynccontextmanager
async def serving(directory: Path, latency: float = 0) -> AsyncIterator[dict[str, str]]:
    """Listen, and say where; ``latency`` is in seconds, of Apple alone."""
    papers = make_papers(directory)
    loop = asyncio.get_running_loop()
    apple = await loop.create_server(
        lambda: LoadConnection(latency), "127.0.0.1", 0, ssl=server_tls(papers)
    )
    app = web.Application()
    app.router.add_post(TOKEN_PATH, _grant)
    app.router.add_post(SEND_PATH, _take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fcm_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    point_service_account_at(fcm_url + TOKEN_PATH, papers.service_account_file)
    port = apple.sockets[0].getsockname()[1]
    yield {"apns_url": f"https://127.0.0.1:{port}", "fcm_url": fcm_url}
    apple.close()
    await runner.cleanup()
    await apple.wait_closed()


async def _grant(_: web.Request) -> web.Response:
    return web.Response(body=GRANTED, content_type="application/json")


async def _take(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(body=TAKEN, content_type="application/json")


@asynccontextmanager
async def checking(directory: Path) -> AsyncIterator[dict[str, str]]:
    """Run the usual stand-ins, which look at everything, and say where."""
    sandbox = await Sandbox.start(directory, apps={"demo": "com.example.demo"})
    yield {"apns_url": sandbox.apns_url, "fcm_url": sandbox.fcm_url}
    await sandbox.stop()


async def _main(directory: Path, latency: float, checks: bool) -> None:
    found = checking(directory) if checks else serving(directory, latency)
    async with found as where:
        sys.stdout.write(json.dumps(where) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asked = ArgumentParser(description="Stand-ins in load mode, until stopped.")
    asked.add_argument("directory", type=Path)
    asked.add_argument("--latency-ms", type=float, default=0.0)
    asked.add_argument("--checking", action="store_true", help="the usual ones instead")
    told = asked.parse_args()
    asyncio.run(_main(told.directory, told.latency_ms / 1000, told.checking))
