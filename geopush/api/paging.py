"""Lists in pieces: how much at a time, from where on, and from when till when."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeAlias, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import Struct

from geopush.api.problems import ProblemException
from zones import Problem

T = TypeVar("T")

Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=1000)]
Cursor: TypeAlias = Annotated[str | None, QueryParameter(max_length=1024)]
Moment: TypeAlias = Annotated[datetime | None, QueryParameter()]
COMMON = 100  # things in one answer, unless asked otherwise

_decoder = msgspec.msgpack.Decoder(list[str])


class Page(Struct, Generic[T]):
    """A piece of a list, and the cursor that asks for the next one."""

    items: list[T]
    next_cursor: str | None


class Span(Struct, frozen=True):
    """From when till when, the end not included."""

    since: datetime | None
    until: datetime | None


def read_span(since: Moment = None, until: Moment = None) -> Span:
    """Read a span of time from the address."""
    return Span(_in_utc("since", since), _in_utc("until", until))


def turn(
    found: Sequence[T], limit: int, place: Callable[[T], tuple[str, ...]]
) -> Page[T]:
    """Make a page of what was found, one more than fits if there is a next page."""
    items = list(found[:limit])
    more = len(found) > limit
    return Page(items, write_cursor(*place(items[-1])) if more else None)


def write_cursor(*after: str) -> str:
    """Return where to go on, as text that says nothing to others."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(after)).decode()


def read_cursor(cursor: str | None, length: int) -> tuple[str, ...]:
    """Return where to go on: as many texts as were written, empty at the start."""
    if cursor is None:
        return ("",) * length
    try:
        packed = base64.b64decode(cursor, b"-_", validate=True)
        after = _decoder.decode(packed)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise invalid_cursor() from error
    if len(after) != length or any("\0" in one for one in after):
        raise invalid_cursor()
    return tuple(after)


def _in_utc(name: str, moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except OverflowError:
        pass
    text = "A time has an offset, such as 2026-05-01T12:00:00Z."
    raise ProblemException(
        "invalid_parameter", 400, text, [Problem(name, "wrong_type", text)]
    )


def invalid_cursor() -> ProblemException:
    """Return the problem of a cursor that is not one of ours."""
    detail = "Send next_cursor of an earlier answer as it was, or none."
    return ProblemException("invalid_cursor", 400, detail)
