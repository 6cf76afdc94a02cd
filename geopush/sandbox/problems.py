"""Refusals of the sandbox's own door, as problem+json."""

import json
import re
from typing import TypeVar

import msgspec
from aiohttp import web

T = TypeVar("T")

_PLACE = re.compile(r"^(?P<text>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)


class Refused(web.HTTPException):
    """The sandbox does not take what it was given."""

    def __init__(self, status: int, code: str, text: str, path: str = "$") -> None:
        self.status_code = status
        problem = {
            "type": f"urn:geopush:problem:{code}",
            "code": code,
            "title": code.replace("_", " ").capitalize(),
            "status": status,
            "detail": text,
            "problems": [{"path": path, "code": code, "text": text}],
        }
        super().__init__(
            text=json.dumps(problem), content_type="application/problem+json"
        )


def decode(body: bytes, kind: type[T]) -> T:
    """Read a body of that kind, or refuse it and say where it is wrong."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        found = _PLACE.match(str(error))
        text = found["text"] if found else str(error)
        path = found["path"] if found else None
        raise Refused(400, "invalid", text, path or "$") from error
