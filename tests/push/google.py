"""A Google that answers to order, over plain HTTP."""

import asyncio
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

Payload = dict[str, dict[str, object]]


@dataclass
class Google:
    """What it is to answer, and what it was asked."""

    status: int = 200
    body: bytes = b"{}"
    token_status: int = 200
    token_body: bytes | None = None
    is_silent: bool = False
    is_silent_about_tokens: bool = False
    tokens_given: int = 0
    payloads: list[Payload] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def give_token(self, request: web.Request) -> web.Response:
        """Give another access token each time."""
        self.tokens_given += 1
        self.asked.set()
        if self.is_silent_about_tokens:
            await self.go_on.wait()
        token = {"access_token": f"t{self.tokens_given}", "expires_in": 3599}
        body = self.token_body or msgspec.json.encode(token)
        return web.Response(status=self.token_status, body=body)

    async def send(self, request: web.Request) -> web.Response:
        """Answer as ordered."""
        self.payloads.append(msgspec.json.decode(await request.read()))
        self.shown.append(request.headers["Authorization"])
        if self.is_silent:
            await self.go_on.wait()
        if self.shown[-1] in self.refused:
            return web.Response(status=401)
        return web.Response(status=self.status, body=self.body)

    async def start(self) -> web.AppRunner:
        """Listen on loopback."""
        app = web.Application()
        app.router.add_post("/token", self.give_token)
        app.router.add_post("/v1/projects/{project}/messages:send", self.send)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner
