"""The context turns: weather, place and hour of an offer, for those already inside.

An edge is told once, so a context that trembles at its threshold must not turn twice:
what let go below ``off_below`` or above ``off_above`` holds until there, and whatever
turned stays as it is for a while.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from geopush.core.condition import (
    All,
    AnyOf,
    Check,
    Condition,
    Not,
    Values,
    passes,
)
from geopush.core.context import context_values
from geopush.core.occasion import World
from geopush.core.offer import Offer
from geopush.core.ping import CustomerKey
from geopush.core.schedule import runs_at
from geopush.core.stop_when import lenient
from geopush.core.trigger import On, waits_for
from zones import Zone, ZoneId

HOLD = timedelta(minutes=10)  # weather is observed about as often
SEEN_WITHIN = timedelta(minutes=15)  # unless the trigger says how lately
# Unlike context, not the same for all.
CUSTOMER_ROOTS = ("attributes.", "counters.", "customer.")
FIRST = CustomerKey(-1, "")  # before every customer


class Edge(Struct, frozen=True):
    """Whether the context of an offer holds at a zone, and who was told that it does.

    ``after`` is the last customer who was decided about, while it is ``spreading``.
    """

    offer_id: str
    zone_id: ZoneId
    holds: bool
    turned_at: datetime | None = None
    spreading: bool = False
    after: CustomerKey = FIRST


def seen_within(offer: Offer, zone: Zone) -> timedelta | None:
    """How lately somebody inside must have been seen; None if nobody is waited for."""
    spans = [
        SEEN_WITHIN
        if trigger.seen_within_seconds is None
        else timedelta(seconds=trigger.seen_within_seconds)
        for trigger in offer.triggers
        if waits_for(
            trigger,
            On.WHILE_INSIDE,
            zone_id=zone.zone_id,
            group=zone.group,
            tags=zone.tags,
        )
    ]
    return max(spans, default=None)


def turn(
    edge: Edge | None, offer: Offer, zone: Zone, world: World, now: datetime
) -> Edge:
    """What an edge is now; one that was not known before turns for nobody."""
    held = edge is not None and edge.holds
    answer = context_holds(offer, zone, world, now, held=held)
    if edge is None:
        return Edge(offer.offer_id, zone.zone_id, answer is True)
    if answer is None or answer is held:
        return edge
    if edge.turned_at is not None and now - edge.turned_at < HOLD:
        return edge
    return replace(edge, holds=answer, turned_at=now, spreading=answer, after=FIRST)


def context_holds(
    offer: Offer, zone: Zone, world: World, now: datetime, *, held: bool
) -> bool | None:
    """Whether an offer may be for somebody at a zone now; None if that is not known."""
    timezone = zone.timezone or world.timezone
    schedule = offer.schedule  # who is inside a zone keeps its hours
    if schedule is not None and not runs_at(schedule, now, timezone, timezone):
        return False
    if offer.conditions is None:
        return True
    place = zone.area.representative_point
    weather = world.weather.near(place, now, offer.max_weather_age)
    values = context_values(offer, zone, timezone, weather, now)
    may, _ = possible(offer.conditions.condition, values, held)
    return may


Answer = bool | None


def possible(condition: Condition, values: Values, held: bool) -> tuple[Answer, Answer]:
    """Whether a condition may hold for somebody, and whether it may not for somebody.

    None where what is missing decides.
    """
    match condition:
        case Check():
            return _check(condition, values, held)
        case Not(part=part):
            may, may_not = possible(part, values, not held)
            return may_not, may
        case All(parts=parts):
            each = [possible(part, values, held) for part in parts]
            return (
                _decided([may for may, _ in each], by=False),
                _decided([may_not for _, may_not in each], by=True),
            )
        case AnyOf(parts=parts):
            each = [possible(part, values, held) for part in parts]
            return (
                _decided([may for may, _ in each], by=True),
                _decided([may_not for _, may_not in each], by=False),
            )


def _decided(answers: Sequence[Answer], *, by: bool) -> Answer:
    """What several come to, if one such answer decides."""
    if by in answers:
        return by
    return None if None in answers else not by


def _check(check: Check, values: Values, held: bool) -> tuple[Answer, Answer]:
    if check.field.startswith(CUSTOMER_ROOTS):
        return True, True
    seen = values.get(check.field)
    answer = passes(lenient(check) if held else check, seen)
    return answer, None if answer is None else not answer
