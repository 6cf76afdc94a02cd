"""What an offer tries out and when it stops: variants, holdout, conversion, stops."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

from geopush.core.shape import Word, piece, pieces
from geopush.core.wording import MessagePatch, check_patch
from zones import Problem

MOST_VARIANTS = 16
LONGEST_SPAN = timedelta(days=366)

Share = Annotated[float, Meta(ge=0, le=1)]


class Variant(Struct, frozen=True, forbid_unknown_fields=True):
    """One way to say it; its message says what differs."""

    id: Word
    weight: Share
    message: MessagePatch | None = None


class Conversion(Struct, frozen=True, forbid_unknown_fields=True):
    """The event that counts as success, and the property that says how much."""

    event: Word
    within: timedelta
    value: Word | None = None


class Experiment(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is held out, which variants there are, and what success is."""

    holdout: Share = 0.0
    variants: Annotated[tuple[Variant, ...], Meta(max_length=MOST_VARIANTS)] = ()
    conversion: Conversion | None = None


class StopWhen(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing after which an offer is no longer wanted, or its message that waits.

    ``event`` is the kind of a receipt of this offer, or what offers call a conversion.
    """

    event: Word | None = None
    within: timedelta | None = None
    left_zone: bool = False
    conditions_no_longer_hold: bool = False


def check_experiment(raw: object, path: str, problems: list[Problem]) -> None:
    """Note what is impossible in an experiment that reads well."""
    conversion = piece(raw, "conversion", Conversion)
    if conversion is not None:
        _check_span(conversion.within, f"{path}.conversion.within", problems)
    variants = pieces(raw, "variants", Variant)
    seen: set[str] = set()
    for index, one in variants:
        if one.id in seen:
            text = f'"{one.id}" is there twice; each variant needs its own id'
            place = f"{path}.variants[{index}].id"
            problems.append(Problem(place, "duplicate_id", text))
        seen.add(one.id)
    if variants and not any(one.weight > 0 for _, one in variants):
        text = "nobody would get any of these; give one a weight above 0"
        problems.append(Problem(f"{path}.variants", "impossible_weights", text))
    for index, patch in pieces(raw, "variants", dict[str, object])[:MOST_VARIANTS]:
        place = f"{path}.variants[{index}].message"
        check_patch(patch.get("message"), place, problems)


def check_stop(stop: StopWhen, path: str, problems: list[Problem]) -> None:
    """Note a stop that names none or several things, or no possible span."""
    named = (stop.event is not None, stop.left_zone, stop.conditions_no_longer_hold)
    if sum(named) != 1:
        text = 'must name one of "event", "left_zone", "conditions_no_longer_hold"'
        problems.append(Problem(path, "ambiguous_stop", text))
    if stop.within is not None and stop.event is None:
        text = 'goes with "event" only; remove it'
        problems.append(Problem(f"{path}.within", "ambiguous_stop", text))
    elif stop.within is not None:
        _check_span(stop.within, f"{path}.within", problems)


def _check_span(span: timedelta, path: str, problems: list[Problem]) -> None:
    if not timedelta(0) < span <= LONGEST_SPAN:
        text = "must be longer than nothing and at most P366D"
        problems.append(Problem(path, "impossible_duration", text))
