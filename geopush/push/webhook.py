"""The way to webhooks: one POST, to an address that was looked at before connecting."""

import socket
from collections.abc import Mapping
from datetime import timedelta

from aiohttp import (
    AddrInfoType,
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver

from geopush.core.reach import is_public
from geopush.core.webhook import Answer

MOST_CONNECTIONS = 32
CONNECT_SECONDS = 5.0
SEND_SECONDS = 15.0  # connecting included, whatever the other side does
_MOST_HEADER = 8_192  # bytes of one line of an answer; its body is never read


class _Forbidden(OSError):
    """The address is not one that others may have us connect to."""


class WebhookSender:
    """Posts events; make it where an event loop runs.

    ``private`` allows addresses of our own net. A name is looked up once, by
    ``resolver`` if there is one, and each address is judged at the moment in which its
    socket is made, so that no other can take its place.
    """

    def __init__(
        self,
        *,
        private: bool = False,
        resolver: AbstractResolver | None = None,
        seconds: float = SEND_SECONDS,
    ) -> None:
        self._private = private
        connector = TCPConnector(
            limit=MOST_CONNECTIONS,
            use_dns_cache=False,
            resolver=resolver,
            socket_factory=self._open,
        )
        self._session = ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=seconds, connect=CONNECT_SECONDS),
            headers={"User-Agent": "geopush"},
            trust_env=False,
            max_line_size=_MOST_HEADER,
            max_field_size=_MOST_HEADER,
        )

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once; only the status and Retry-After of the answer are looked at."""
        kind = {"Content-Type": "application/cloudevents+json"}
        try:
            async with self._session.post(
                url, data=body, headers={**headers, **kind}, allow_redirects=False
            ) as response:
                wait = response.headers.get("Retry-After", "")
                return Answer(response.status, retry_after=_seconds(wait))
        except TimeoutError:
            return Answer(reason="timeout")
        except (ClientError, OSError, ValueError) as error:
            return Answer(reason=_why(error))

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    def _open(self, address: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, where = address
        if not self._private and not is_public(str(where[0])):
            raise _Forbidden("the address is not on the public net")
        made = socket.socket(family=family, type=kind, proto=protocol)
        made.setblocking(False)
        return made


def _seconds(text: str) -> timedelta | None:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        return None
    return timedelta(seconds=int(text))


def _why(error: BaseException) -> str:
    below: BaseException | None = error
    while below is not None:
        if isinstance(below, _Forbidden):
            return "address_not_allowed"
        below = below.__cause__
    return "no_connection" if isinstance(error, OSError) else "no_answer"
