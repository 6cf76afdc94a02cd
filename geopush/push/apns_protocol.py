"""One connection to Apple: the connection of aioapns, repaired.

As it comes it never gives received bytes back to the peer's window, ignores resets,
dies of an answer to a cancelled request, drops what is in flight at a GOAWAY, leaks
streams when a window is full and finds answers by id instead of by stream. Each
repair has its test in tests/push/test_apns_connection.py, and tests/push/defects.py
shows the library without it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aioapns.connection import APNsTLSClientProtocol
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import NoAvailableStreamIDError, ProtocolError

from geopush.core.message import Transient
from geopush.push.apns_answer import Answer
from geopush.push.apns_http2 import ClientConnection
from geopush.push.apns_request import Request

LONGEST_BODY = 4096  # of an answer; Apple's have some dozens of bytes


class _Stream:
    """A request on its way, and its answer as far as it has come."""

    __slots__ = ("answer", "body", "headers", "id", "request")

    def __init__(self, request: Request, loop: asyncio.AbstractEventLoop) -> None:
        self.request = request
        self.id = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.answer: asyncio.Future[Answer | Transient] = loop.create_future()

    def settle(self, answer: Answer | Transient) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def whole_answer(self) -> Answer:
        status = self.headers.get(b":status", b"")
        retry_after = self.headers.get(b"retry-after", b"").decode("latin-1")
        number = int(status) if status.isdigit() else 0
        return Answer(number, self.body, retry_after or None)

    def lose(self, reason: str) -> None:
        self.settle(Transient(reason, ambiguous=self.request.is_sent))

    def refuse(self, reason: str) -> None:
        self.settle(Transient(reason, ambiguous=False))


class AppleConnection(APNsTLSClientProtocol):
    """Many requests at a time over one connection, each answered on its own."""

    # Below the 350 s after which common NATs forget a silent connection: a request
    # into one that is gone could not be told from one that arrived.
    INACTIVITY_TIME = 300

    def __init__(
        self, authority: str, on_lost: Callable[["AppleConnection"], None]
    ) -> None:
        super().__init__("", asyncio.get_running_loop())
        self.conn: ClientConnection = ClientConnection()
        self.load = 0
        self.closed = asyncio.Event()
        self._heard = asyncio.Event()
        self._lost_by: Exception | None = None
        self._authority = authority.encode()
        self._on_lost = on_lost
        self._streams: dict[int, _Stream] = {}
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._heard_at = 0.0
        self._is_proven = False
        self._is_draining = False
        self._flushing: asyncio.Handle | None = None

    @property
    def is_open(self) -> bool:
        """Whether it takes new requests."""
        is_up = self.transport is not None and not self.transport.is_closing()
        return is_up and not self._is_draining

    @property
    def is_saturated(self) -> bool:
        """Whether Apple knows us and yet allows no further request at present."""
        return self._is_proven and self.load >= self._most_streams

    @property
    def _most_streams(self) -> int:
        # Apple wants to see one valid token before there are two requests.
        if not self._is_proven:
            return 1
        return self.conn.remote_settings.max_concurrent_streams

    async def greeting(self) -> None:
        """Wait until the other side has said anything, and raise why if it never will.

        In TLS 1.3 a server judges our certificate after what the client takes for the
        end of the handshake, so only then does it take us.
        """
        try:
            await self._heard.wait()
        finally:
            if not self._heard.is_set():
                self.abort()
        if self._lost_by is not None:
            raise self._lost_by

    async def post(self, request: Request, until: float) -> Answer | Transient:
        """Write a request when there is room, and wait for its answer.

        ``until`` is in the loop's time. Giving up or being cancelled ends this
        request alone.
        """
        stream = _Stream(request, self.loop)
        started = self.loop.time()
        self.load += 1
        try:
            async with asyncio.timeout_at(until):
                async with self._turn:  # first come, first written
                    await self._write(stream)
                return await stream.answer
        except TimeoutError:
            if self._heard_at < started:
                self._is_draining = True  # silent all the while: nobody is there
            return Transient("no_answer", ambiguous=request.is_sent)
        finally:
            self.load -= 1
            self._leave(stream)

    async def _write(self, stream: _Stream) -> None:
        while self.is_open and len(self._streams) >= self._most_streams:
            await self._change()
        if not self.is_open:
            return stream.refuse("connection_closed")
        try:
            stream.id = self.conn.get_next_available_stream_id()
        except NoAvailableStreamIDError:
            self._is_draining = True
            return stream.refuse("connection_used_up")
        self._streams[stream.id] = stream
        self.conn.open_stream(stream.id, stream.request.headers(self._authority))
        return await self._write_body(stream)

    async def _write_body(self, stream: _Stream) -> None:
        rest = memoryview(stream.request.body)
        while rest and not stream.answer.done():
            window = self.conn.local_flow_control_window(stream.id)
            size = min(len(rest), window, self.conn.max_outbound_frame_size)
            if size <= 0:
                self.flush()
                await self._change()
                continue
            self.conn.write_body(stream.id, rest[:size], ends=size == len(rest))
            rest = rest[size:]
        stream.request.is_sent = not rest
        self._flush_soon()

    def abort(self) -> None:
        """Cut it off without a farewell."""
        if self.transport is not None:
            self.transport.abort()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _leave(self, stream: _Stream) -> None:
        is_unfinished = self._streams.pop(stream.id, None) is not None
        if stream.id and (is_unfinished or not stream.request.is_sent):
            with suppress(ProtocolError):  # the peer may have closed it meanwhile
                self.conn.reset_stream(stream.id, ErrorCodes.CANCEL)
            self.flush()
        self._settle_down()

    def _settle_down(self) -> None:
        self._changed.set()
        if self._is_draining and not self._streams:
            self.close()

    def data_received(self, data: bytes) -> None:
        """Take in what Apple sent."""
        self._heard_at = self.loop.time()
        try:
            events = self.conn.receive_data(data)
        except ProtocolError:
            self.close()
            return
        self._heard.set()
        for event in events:
            self._take(event)
        self.flush()
        self._settle_down()

    def _take(self, event: Event) -> None:
        match event:
            case ConnectionTerminated():
                self.on_connection_terminated(event)
            case DataReceived(stream_id=int(stream_id)):
                self.conn.acknowledge_received_data(
                    event.flow_controlled_length, stream_id
                )
                self._take_data(stream_id, event.data)
            case ResponseReceived(stream_id=int(stream_id)):
                if stream := self._streams.get(stream_id):
                    stream.headers = dict(event.headers)
            case StreamEnded(stream_id=int(stream_id)):
                self._take_end(stream_id)
            case StreamReset(stream_id=int(stream_id)):
                self._take_reset(stream_id, event.error_code)
            case _:
                pass  # settings and windows are in force already

    def _take_data(self, stream_id: int, data: bytes) -> None:
        stream = self._streams.get(stream_id)
        if stream and len(stream.body) < LONGEST_BODY:
            stream.body += data

    def _take_end(self, stream_id: int) -> None:
        self._is_proven = True
        if stream := self._streams.pop(stream_id, None):
            stream.settle(stream.whole_answer())

    def _take_reset(self, stream_id: int, code: ErrorCodes | int | None) -> None:
        stream = self._streams.pop(stream_id, None)
        if stream and code == ErrorCodes.REFUSED_STREAM:
            stream.refuse("stream_refused")
        elif stream:
            stream.lose("stream_reset")

    def on_connection_terminated(self, event: ConnectionTerminated) -> None:
        """Take no new requests; those Apple will not answer were surely not taken."""
        self._is_draining = True
        last = event.last_stream_id or 0
        for stream_id in [known for known in self._streams if known > last]:
            self._streams.pop(stream_id).refuse("going_away")

    def _flush_soon(self) -> None:
        """Write at the end of this turn of the loop, with what others have to say."""
        if self._flushing is None:
            self._flushing = self.loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what is ready."""
        self._flushing = None
        self.refresh_inactivity_timer()
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(self.conn.data_to_send())

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everyone who waits that no answer will come."""
        if self.inactivity_timer:
            self.inactivity_timer.cancel()
        self._is_draining = True
        if not self._heard.is_set():
            self._lost_by = exc or ConnectionResetError("closed without a word")
            self._heard.set()
        self._on_lost(self)
        for stream in self._streams.values():
            stream.lose("connection_lost")
        self._streams.clear()
        self._changed.set()
        self.closed.set()
