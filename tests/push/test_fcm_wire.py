"""The wire to Google, against a server that answers with the very bytes we choose."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from geopush.core.message import Transient
from geopush.push.fcm_token import Reply
from geopush.push.fcm_wire import Progress, Wire
from tests.push.build import NOW

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = Reply(200, b"{}", None)
LOST = Transient("connection_lost", ambiguous=True)


class Server:
    """Answers one request after another; None hangs up instead."""

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.lines: list[asyncio.StreamWriter] = []
        self.url = ""

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take requests of one connection until it ends."""
        self.lines.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.partition("Content-Length: ")[2].split()[0])
                self.heads.append(head)
                self.bodies.append(await reader.readexactly(length))
                answer = self.answers.pop(0)
                if answer is None:
                    return writer.transport.abort()
                writer.write(answer)
                if b"close" in answer:
                    return writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}/v1/send"
    yield server
    listening.close()
    for line in server.lines:
        line.transport.abort()
    await listening.wait_closed()


@pytest.fixture
async def wire(server: Server) -> AsyncIterator[Wire]:
    wire = Wire(server.url, None, timedelta(seconds=5), lambda: NOW)
    yield wire
    await wire.close()


async def post(wire: Wire, body: bytes = b"{}") -> Reply | Transient:
    async with asyncio.timeout(30):
        return await wire.post(body, "Bearer t", Progress())


async def test_what_is_written_is_a_request_and_nothing_more(
    server: Server, wire: Wire
) -> None:
    server.answers = [PLAIN]
    assert await post(wire, b'{"message": {}}') == OK
    assert server.heads == [
        "POST /v1/send HTTP/1.1\r\n"
        f"Host: {server.url.split('/')[2]}\r\n"
        "User-Agent: geopush\r\n"
        "Content-Type: application/json\r\n"
        "Authorization: Bearer t\r\n"
        "Content-Length: 15\r\n\r\n"
    ]
    assert server.bodies == [b'{"message": {}}']


@pytest.mark.parametrize(
    "answer",
    [
        PLAIN,
        CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN,
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + PLAIN,
    ],
)
async def test_a_connection_stays_open_for_the_next_request(
    server: Server, wire: Wire, answer: bytes
) -> None:
    server.answers = [answer, answer, answer]
    assert [await post(wire) for _ in range(3)] == [OK, OK, OK]
    assert len(server.lines) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.0 200 close\r\n\r\n{}",
    ],
)
async def test_a_connection_that_is_closed_after_its_answer_is_not_used_again(
    server: Server, wire: Wire, answer: bytes
) -> None:
    server.answers = [answer, PLAIN]
    assert [await post(wire), await post(wire)] == [OK, OK]
    assert len(server.lines) == 2


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{}",
        CHUNKED + b"nonsense\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
async def test_half_an_answer_and_none_leave_a_doubt_and_cost_the_connection(
    server: Server, wire: Wire, answer: bytes | None
) -> None:
    server.answers = [answer, PLAIN]
    assert [await post(wire), await post(wire)] == [LOST, OK]
    assert len(server.lines) == 2


async def test_the_answer_to_a_request_given_up_is_nobody_elses(
    server: Server, wire: Wire
) -> None:
    server.answers = [b"", PLAIN]
    sending = asyncio.create_task(post(wire))
    async with asyncio.timeout(30):
        while not server.bodies:  # noqa: ASYNC110
            await asyncio.sleep(0)
    sending.cancel()
    assert await asyncio.gather(sending, return_exceptions=True) != [OK]
    assert await post(wire) == OK
    assert len(server.lines) == 2


async def test_retry_after_is_read(server: Server, wire: Wire) -> None:
    server.answers = [
        b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
    ]
    assert await post(wire) == Reply(503, b"", timedelta(seconds=7))


async def test_connecting_has_a_deadline_of_its_own() -> None:
    async def say_nothing(
        _: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        lines.append(writer)

    lines: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{silent.sockets[0].getsockname()[1]}/"
    wire = Wire(url, None, timedelta(seconds=0.1), lambda: NOW)
    reply = await post(wire)
    await wire.close()
    silent.close()
    for line in lines:
        line.transport.abort()
    assert reply == Transient("connect_timeout", ambiguous=False)


async def test_a_request_that_never_left_is_in_no_doubt(server: Server) -> None:
    wire, progress = (
        Wire("http://127.0.0.1:1/", None, timedelta(seconds=5), lambda: NOW),
        Progress(),
    )
    reply = await wire.post(b"{}", "Bearer t", progress)
    await wire.close()
    assert reply == Transient("unreachable", ambiguous=False)
    assert not progress.is_sent
