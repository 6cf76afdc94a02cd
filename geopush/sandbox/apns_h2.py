"""One HTTP/2 connection as Apple's servers hold it: streams, windows, farewells."""

import asyncio
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError, StreamClosedError, StreamIDTooLowError
from h2.settings import SettingCodes, Settings
from msgspec import Struct

Headers = list[tuple[str, str]]

STREAMS_BEFORE_TRUST = 1
STREAMS = 1000  # what Apple grants at most times; it promises no number
LONGEST_HEADERS = 8000
KEPT_OF_A_BODY = 8192  # more than any payload may have; the rest is only counted off
_GOAWAY = 0x7


class Reply(Struct, frozen=True):
    """An answer, and what happens to the connection around it."""

    headers: Headers
    body: bytes = b""
    seconds_late: float = 0.0
    drop: bool = False
    reset: bool = False
    hang: bool = False
    split: bool = False
    goaway: bytes | None = None


class Desk(Protocol):
    """Who answers the requests of one connection."""

    def meet(self, certificate: object) -> None:
        """Hear which certificate the client has shown, if any."""

    def trusts(self, headers: Headers) -> bool:
        """Say whether the headers carry a valid provider token."""

    def reply(self, headers: Headers, body: bytes) -> Reply:
        """Answer a request that has arrived whole."""


