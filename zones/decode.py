"""From bytes to plain values, or to the one problem that makes them unreadable."""

import json

import msgspec

from zones.errors import Code, Problem
from zones.limits import Limits

# How many of these an upload of so many vertices can need, all else included.
MARKS_PER_VERTEX = {b"[": 3, b"{": 1, b",": 6}
SPARE_MARKS = 200_000


def decode(body: bytes, limits: Limits) -> tuple[object, Problem | None]:
    """Return the JSON value and what is wrong with the bytes; never raise.

    NaN and numbers without end are no JSON, but are read all the same, so that their
    place can be named.
    """
    heavy = _too_heavy(body, limits)
    if heavy is not None:
        return None, heavy
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(body), None
    except RecursionError:
        return None, Problem("$", Code.UNREADABLE, "The JSON is nested too deeply.")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        text = f"This is not JSON: {error}."
        return _decode_leniently(body), Problem("$", Code.UNREADABLE, text)


def _too_heavy(body: bytes, limits: Limits) -> Problem | None:
    """Refuse what would unpack to gigabytes before it is unpacked."""
    most = limits.bytes_per_upload
    if len(body) > most:
        text = f"The upload has {len(body)} bytes; at most {most} are taken."
        return Problem("$", Code.TOO_LARGE, text, suggestion="Upload it in parts.")
    if any(
        body.count(mark) > each * limits.vertices_per_upload + SPARE_MARKS
        for mark, each in MARKS_PER_VERTEX.items()
    ):
        text = "The upload has more values than its limit of vertices can need."
        return Problem("$", Code.TOO_LARGE, text, suggestion="Upload it in parts.")
    return None


def _decode_leniently(body: bytes) -> object:
    try:
        value: object = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return value
