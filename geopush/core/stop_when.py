"""Stops: after what an offer is not wanted any more, though it was waited for.

They are asked when it is decided, and once more before its message leaves.
"""

from msgspec.structs import replace

from geopush.core.condition import All, AnyOf, Check, Condition, Not, Operator
from geopush.core.decision import Facts, Gate, Reason
from geopush.core.experiment import StopWhen
from geopush.core.offer import Offer
from geopush.core.rule import compile_rule
from geopush.core.schedule import runs_at

LEFT_ZONE = "left_zone"
NO_LONGER = "conditions_no_longer_hold"


def stops(offer: Offer, facts: Facts) -> Gate:
    """Whether none of the offer's stops has come; its conditions are asked apart."""
    if not offer.stop_when:
        return Gate("stop_when")
    met = next((one for one in offer.stop_when if is_met(one, offer, facts)), None)
    if met is None:
        return Gate("stop_when", len(offer.stop_when))
    return Gate("stop_when", met.event or LEFT_ZONE, None, Reason.STOPPED)


def stopped(offer: Offer, facts: Facts) -> str | None:
    """Which stop has come to a message that is about to leave.

    What let go below ``off_below`` or above ``off_above`` holds until there. What is
    not known does not hold.
    """
    for stop in offer.stop_when:
        if stop.conditions_no_longer_hold and not _still_holds(offer, facts):
            return NO_LONGER
        if is_met(stop, offer, facts):
            return "stop_event" if stop.event else LEFT_ZONE
    return None


def is_met(stop: StopWhen, offer: Offer, facts: Facts) -> bool:
    """Whether the device has left the zone, or the event was reported lately enough."""
    if stop.left_zone:
        where, zone_id = facts.where, facts.zone.zone_id
        return zone_id not in where.presences and zone_id not in where.approaches
    return stop.event is not None and any(
        one.event == stop.event
        and one.offer_id in (None, offer.offer_id)
        and (stop.within is None or one.at > facts.now - stop.within)
        for one in facts.reports
    )


def _still_holds(offer: Offer, facts: Facts) -> bool:
    schedule = offer.schedule
    if schedule is not None and not runs_at(
        schedule, facts.now, facts.zone_timezone, facts.device.timezone
    ):
        return False
    if offer.conditions is None:
        return True
    still = compile_rule(holding_on(offer.conditions.condition))
    return still.holds(facts.values) is True


def holding_on(condition: Condition, held: bool = True) -> Condition:
    """Return a condition as it holds on to what it held; what it did not, as it is."""
    match condition:
        case Check():
            return lenient(condition) if held else condition
        case Not(part=part):
            return Not(holding_on(part, not held))
        case All(parts=parts) | AnyOf(parts=parts):
            each = tuple(holding_on(part, held) for part in parts)
            return replace(condition, parts=each)


def lenient(check: Check) -> Check:
    """Return a check that lets go only where it says so."""
    if check.off is None:
        return check
    rises = check.operator in (Operator.GTE, Operator.GT)
    operator = Operator.GTE if rises else Operator.LTE
    return Check(check.field, operator, check.off)