@runtime_checkable
class _Wire(Protocol):
    """What writes to the client; not every event loop's is an asyncio.Transport."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


class _Announced(Settings):
    """What we tell the client; who exceeds it is refused by stream, not cut off."""

    @property
    def max_concurrent_streams(self) -> int:
        return 2**31 - 1

    @max_concurrent_streams.setter
    def max_concurrent_streams(self, value: int) -> None:
        self[SettingCodes.MAX_CONCURRENT_STREAMS] = value


class _Stream(Struct):
    headers: Headers
    body: bytearray
    unsent: bytes = b""
    longest_piece: int = KEPT_OF_A_BODY


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, desk: Desk, members: "set[Connection]") -> None:
        self._desk = desk
        self._members = members
        self._h2 = H2Connection(H2Configuration(False, "utf-8"))
        self._h2.local_settings = _Announced(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS_BEFORE_TRUST,
                SettingCodes.MAX_HEADER_LIST_SIZE: LONGEST_HEADERS,
            },
        )
        self._limit = STREAMS_BEFORE_TRUST
        self._streams: dict[int, _Stream] = {}
        self._newest = 0
        self._last: int | None = None
        self._transport: _Wire | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client."""
        if isinstance(transport, _Wire):
            self._transport = transport
            self._members.add(self)
            self._desk.meet(transport.get_extra_info("peercert"))
            self._h2.initiate_connection()
            self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._members.discard(self)
        self._transport = None

    def abort(self) -> None:
        """Cut the client off."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Handle what the client sent."""
        try:
            for event in self._h2.receive_data(data):
                self._handle(event)
        except (ProtocolError, UnicodeDecodeError):
            self._flush()
            self._close()
        else:
            self._flush()

    def _handle(self, event: Event) -> None:
        match event:
            case RequestReceived():
                self._open(
                    event.stream_id, [(str(n), str(v)) for n, v in event.headers]
                )
            case DataReceived():
                self._take(event)
            case StreamEnded():
                self._answer(event.stream_id)
            case StreamReset():
                self._forget(event.stream_id)
            case WindowUpdated() | RemoteSettingsChanged():
                for stream_id in list(self._streams):
                    self._push_on(stream_id)
            case ConnectionTerminated():
                self._close()

    def _open(self, stream_id: int, headers: Headers) -> None:
        if self._last is not None:
            return
        if self._limit < STREAMS and self._desk.trusts(headers):
            self._limit = STREAMS
            self._h2.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS})
        if len(self._streams) >= self._limit:
            with self._unless_given_up(stream_id):
                self._h2.reset_stream(stream_id, ErrorCodes.REFUSED_STREAM)
            return
        self._streams[stream_id] = _Stream(headers, bytearray())

    def _take(self, event: DataReceived) -> None:
        length = event.flow_controlled_length
        if length:
            self._h2.acknowledge_received_data(length, event.stream_id)
        stream = self._streams.get(event.stream_id)
        if stream is not None:
            room = KEPT_OF_A_BODY - len(stream.body)
            stream.body += event.data[:room]

    def _answer(self, stream_id: int) -> None:
        stream = self._streams.get(stream_id)
        if stream is None or self._transport is None:
            return
        self._newest = max(self._newest, stream_id)
        reply = self._desk.reply(stream.headers, bytes(stream.body))
        if reply.drop:
            self._transport.abort()
        elif reply.reset:
            self._break_off(stream_id)
        elif reply.hang:
            pass  # for as long as the client likes to wait
        elif reply.seconds_late > 0:
            self._send_later(stream_id, reply)
        else:
            self._send(stream_id, reply)
        if reply.goaway is not None and self._last is None:
            self._say_goodbye(reply.goaway)

    def _break_off(self, stream_id: int) -> None:
        with self._unless_given_up(stream_id):
            self._h2.reset_stream(stream_id, ErrorCodes.INTERNAL_ERROR)
        self._forget(stream_id)

    def _send_later(self, stream_id: int, reply: Reply) -> None:
        def send() -> None:
            if self._transport is not None:
                self._send(stream_id, reply)
                self._flush()

        asyncio.get_running_loop().call_later(reply.seconds_late, send)

    def _send(self, stream_id: int, reply: Reply) -> None:
        stream = self._streams.get(stream_id)
        if stream is None:
            return
        with self._unless_given_up(stream_id):
            self._h2.send_headers(stream_id, reply.headers, end_stream=not reply.body)
            stream.unsent = reply.body
            if reply.split:
                stream.longest_piece = len(reply.body) // 2 + 1
        if reply.body:
            self._push_on(stream_id)
        else:
            self._forget(stream_id)

    def _push_on(self, stream_id: int) -> None:
        """Send as much of the body as the client's windows have room for."""
        stream = self._streams.get(stream_id)
        with self._unless_given_up(stream_id):
            while stream is not None and stream.unsent:
                window = self._h2.local_flow_control_window(stream_id)
                room = min(window, self._h2.max_outbound_frame_size)
                room = min(room, stream.longest_piece)
                if room <= 0:
                    return
                piece, stream.unsent = stream.unsent[:room], stream.unsent[room:]
                self._h2.send_data(stream_id, piece, end_stream=not stream.unsent)
                if not stream.unsent:
                    self._forget(stream_id)

    @contextmanager
    def _unless_given_up(self, stream_id: int) -> Iterator[None]:
        """Forget the stream if the client has reset it in bytes already read."""
        try:
            yield
        except (StreamClosedError, StreamIDTooLowError):
            self._forget(stream_id)

    def _forget(self, stream_id: int) -> None:
        self._streams.pop(stream_id, None)

    def _say_goodbye(self, reason: bytes) -> None:
        """Take no new streams, finish those already taken, then close.

        h2 would let nothing more be sent after its own GOAWAY, so the frame is ours.
        """
        self._flush()
        self._last = self._newest
        for stream_id in [newer for newer in self._streams if newer > self._newest]:
            self._forget(stream_id)
        tail = struct.pack("!II", self._last, ErrorCodes.NO_ERROR) + reason
        head = struct.pack("!I", len(tail))[1:] + struct.pack("!BBI", _GOAWAY, 0, 0)
        if self._transport is not None:
            self._transport.write(head + tail)

    def _flush(self) -> None:
        waiting = self._h2.data_to_send()
        if self._transport is not None and waiting:
            self._transport.write(waiting)
        if self._last is not None and not self._streams:
            self._close()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
