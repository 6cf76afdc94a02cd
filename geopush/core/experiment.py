"""What an offer tries out and when it stops: variants, holdout, conversion, stops.

Who is in which arm is a keyed hash of customer and offer, so it needs no row, is the
same in every process, and nobody outside can work it out.
"""

import math
from datetime import timedelta
from hashlib import blake2b
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


class Arm(Struct, frozen=True):
    """The part of an experiment that a customer is in, for good."""

    variant: str | None = None
    held_out: bool = False


NO_ARM = Arm()


class StopWhen(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing after which an offer is no longer wanted, or its message that waits.

    ``event`` is the kind of a receipt of this offer, or what offers call a conversion.
    """

    event: Word | None = None
    within: timedelta | None = None
    left_zone: bool = False
    conditions_no_longer_hold: bool = False


def arm_of(
    experiment: Experiment | None, offer_id: str, customer_id: str, key: bytes
) -> Arm:
    """Say in which arm a customer is.

    Shares hold in proportion. Whoever is in an arm whose share grows stays in it, and
    who leaves one whose share shrinks spreads over the others: nobody else moves.
    """
    if experiment is None:
        return NO_ARM
    about = f"{offer_id}\n{customer_id}\n"
    if _draw(about + "holdout", key) < experiment.holdout:
        return Arm(held_out=True)
    times = [
        (-math.log(_draw(f"{about}variant\n{one.id}", key)) / one.weight, one.id)
        for one in experiment.variants
        if one.weight > 0
    ]
    return Arm(min(times)[1]) if times else NO_ARM


def _draw(text: str, key: bytes) -> float:
    """A number above 0 and below 1 that depends on nothing but text and key."""
    digest = blake2b(text.encode(), key=key[:64], digest_size=6).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**48


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


def check_leaving(raw: object, problems: list[Problem], *, waited_for: bool) -> None:
    """Note a stop that comes with the very thing that is waited for."""
    for index, stop in pieces(raw, "stop_when", StopWhen):
        if stop.left_zone and waited_for:
            text = 'stops whatever waits for "exit"; remove one of them'
            place = f"$.stop_when[{index}].left_zone"
            problems.append(Problem(place, "impossible_stop", text))


def _check_span(span: timedelta, path: str, problems: list[Problem]) -> None:
    if not timedelta(0) < span <= LONGEST_SPAN:
        text = "must be longer than nothing and at most P366D"
        problems.append(Problem(path, "impossible_duration", text))
