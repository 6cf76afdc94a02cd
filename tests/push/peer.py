"""An Apple that misbehaves to order: HTTP/2 over TLS, one script for each test."""

import asyncio
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from geopush.sandbox.certificates import Papers

Script = Callable[["Line", int], None]

GOAWAY = 0x7


def accept(line: "Line", stream_id: int) -> None:
    """Take every request."""
    line.answer(stream_id, 200)


def keep_silent(line: "Line", stream_id: int) -> None:
    """Answer nothing."""


@dataclass
class Peer:
    """What all connections have in common: the script, and what has arrived."""

    script: Script = accept
    settings: dict[SettingCodes, int] = field(default_factory=dict)
    gives_window_back: bool = True
    lines: list["Line"] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    @property
    def phones(self) -> list[str]:
        """The phones of all requests that arrived whole, in their order."""
        return [each[":path"].rpartition("/")[2] for each in self.requests]

    async def arrived(self, count: int) -> None:
        """Wait until so many requests are here."""
        while len(self.requests) < count:
            await self.change()

    async def change(self) -> None:
        """Wait until anything happens."""
        self.changed.clear()
        async with asyncio.timeout(60):
            await self.changed.wait()

    async def start(self, papers: Papers) -> asyncio.Server:
        """Listen on loopback."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(papers.server_file, papers.server_key_file)
        tls.set_alpn_protocols(["h2"])
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Line(self), "127.0.0.1", 0, ssl=tls)
        self.url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
        return server


class Line(asyncio.Protocol):
    """One connection to the peer."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.conn = H2Connection(
            H2Configuration(client_side=False, header_encoding="utf-8")
        )
        self.opened: dict[int, dict[str, str]] = {}
        self.whole: list[int] = []
        self.owed: list[tuple[int, int]] = []
        self.broken_off: list[int] = []
        self.protocol: str | None = None
        self.is_lost = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.peer.lines.append(self)
        self.protocol = transport.get_extra_info("ssl_object").selected_alpn_protocol()
        self.conn.initiate_connection()
        self.conn.update_settings(dict(self.peer.settings))
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self.peer.changed.set()

    def data_received(self, data: bytes) -> None:
        for event in self.conn.receive_data(data):
            self._take(event)
        self.flush()
        self.peer.changed.set()

    def _take(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self.opened[event.stream_id] = {str(n): str(v) for n, v in event.headers}
        if isinstance(event, DataReceived):
            self.owed.append((event.flow_controlled_length, event.stream_id))
            if self.peer.gives_window_back:
                self.give_window_back()
        if isinstance(event, StreamReset):
            self.broken_off.append(event.stream_id)
        if isinstance(event, StreamEnded):
            self.whole.append(event.stream_id)
            self.peer.requests.append(self.opened[event.stream_id])
            self.peer.script(self, event.stream_id)

    def give_window_back(self) -> None:
        """Let the sender send as much again as has arrived."""
        for length, stream_id in self.owed:
            self.conn.acknowledge_received_data(length, stream_id)
        self.owed.clear()
        self.flush()

    def answer(self, stream_id: int, status: int, *pieces: bytes) -> None:
        """Answer one request, with its body in so many frames."""
        headers = [(":status", str(status))]
        try:
            self.conn.send_headers(stream_id, headers, end_stream=not pieces)
            for number, piece in enumerate(pieces, 1):
                self.conn.send_data(stream_id, piece, end_stream=number == len(pieces))
        except ProtocolError:
            return  # the sender has given this request up
        self.flush()

    def reset(self, stream_id: int, code: ErrorCodes) -> None:
        """Break one request off."""
        self.conn.reset_stream(stream_id, code)
        self.flush()

    def say_goodbye(self, last: int, answered: list[int]) -> None:
        """Send a GOAWAY and, in the same breath, the answers that still come."""
        for stream_id in answered:
            self.conn.send_headers(stream_id, [(":status", "200")], end_stream=True)
        tail = struct.pack("!II", last, ErrorCodes.NO_ERROR)
        head = struct.pack("!I", len(tail))[1:] + struct.pack("!BBI", GOAWAY, 0, 0)
        self.write(head + tail + self.conn.data_to_send())

    def flush(self) -> None:
        self.write(self.conn.data_to_send())

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def cut(self) -> None:
        """Hang up without a word."""
        if self.transport is not None:
            self.transport.abort()
