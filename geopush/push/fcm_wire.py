"""The wire to Google: what leaves, what comes back, and whether anything has left.

aiohttp connects, keeps connections and reads answers. A message is written to them as
bytes that are ready but for its length: aiohttp's own request, made anew for headers
that never change, would take longer than all else of a send.
"""

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientRequest,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError
from yarl import URL

from geopush.core.message import Transient
from geopush.push.classify import parse_retry_after
from geopush.push.fcm_token import Reply

MOST_CONNECTIONS = 64  # HTTP/1.1 has one request on each at a time


class Progress:
    """Whether a request has left: only then can its fate be in doubt."""

    def __init__(self) -> None:
        self.is_sent = False


class Wire:
    """Connections to Google; make it where an event loop runs.

    ``url`` is where messages go, ``connect`` how long a connection may take.
    """

    def __init__(
        self,
        url: str,
        ca_file: Path | None,
        connect: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        tls = ssl.create_default_context(cafile=ca_file)
        self._connector = TCPConnector(limit=MOST_CONNECTIONS, ssl=tls)
        self._timeout = ClientTimeout(total=None, sock_connect=connect.total_seconds())
        self._session = ClientSession(
            connector=self._connector,
            timeout=self._timeout,
            cookie_jar=DummyCookieJar(),
        )
        self._clock = clock
        # What tells the connector where to, and is never written itself.
        self._target = ClientRequest("POST", URL(url), session=self._session)
        self._head = (
            f"POST {self._target.url.raw_path} HTTP/1.1\r\n"
            f"Host: {self._target.headers['Host']}\r\n"
            "User-Agent: geopush\r\n"
            "Content-Type: application/json\r\n"
        )

    async def post(
        self, body: bytes, authorization: str, progress: Progress
    ) -> Reply | Transient:
        """Write a message and read the answer; ``progress`` is noted on the way."""
        progress.is_sent = False
        try:
            connection = await self._connect()
        except TimeoutError:
            return Transient("connect_timeout", ambiguous=False)
        except ClientConnectorError:
            return Transient("unreachable", ambiguous=False)
        except (ClientError, OSError):
            return Transient("connection_lost", ambiguous=False)
        try:
            reply = await self._exchange(connection, body, authorization, progress)
        except (ClientError, HttpProcessingError, OSError):
            connection.close()
            return Transient("connection_lost", ambiguous=progress.is_sent)
        except BaseException:
            connection.close()  # an answer may come to nobody
            raise
        connection.release()
        return reply

    async def ask(self, url: str, form: Mapping[str, str]) -> Reply | Transient:
        """Post a form; what becomes of it does no harm twice."""
        try:
            async with self._session.post(
                url, data=dict(form), allow_redirects=False
            ) as response:
                wait = response.headers.get("Retry-After")
                return self._reply(response.status, await response.read(), wait)
        except ClientConnectorError:
            return Transient("unreachable", ambiguous=False)
        except TimeoutError:
            return Transient("connect_timeout", ambiguous=False)
        except (ClientError, OSError):
            return Transient("connection_lost", ambiguous=False)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _connect(self) -> Connection:
        return await self._connector.connect(self._target, [], self._timeout)

    async def _exchange(
        self, connection: Connection, body: bytes, authorization: str, noted: Progress
    ) -> Reply:
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None:
            raise ConnectionResetError
        protocol.set_response_params(read_until_eof=True)
        head = (
            f"{self._head}Authorization: {authorization}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        noted.is_sent = True
        transport.write(head.encode("latin-1") + body)
        answer, content = await protocol.read()
        while answer.code < 200:  # an interim answer; the real one follows
            answer, content = await protocol.read()
        wait = answer.headers.get("Retry-After")
        return self._reply(answer.code, await content.read(), wait)

    def _reply(self, status: int, body: bytes, wait: str | None) -> Reply:
        after = None if wait is None else parse_retry_after(wait, self._clock())
        return Reply(status, body, after)
