"""Bodies of pings: JSON, NDJSON and msgpack, decoded in one go where they fit.

Where they do not, each item is looked at on its own, so that one bad ping of a batch
costs no other ping anything.
"""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from geopush.api.problems import ProblemException, placed
from geopush.core.ping import Ping, Refused, RefusedPing
from zones import Problem

MOST_PINGS = 1_000
MOST_BYTES = 1 << 20
JSON = "application/json"
NDJSON = "application/x-ndjson"
MSGPACK = ("application/msgpack", "application/vnd.msgpack")
MEDIA_TYPES = (JSON, NDJSON, *MSGPACK)

Decoded = TypeVar("Decoded")


class PingBatch(Struct, frozen=True):
    """Several pings of one device."""

    pings: Annotated[list[Ping], Meta(max_length=MOST_PINGS)]


class RawBatch(Struct, frozen=True):
    """Several pings that are still to be looked at; one alone has no `pings`."""

    pings: list[Raw] | UnsetType = UNSET


class Pings(Struct, frozen=True, gc=False):
    """The pings of a body with their places in it, and those that did not fit."""

    fitting: tuple[tuple[int, Ping], ...]
    refused: tuple[RefusedPing, ...] = ()


class Format(Struct, frozen=True):
    """How one of the formats is decoded."""

    one: Callable[[bytes | Raw], Ping]
    batch: Callable[[bytes], PingBatch]
    raw: Callable[[bytes], RawBatch]
    mark: bytes


_JSON = Format(
    msgspec.json.Decoder(Ping).decode,
    msgspec.json.Decoder(PingBatch).decode,
    msgspec.json.Decoder(RawBatch).decode,
    b'"pings"',
)
_MSGPACK = Format(
    msgspec.msgpack.Decoder(Ping).decode,
    msgspec.msgpack.Decoder(PingBatch).decode,
    msgspec.msgpack.Decoder(RawBatch).decode,
    b"pings",
)
_lines = msgspec.json.Decoder(Ping).decode_lines
_PLACE = re.compile(r" - at `\$(?P<path>.*)`$")
_MISFIT = (msgspec.ValidationError, msgspec.DecodeError, RecursionError, ValueError)


def read_pings(body: bytes, media_type: str) -> Pings:
    """Decode a body of pings; a body that cannot be read at all is refused whole."""
    if media_type == JSON:
        return _document(body, _JSON)
    kind = media_type.partition(";")[0].strip().lower() or JSON
    if kind == NDJSON:
        return _ndjson(body)
    if kind == JSON:
        return _document(body, _JSON)
    if kind in MSGPACK:
        return _document(body, _MSGPACK)
    raise ProblemException(
        "unsupported_media_type",
        415,
        f"Pings come as {JSON}, {NDJSON} or {MSGPACK[0]}, not as {kind[:80]!r}.",
    )


def _document(body: bytes, form: Format) -> Pings:
    if form.mark not in body:
        return Pings(((0, _whole(form.one, body)),))
    try:
        return Pings(tuple(enumerate(form.batch(body).pings)))
    except _MISFIT:
        items = _whole(form.raw, body).pings
        if isinstance(items, UnsetType):  # the word stood elsewhere in a single ping
            return Pings(((0, _whole(form.one, body)),))
        return _each(items, form.one, "$.pings")


def _ndjson(body: bytes) -> Pings:
    try:
        pings = _lines(body)
    except _MISFIT:
        lines = [line for line in body.splitlines() if line.strip()]
        return _each(lines, _JSON.one, "$")
    _bounded(len(pings))
    return Pings(tuple(enumerate(pings)))


def _each(
    items: Sequence[bytes | Raw], one: Callable[[bytes | Raw], Ping], root: str
) -> Pings:
    _bounded(len(items))
    fitting, refused = [], []
    for index, item in enumerate(items):
        try:
            fitting.append((index, one(item)))
        except _MISFIT as error:
            place = _PLACE.search(str(error))
            path = f"{root}[{index}]{place['path'] if place else ''}"
            refused.append(RefusedPing(index, Refused.INVALID, path))
    return Pings(tuple(fitting), tuple(refused))


def _bounded(count: int) -> None:
    if count > MOST_PINGS:
        detail = f"At most {MOST_PINGS} pings in a request; these are {count}."
        raise ProblemException("too_large", 413, detail)


def _whole(decode: Callable[[bytes], Decoded], body: bytes) -> Decoded:
    """Decode all of a body or refuse it, with the place of the first misfit."""
    try:
        return decode(body)
    except RecursionError:
        problem = Problem("$", "too_deep", "The body is nested too deeply.")
    except msgspec.ValidationError as error:
        problem = placed(str(error))
    except ValueError as error:
        problem = Problem("$", "unreadable", str(error))
    code = "unreadable" if problem.code == "unreadable" else "invalid_body"
    detail = "The body does not fit: see the problems."
    raise ProblemException(code, 400, detail, [problem])
