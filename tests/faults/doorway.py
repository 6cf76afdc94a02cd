"""A way to the stand-in for Apple, whose certificate may come to its end."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from geopush.sandbox import Sandbox
from geopush.sandbox.apns import server_tls
from geopush.sandbox.certificates import VALID, make_papers

PIECE = 65_536


class Doorway:
    """Hands bytes on to the stand-in, or to somebody whose certificate is over."""

    def __init__(self, street: Sandbox, folder: Path) -> None:
        over = datetime.now(UTC) - VALID - timedelta(days=1)
        self._expired = make_papers(folder / "expired", over)
        self._good_port = urlsplit(street.apns_url).port
        self._bad_port = 0
        self._is_expired = False
        self._lines: set[asyncio.StreamWriter] = set()
        self._handing_on: set[asyncio.Task[None]] = set()
        self.url = ""
        self.ca_file = folder / "both.pem"
        both = street.ca_file.read_bytes() + self._expired.ca_file.read_bytes()
        self.ca_file.write_bytes(both)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen until left."""
        bad = await asyncio.start_server(
            _hang_up, "127.0.0.1", 0, ssl=server_tls(self._expired)
        )
        door = await asyncio.start_server(self._enter, "127.0.0.1", 0)
        self._bad_port = bad.sockets[0].getsockname()[1]
        self.url = f"https://127.0.0.1:{door.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            door.close()
            bad.close()
            self._cut()
            await asyncio.gather(*self._handing_on)

    def expire(self, is_expired: bool) -> None:
        """Let the certificate be over, or good again; who is connected is cut off."""
        self._is_expired = is_expired
        self._cut()

    def _cut(self) -> None:
        for line in self._lines:
            line.transport.abort()

    async def _enter(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        port = self._bad_port if self._is_expired else self._good_port
        there, back = await asyncio.open_connection("127.0.0.1", port)
        for source, sink in ((reader, back), (there, writer)):
            self._lines.add(sink)
            task = asyncio.create_task(self._hand_on(source, sink))
            self._handing_on.add(task)
            task.add_done_callback(self._handing_on.discard)

    async def _hand_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(PIECE):
                sink.write(piece)
                await sink.drain()
        self._lines.discard(sink)
        with suppress(OSError, ssl.SSLError):
            sink.close()
            await sink.wait_closed()


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
