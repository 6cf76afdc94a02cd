"""Lists of what happened, the newest first: their cursors are a time and an id."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from geopush.api.paging import Page, invalid_cursor, read_cursor, turn
from geopush.store.history import After

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


def page(rows: Sequence[T], limit: int, place: Callable[[T], After]) -> Page[T]:
    """Return a piece of a list; ``rows`` has one more than fits if there are more."""

    def written(row: T) -> tuple[str, str]:
        after = place(row)
        return after.at.isoformat(), str(after.row_id)

    return turn(rows, limit, written)
