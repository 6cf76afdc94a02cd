"""How often is too often: caps, the windows they count in, the tallies they count."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from geopush.core.schedule import (
    OF_THE_CUSTOMER,
    check_timezone,
    local_time,
    resolve,
)
from zones import Problem

LONGEST_WINDOW = timedelta(days=366)


class Scope(StrEnum):
    """Which messages a cap counts."""

    ALL = auto()
    CATEGORY = auto()
    OFFER = auto()
    OFFER_ZONE = auto()
    ZONE = auto()


class Unit(StrEnum):
    """A stretch of the calendar; a week begins on Monday."""

    DAY = auto()
    WEEK = auto()
    MONTH = auto()


class Window(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Either the last while, or a stretch of the calendar in some time zone."""

    rolling: timedelta | None = None
    calendar: Unit | None = None
    timezone: str = OF_THE_CUSTOMER


class Cap(Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many messages of a scope within a window."""

    scope: Scope
    limit: Annotated[int, Meta(ge=1, le=1000)]
    window: Window


class Subject(Struct, frozen=True, gc=False):
    """What a message would be about, to find the tallies that count against it."""

    offer_id: str
    category: str
    zone_id: str | None


class Tally(Struct, frozen=True, array_like=True, gc=False):
    """One decided message, or one of another tool, as caps remember it."""

    message_id: UUID
    at: datetime
    offer_id: str
    category: str
    zone_id: str | None

    @property
    def is_contact(self) -> bool:
        """Whether another tool sent it; then there is no offer, and no zone."""
        return not self.offer_id

    @staticmethod
    def contact(message_id: UUID, at: datetime, category: str) -> "Tally":
        """Return what caps remember of a message that another tool sent."""
        return Tally(message_id, at, "", category, None)

    @staticmethod
    def about(offer_id: str, category: str, zone_id: str | None) -> Subject:
        """Return what the tallies of a message would be about."""
        return Subject(offer_id, category, zone_id)


# For offers without caps of their own: the same one once a day and never the third of
# a kind or the fourth in all, so that an author who forgets caps annoys nobody.
DEFAULT_CAPS = (
    Cap(Scope.OFFER, 1, Window(rolling=timedelta(hours=24))),
    Cap(Scope.CATEGORY, 2, Window(rolling=timedelta(hours=24))),
    Cap(Scope.ALL, 3, Window(rolling=timedelta(hours=24))),
)

# As long as a stretch can last, and a day for the clock changing and for moving about.
_STRETCH = {
    Unit.DAY: timedelta(days=2),
    Unit.WEEK: timedelta(days=8),
    Unit.MONTH: timedelta(days=32),
}


def count(
    cap: Cap,
    tallies: Sequence[Tally],
    about: Subject,
    now: datetime,
    *,
    customer_tz: str,
    zone_tz: str,
) -> int:
    """Count the tallies within a cap's window; one exactly as old as it is outside."""
    if not tallies:
        return 0
    tz = resolve(cap.window.timezone, zone_tz=zone_tz, customer_tz=customer_tz)
    after = _start(cap.window, now, tz)
    return sum(
        _is_about(tally, cap.scope, about) and tally.at > after for tally in tallies
    )


def longest(windows: Iterable[Window]) -> timedelta:
    """Return how long tallies must be kept to be seen in all these windows."""
    return max(map(_length, windows), default=timedelta(0))


def check_window(window: Window, path: str, problems: list[Problem]) -> None:
    """Note what is impossible in a window that reads well."""
    if (window.rolling is None) is (window.calendar is None):
        text = 'must have either "rolling" such as "PT24H" or "calendar"'
        problems.append(Problem(path, "ambiguous_window", text))
        return
    check_timezone(window.timezone, f"{path}.timezone", problems)
    rolling = window.rolling
    if rolling is not None and not timedelta(0) < rolling <= LONGEST_WINDOW:
        text = "must be longer than nothing and at most P366D"
        problems.append(Problem(f"{path}.rolling", "impossible_duration", text))


def _is_about(tally: Tally, scope: Scope, about: Subject) -> bool:
    match scope:
        case Scope.ALL:
            return True
        case Scope.CATEGORY:
            return tally.category == about.category
        case Scope.OFFER:
            return tally.offer_id == about.offer_id
        case Scope.ZONE:
            return tally.zone_id == about.zone_id and not tally.is_contact
        case Scope.OFFER_ZONE:
            same_zone = tally.zone_id == about.zone_id
            return same_zone and tally.offer_id == about.offer_id


def _start(window: Window, now: datetime, tz: str) -> datetime:
    """The moment after which tallies count."""
    if window.rolling is not None:
        return now - window.rolling
    local = local_time(now, tz)
    unit = window.calendar or Unit.DAY
    if local is None:  # nobody knows when a day begins there: count the longest one
        return now - _STRETCH[unit]
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    # A stretch takes its first instant in, a rolling window leaves it out.
    return _first_day(midnight, unit).astimezone(UTC) - timedelta(microseconds=1)


def _first_day(midnight: datetime, unit: Unit) -> datetime:
    match unit:
        case Unit.DAY:
            return midnight
        case Unit.WEEK:
            return midnight - timedelta(days=midnight.weekday())
        case Unit.MONTH:
            return midnight.replace(day=1)


def _length(window: Window) -> timedelta:
    if window.rolling is not None:
        return window.rolling
    return _STRETCH[window.calendar or Unit.DAY]
