"""The front: a plain ASGI app that serves the hot route itself, all else is Litestar's.

Litestar's ordinary way to a handler costs several times what a ping does.
"""

from functools import lru_cache

from litestar.types import ASGIApp, Receive, Scope, Send

from geopush.api.packing import too_large
from geopush.api.ping_bodies import MOST_BYTES
from geopush.api.ping_door import HEADERS, PATH, Pairs, PingDoor, refused

_ASKED = {name.encode(): name for name in HEADERS}


class Front:
    """Serves ``POST /v1/pings``; hands every other request on."""

    def __init__(self, door: PingDoor, rest: ASGIApp) -> None:
        self._door = door
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let Litestar answer it."""
        if scope.get("path") != PATH or scope.get("method") != "POST":
            await self._rest(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            reply = refused(too_large(MOST_BYTES))
        else:
            headers = {
                _ASKED[name]: value.decode("latin-1")
                for name, value in scope["headers"]
                if name in _ASKED
            }
            reply = await self._door.answer(headers, body)
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": _sent(reply.headers, len(reply.body)),
            }
        )
        await send(
            {"type": "http.response.body", "body": reply.body, "more_body": False}
        )


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or nothing if it is larger than any that is taken."""
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return b"".join(parts)
        parts.append(event["body"])
        size += len(parts[-1])
        if size > MOST_BYTES:
            return None
        if not event.get("more_body", False):
            return b"".join(parts) if len(parts) > 1 else parts[0]


@lru_cache(maxsize=1_024)
def _sent(headers: Pairs, length: int) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of an answer as they are sent."""
    named = [*headers, ("content-length", str(length))]
    return tuple((name.lower().encode(), value.encode()) for name, value in named)
