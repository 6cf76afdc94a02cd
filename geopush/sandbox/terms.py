"""What an offer promises, read plainly from its document, to hold geopush to it.

Nothing here is shared with the service: whoever checks the books counts by themselves.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct

NEW_YORK = "America/New_York"


class Window(Struct, frozen=True):
    """The time in which messages are counted: the last while, or since a midnight."""

    rolling: timedelta | None = None
    calendar: str | None = None
    timezone: str = "customer"


class Cap(Struct, frozen=True):
    """At most so many messages of a scope within a window."""

    scope: str
    limit: int
    window: Window


class Selector(Struct, frozen=True):
    """Which zones: one entry of each list that is there."""

    tags: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None


class Occasion(Struct, frozen=True):
    """Which transitions at which zones an offer waits for."""

    on: tuple[str, ...] = ()
    zones: Selector = Selector()


class Occasions(Struct, frozen=True):
    """Several occasions, each of which will do."""

    any: Annotated[tuple[Occasion, ...], Meta(min_length=1)]


class Terms(Struct, frozen=True):
    """What the books need to know of an offer."""

    offer_id: str
    name: str
    category: str
    trigger: Occasions
    conditions: dict[str, object] | None = None
    caps: tuple[Cap, ...] = ()

    @property
    def purpose(self) -> str:
        """The consent that it needs."""
        return "push_service" if self.category == "service" else "push_marketing"


class Told(Struct, frozen=True):
    """One message somebody was to get: when, of which offer, and where."""

    at: datetime
    offer_id: str
    category: str
    zone_id: str | None


def read_terms(documents: Mapping[str, msgspec.Raw]) -> dict[str, Terms]:
    """Read what each offer promises."""
    return {
        offer_id: msgspec.json.decode(document, type=Terms)
        for offer_id, document in documents.items()
    }


def waits_for(
    terms: Terms, kind: str, zone_id: str, group: str, tags: Sequence[str]
) -> bool:
    """Whether a transition at a zone is an occasion for the offer."""
    return any(
        kind in one.on
        and (one.zones.ids is None or zone_id in one.zones.ids)
        and (one.zones.groups is None or group in one.zones.groups)
        and (one.zones.tags is None or not set(tags).isdisjoint(one.zones.tags))
        for one in terms.trigger.any
    )


def fills(cap: Cap, before: Sequence[Told], one: Told, timezone: str) -> bool:
    """Whether the messages before one had used up the cap."""
    counted = [
        other
        for other in before
        if _is_counted(cap.scope, other, one)
        and _is_within(cap.window, other.at, one.at, timezone)
    ]
    return len(counted) >= cap.limit


def is_between(start: str, end: str, at: datetime, timezone: str) -> bool:
    """Whether the clocks there show a time of day from start up to the end."""
    shown = at.astimezone(_place(timezone)).strftime("%H:%M")
    if start < end:
        return start <= shown < end
    return shown >= start or shown < end


def holds(condition: object, seen: Mapping[str, object]) -> bool | None:
    """Whether a condition holds by what is seen; None where that does not tell."""
    if not isinstance(condition, dict) or not condition:
        return None
    word, value = next(iter(condition.items()))
    if word == "not":
        answer = holds(value, seen)
        return None if answer is None else not answer
    if isinstance(value, list):
        return _together([holds(one, seen) for one in value], word == "any")
    if word not in seen or not isinstance(value, dict):
        return None
    answers = [_passes(op, seen[word], than) for op, than in value.items()]
    return _together(answers, False)


def asks_for_weather(condition: object) -> bool:
    """Whether the weather is mentioned anywhere in a condition."""
    return b'"weather.' in msgspec.json.encode(condition)


def _is_counted(scope: str, other: Told, one: Told) -> bool:
    same_offer = other.offer_id == one.offer_id
    same_zone = other.zone_id == one.zone_id
    return {
        "all": True,
        "category": other.category == one.category,
        "offer": same_offer,
        "zone": same_zone,
        "offer_zone": same_offer and same_zone,
    }[scope]


def _is_within(window: Window, earlier: datetime, at: datetime, timezone: str) -> bool:
    if window.rolling is not None:
        return at - earlier < window.rolling
    named = {"customer": timezone, "zone": NEW_YORK}.get(
        window.timezone, window.timezone
    )
    return _stretch(window, earlier, named) == _stretch(window, at, named)


def _stretch(window: Window, at: datetime, timezone: str) -> tuple[int, ...]:
    """The day, week or month of the calendar there."""
    local = at.astimezone(_place(timezone))
    if window.calendar == "week":
        return tuple(local.isocalendar()[:2])
    if window.calendar == "month":
        return local.year, local.month
    return local.year, local.month, local.day


def _together(answers: Sequence[bool | None], decisive: bool) -> bool | None:
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def _passes(operator: str, seen: object, than: object) -> bool | None:
    if operator == "eq":
        return seen == than
    if operator == "in" and isinstance(than, list):
        return seen in than
    if not isinstance(seen, int | float) or not isinstance(than, int | float):
        return None
    match operator:
        case "gt":
            return seen > than
        case "gte":
            return seen >= than
        case "lt":
            return seen < than
        case "lte":
            return seen <= than
        case _:  # where a condition lets go again does not say whether it holds
            return True if operator == "off_below" else None


@cache
def _place(timezone: str) -> ZoneInfo:
    return ZoneInfo(timezone)
