"""A small HTTP/2 client that shows every frame, and breaks rules when told to."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Self, TypeVar
from urllib.parse import urlsplit

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    WindowUpdated,
)
from h2.settings import SettingCodes

from tests.waiting import PATIENCE

E = TypeVar("E", bound=Event)


class H2Client:
    """One connection; ``events`` is all that was heard."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.conn = H2Connection(H2Configuration(True, "utf-8"))
        self.events: list[Event] = []
        self.closed = False
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(
        cls, url: str, trust: ssl.SSLContext, window: int | None = None
    ) -> Self:
        """Connect and greet; ``window`` is what a stream may send us unasked."""
        place = urlsplit(url)
        client = cls(
            *await asyncio.open_connection(place.hostname, place.port, ssl=trust)
        )
        if window is not None:
            client.conn.local_settings[SettingCodes.INITIAL_WINDOW_SIZE] = window
            client.conn.local_settings.acknowledge()
        client.conn.initiate_connection()
        await client.flush()
        return client

    def ask(self, path: str, headers: Mapping[str, str], body: bytes | None) -> int:
        """Write a request down, not yet sent; without a body it stays open."""
        stream_id = self.conn.get_next_available_stream_id()
        start = [(":method", "POST"), (":scheme", "https"), (":path", path)]
        names = [*start, (":authority", "localhost"), *headers.items()]
        self.conn.send_headers(stream_id, names)
        if body is not None:
            self.conn.send_data(stream_id, body, end_stream=True)
        return stream_id

    async def flush(self) -> None:
        """Send what is written down."""
        self._writer.write(self.conn.data_to_send())
        await self._writer.drain()

    async def hear(
        self, kind: type[E], fits: Callable[[E], bool] = lambda _: True
    ) -> E:
        """Return the first such event, waiting for it if need be."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for event in self.events:
                    if isinstance(event, kind) and fits(event):
                        return event
                assert not self.closed, f"closed before {kind.__name__}"
                await self._read()

    async def answer(self, stream_id: int) -> tuple[int, bytes]:
        """Return status and body of an answer once it has ended."""
        await self.hear(StreamEnded, lambda e: e.stream_id == stream_id)
        head = await self.hear(ResponseReceived, lambda e: e.stream_id == stream_id)
        pieces = [e.data for e in self.data() if e.stream_id == stream_id]
        headers = {str(name): str(value) for name, value in head.headers}
        return int(headers[":status"]), b"".join(pieces)

    async def answers(self, *stream_ids: int) -> list[int]:
        """Return the statuses of several answers."""
        return [(await self.answer(stream_id))[0] for stream_id in stream_ids]

    def data(self) -> list[DataReceived]:
        """List the pieces of bodies heard so far."""
        return [event for event in self.events if isinstance(event, DataReceived)]

    async def until_closed(self) -> None:
        """Wait until the other side hangs up."""
        async with asyncio.timeout(PATIENCE):
            while not self.closed:
                await self._read()

    async def send_body(self, stream_id: int, body: bytes) -> None:
        """Send a body as the other side's windows allow, waiting for more room."""
        while body:
            room = self.conn.local_flow_control_window(stream_id)
            room = min(room, self.conn.max_outbound_frame_size, len(body))
            if room == 0:
                self.events.clear()
                await self.hear(WindowUpdated)
                continue
            piece, body = body[:room], body[room:]
            self.conn.send_data(stream_id, piece, end_stream=not body)
            await self.flush()

    async def streams_allowed(self, streams: int) -> None:
        """Wait until the other side allows so many streams."""
        code = SettingCodes.MAX_CONCURRENT_STREAMS
        await self.hear(
            RemoteSettingsChanged,
            lambda e: (
                code in e.changed_settings
                and e.changed_settings[code].new_value == streams
            ),
        )

    async def say_goodbye(self) -> None:
        """Send a GOAWAY, and still listen."""
        self.conn.close_connection()
        self.conn.state_machine.state = ConnectionState.CLIENT_OPEN
        await self.flush()

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def _read(self) -> None:
        try:
            data = await self._reader.read(65536)
        except ConnectionError:
            data = b""
        self.closed = not data
        heard = self.conn.receive_data(data) if data else []
        self.events += heard
        if any(isinstance(event, ConnectionTerminated) for event in heard):
            # h2 would hear nothing after a GOAWAY, though answers may still come
            self.conn.state_machine.state = ConnectionState.CLIENT_OPEN
        if self.closed:
            self._writer.close()
        else:
            await self.flush()
