"""What an offer waits for: transitions at zones, an event, or an answer."""

from collections.abc import Collection
from enum import StrEnum, auto
from typing import Annotated

from msgspec import Meta, Struct

from geopush.core.shape import Word, read
from zones import Problem

Words = Annotated[tuple[Word, ...], Meta(min_length=1, max_length=200)]


class On(StrEnum):
    """What can be waited for at a zone."""

    ENTER = auto()
    DWELL = auto()
    EXIT = auto()
    APPROACH = auto()
    WHILE_INSIDE = auto()


class Selector(Struct, frozen=True, forbid_unknown_fields=True):
    """Which zones: one entry of each list that is there; all zones if none is."""

    tags: Words | None = None
    ids: Words | None = None
    groups: Words | None = None


class AnswerTo(Struct, frozen=True, forbid_unknown_fields=True):
    """A button of another offer's message that is tapped as an answer."""

    offer: Word
    button: Word


class Trigger(Struct, frozen=True, forbid_unknown_fields=True):
    """One occasion an offer waits for: transitions at zones, an event, an answer."""

    on: Annotated[tuple[On, ...], Meta(min_length=1, max_length=8)] | None = None
    zones: Selector = Selector()
    seen_within_seconds: Annotated[int, Meta(ge=1, le=604_800)] | None = None
    event: Word | None = None
    answer: AnswerTo | None = None


class AnyTrigger(Struct, frozen=True, forbid_unknown_fields=True):
    """Several occasions, each of which will do."""

    any: Annotated[tuple[Trigger, ...], Meta(min_length=1, max_length=16)]


def waits_for(
    trigger: Trigger,
    kind: str,
    *,
    zone_id: str,
    group: str | None,
    tags: Collection[str],
) -> bool:
    """Say whether a transition of a kind at a zone is what a trigger waits for."""
    chosen = trigger.zones
    return (
        trigger.on is not None
        and kind in trigger.on
        and (chosen.ids is None or zone_id in chosen.ids)
        and (chosen.groups is None or group in chosen.groups)
        and (chosen.tags is None or any(tag in tags for tag in chosen.tags))
    )


def read_triggers(
    raw: object, path: str, problems: list[Problem]
) -> tuple[Trigger, ...]:
    """Return the occasions of an offer, or none with their problems noted."""
    if not isinstance(raw, dict) or "any" not in raw:
        single = read(raw, Trigger, path, problems)
        if single is None:
            return ()
        _check(single, path, problems)
        return (single,)
    several = read(raw, AnyTrigger, path, problems)
    if several is None:
        return ()
    for index, trigger in enumerate(several.any):
        _check(trigger, f"{path}.any[{index}]", problems)
    return several.any


def _check(trigger: Trigger, path: str, problems: list[Problem]) -> None:
    if [trigger.on, trigger.event, trigger.answer].count(None) != 2:
        text = 'must have either "on" or "event" or "answer"'
        problems.append(Problem(path, "ambiguous_trigger", text))
    waits_inside = On.WHILE_INSIDE in (trigger.on or ())
    if trigger.seen_within_seconds is not None and not waits_inside:
        place = f"{path}.seen_within_seconds"
        text = 'goes with "while_inside" only; remove it'
        problems.append(Problem(place, "ambiguous_trigger", text))
    if trigger.on is None and trigger.zones != Selector():
        text = 'goes with "on" only; remove it'
        problems.append(Problem(f"{path}.zones", "ambiguous_trigger", text))
