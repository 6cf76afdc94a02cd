"""Posting to webhooks: never to an address that was not looked at, never for long."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from geopush.core.webhook import Answer
from geopush.push.webhook import WebhookSender

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Names(AbstractResolver):
    """A resolver that says something else each time it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.left = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self.left.pop(0)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        return None


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[tuple[int, list[web.Request]]]:
    """A server on this machine; its port and what it was asked."""
    asked: list[web.Request] = []

    async def note(request: web.Request) -> web.StreamResponse:
        await request.read()
        asked.append(request)
        return await handler(request)

    server = web.Server(note)
    runner = web.ServerRunner(server, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1], asked
    finally:
        await runner.cleanup()


@asynccontextmanager
async def sending(
    names: Names | None = None, *, private: bool = False, seconds: float = 10
) -> AsyncIterator[WebhookSender]:
    sender = WebhookSender(private=private, resolver=names, seconds=seconds)
    try:
        yield sender
    finally:
        await sender.close()


async def yes(request: web.Request) -> web.StreamResponse:
    return web.Response(text="thanks")


async def test_an_event_is_posted_with_its_headers_to_the_host_of_its_name() -> None:
    async with listening(yes) as (port, asked), sending(private=True) as sender:
        url = f"http://localhost:{port}/hook?a=1"
        answer = await sender.send(url, b"{}", {"webhook-id": "one"})
    assert answer == Answer(200)
    (request,) = asked
    assert (request.method, request.path_qs) == ("POST", "/hook?a=1")
    assert request.headers["webhook-id"] == "one"
    assert request.headers["Content-Type"] == "application/cloudevents+json"
    assert request.headers["Host"] == f"localhost:{port}"
    assert await request.read() == b"{}"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"],
)
async def test_this_machine_is_not_reached_by_any_spelling(host: str) -> None:
    async with listening(yes) as (port, asked), sending() as sender:
        answer = await sender.send(f"http://{host}:{port}/", b"{}", {})
    assert answer.reason in ("address_not_allowed", "no_answer")
    assert asked == []


async def test_a_name_that_leads_to_our_own_net_is_not_followed() -> None:
    names = Names("127.0.0.1")
    async with listening(yes) as (port, asked), sending(names) as sender:
        answer = await sender.send(f"http://hook.example:{port}/", b"{}", {})
    assert answer == Answer(reason="address_not_allowed")
    assert asked == []


async def test_a_name_is_looked_up_once_and_that_address_is_judged() -> None:
    names = Names("127.0.0.1", "93.184.216.34")
    async with listening(yes) as (port, asked), sending(names) as sender:
        await sender.send(f"http://hook.example:{port}/", b"{}", {})
    assert names.left == ["93.184.216.34"]
    assert asked == []


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/other"})

    async with listening(elsewhere) as (port, asked), sending(private=True) as sender:
        answer = await sender.send(f"http://127.0.0.1:{port}/", b"{}", {})
    assert answer.status == 302
    assert len(asked) == 1


async def test_who_asks_for_a_pause_is_heard() -> None:
    async def later(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "120"})

    async with listening(later) as (port, _), sending(private=True) as sender:
        answer = await sender.send(f"http://127.0.0.1:{port}/", b"{}", {})
    assert answer == Answer(429, retry_after=timedelta(minutes=2))


async def test_who_never_answers_is_not_waited_for() -> None:
    over = asyncio.Event()

    async def never(request: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    async with listening(never) as (port, _):
        async with sending(private=True, seconds=0.2) as sender:
            answer = await sender.send(f"http://127.0.0.1:{port}/", b"{}", {})
        over.set()
    assert answer == Answer(reason="timeout")


async def test_an_answer_without_end_is_not_read() -> None:
    over = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * 65_536)
        await over.wait()
        return response

    async with listening(endless) as (port, _):
        async with sending(private=True, seconds=60) as sender:
            answer = await sender.send(f"http://127.0.0.1:{port}/", b"{}", {})
        over.set()
    assert answer == Answer(200)


async def test_nobody_there_is_an_answer_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with sending(private=True) as sender:
        answer = await sender.send(f"http://127.0.0.1:{port}/", b"{}", {})
    assert answer == Answer(reason="no_connection")
