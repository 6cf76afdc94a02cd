"""Lists of what happened, the newest first: from when till when, and the next piece."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from geopush.api.paging import Page, invalid_cursor, read_cursor, write_cursor
from geopush.api.problems import ProblemException
from geopush.store.messages import After

T = TypeVar("T")


def read_after(cursor: str | None) -> After | None:
    """Return the last row of the page before, from its cursor."""
    at, row_id = read_cursor(cursor, 2)
    if cursor is None:
        return None
    try:
        moment = datetime.fromisoformat(at).astimezone(UTC)
        return After(moment, UUID(row_id))
    except (ValueError, OverflowError) as error:
        raise invalid_cursor() from error


def in_utc(moment: datetime | None) -> datetime | None:
    """Return a moment as the database counts; the first and last days do not fit."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise _bad_moment("A time in the address needs an offset, such as Z.")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise _bad_moment("A time in the address is out of range.") from error


def page(
    rows: Sequence[T], limit: int, key_of: Callable[[T], tuple[datetime, UUID]]
) -> Page[T]:
    """Return a piece of a list; ``rows`` has one more than fits if there are more."""
    if len(rows) <= limit:
        return Page(list(rows), None)
    at, row_id = key_of(rows[limit - 1])
    return Page(list(rows[:limit]), write_cursor(at.isoformat(), str(row_id)))


def _bad_moment(detail: str) -> ProblemException:
    return ProblemException("invalid_parameter", 400, detail)
