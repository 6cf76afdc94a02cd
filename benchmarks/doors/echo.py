"""A bare ASGI app that reads the body and sends it back: what no app can do without."""

from typing import Any


async def _echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    body = (await receive())["body"]
    length = (b"content-length", str(len(body)).encode())
    headers = [(b"content-type", b"application/json"), length]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def build(_: str) -> Any:
    """Return the app."""
    return _echo
