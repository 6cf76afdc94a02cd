"""Bodies: taken within limits, unpacked, decoded; or refused with all faults."""

import asyncio
from typing import TypeVar

import msgspec
from msgspec import Struct

from geopush.api.auth import Asking
from geopush.api.packing import too_large, unpack
from geopush.api.problems import ProblemException, placed
from geopush.core.shape import read
from zones import Problem

T = TypeVar("T")
JSON = ("application/json",)


class Body(Struct, frozen=True):
    """What a route takes; ``kind`` is what its schema says."""

    kind: object
    media_types: tuple[str, ...] = JSON


def takes(kind: object, media_types: tuple[str, ...] = JSON) -> dict[str, Body]:
    """Document the body of a route: give this as its ``opt``."""
    return {"body": Body(kind, media_types)}


async def read_body(
    request: Asking, limit: int, media_types: tuple[str, ...] = JSON
) -> bytes:
    """Return the body unpacked; the limit counts what it unpacks to."""
    media_type = request.content_type[0].lower()
    if media_type not in media_types:
        wanted = " or ".join(media_types)
        raise ProblemException(
            "unsupported_media_type", 415, f"Send the body as {wanted}."
        )
    body, encoding = await read_raw(request, limit), _encoding(request)
    if not encoding:
        return body
    return await asyncio.to_thread(unpack, body, encoding, limit)


async def read_json(request: Asking, wanted: type[T], limit: int) -> T:
    """Return the body as a value, or refuse it with all that is wrong with it."""
    return decode(await read_body(request, limit), wanted)


def decode(body: bytes, wanted: type[T]) -> T:
    """Return JSON as a value, or refuse it with all that is wrong with it."""
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        raise _misfit(body, wanted, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(error) from error


def unreadable(error: Exception) -> ProblemException:
    """Return the problem of bytes that are no JSON."""
    why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    problem = Problem("$", "unreadable", why)
    return ProblemException("unreadable", 400, "The body is not JSON.", [problem])


def _misfit(body: bytes, wanted: type[T], error: Exception) -> ProblemException:
    """Look again, slowly, for everything that does not fit."""
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as worse:
        return unreadable(worse)  # it goes wrong after what did not fit
    problems: list[Problem] = []
    read(raw, wanted, "$", problems)
    if not problems:
        problems = [placed(str(error))]
    detail = "The body does not fit the schema; see the problems."
    return ProblemException("invalid_body", 400, detail, problems)


async def read_raw(request: Asking, limit: int) -> bytes:
    """Return the body as it was sent, up to the limit."""
    pieces, size = [], 0
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large(limit)
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise too_large(limit)
        pieces.append(piece)
    return b"".join(pieces)


def _encoding(request: Asking) -> str:
    return request.headers.get("content-encoding", "").strip().lower()
