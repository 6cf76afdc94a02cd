"""Which connection a request to Apple goes over: one, until its streams run out."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from ssl import SSLCertVerificationError, SSLContext, SSLError
from urllib.parse import urlsplit

from msgspec.structs import replace

from geopush import log
from geopush.core.message import AuthFailed, Transient
from geopush.push.apns_certificate import Paper, presented
from geopush.push.apns_protocol import AppleConnection
from geopush.push.apns_refusal import read_refusal

MOST_CONNECTIONS = 4  # of up to about 1,000 streams; many look like an attack to Apple
FAREWELL = timedelta(seconds=1)  # for a connection to close before it is cut


class Connections:
    """The connections to one of Apple's two environments."""

    def __init__(
        self, url: str, tls: SSLContext, deadline: timedelta, ours: Paper | None = None
    ) -> None:
        """``deadline`` is for connecting, the handshake included.

        ``ours`` is the certificate that ``tls`` shows, if it shows any.
        """
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or 443
        self._authority = parts.netloc
        self._tls = tls
        self._deadline = deadline.total_seconds()
        self._connections: list[AppleConnection] = []
        self._dialing: asyncio.Task[None] | None = None
        self._ours = ours
        self._theirs: Paper | None = None

    async def acquire(self) -> AppleConnection:
        """Return the connection with the fewest requests; connect if there is none.

        Everybody who needs a connection waits for the same attempt. It raises OSError
        or TimeoutError when it fails.
        """
        best = self._least_busy()
        if best is None:
            await self._connected()
            best = self._least_busy()
        if best is None:
            raise ConnectionResetError("closed as soon as it was open")
        if best.is_saturated and len(self._connections) < MOST_CONNECTIONS:
            self._dial()
        return best

    def refusal(self, error: OSError) -> AuthFailed | Transient:
        """Say what kept us from connecting, and of a certificate which one it is."""
        outcome = read_refusal(error)
        whose = self._ours if isinstance(outcome, AuthFailed) else None
        if isinstance(error, SSLCertVerificationError):
            whose = self._theirs
        return replace(outcome, detail=str(whose or ""))

    def all(self) -> list[AppleConnection]:
        """List those that are up."""
        return list(self._connections)

    async def close(self) -> None:
        """Close them all and wait until they are gone."""
        if self._dialing is not None:
            self._dialing.cancel()
            await asyncio.wait([self._dialing])
        for connection in list(self._connections):
            await _close(connection)

    def _least_busy(self) -> AppleConnection | None:
        usable = (known for known in self._connections if known.is_open)
        return min(usable, key=lambda known: known.load, default=None)

    async def _connected(self) -> None:
        attempt = self._dial()
        await asyncio.wait([attempt])  # goes on for the others if we are cancelled
        if attempt.cancelled():
            raise ConnectionAbortedError("closed while connecting")
        attempt.result()

    def _dial(self) -> asyncio.Task[None]:
        if self._dialing is None:
            self._dialing = asyncio.create_task(self._connect())
            self._dialing.add_done_callback(self._dialed)
        return self._dialing

    def _dialed(self, task: asyncio.Task[None]) -> None:
        self._dialing = None
        if task.cancelled():
            return
        error = task.exception()  # whoever waits is told; a spare one is no loss
        if isinstance(error, SSLError):
            why = self.refusal(error)
            log.warning(
                "apns.tls_refused", error, reason=why.reason, certificate=why.detail
            )

    async def _connect(self) -> None:
        try:
            await self._open()
        except SSLCertVerificationError:
            self._theirs = await self._presented()
            raise

    async def _presented(self) -> Paper | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._deadline):
                return await presented(self._host, self._port)
        return None

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._deadline):
            _, connection = await loop.create_connection(
                lambda: AppleConnection(self._authority, self._forget),
                self._host,
                self._port,
                ssl=self._tls,
            )
            await connection.greeting()
        if not connection.closed.is_set():
            self._connections.append(connection)

    def _forget(self, connection: AppleConnection) -> None:
        with suppress(ValueError):  # lost before it was ever listed
            self._connections.remove(connection)


async def _close(connection: AppleConnection) -> None:
    connection.close()
    try:
        async with asyncio.timeout(FAREWELL.total_seconds()):
            await connection.closed.wait()
    except TimeoutError:
        connection.abort()
        await connection.closed.wait()
