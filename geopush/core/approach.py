"""Who comes near: zones that say how near, told once until somebody was surely away.

The far side has the same margin and takes as many fixes as leaving a zone does, so that
who waits at the rim does not come near again and again.
"""

from collections.abc import Collection, Mapping
from uuid import uuid5

from geopush.core.presence import (
    ASSUMED_ACCURACY,
    EXIT_CONFIRMATIONS,
    MIN_CONFIDENCE,
    MOST_ACCURACY,
    NAMESPACE,
    WORST_ACCURACY,
    Approach,
    Fix,
    Kind,
    Transition,
    margin,
)
from zones import Nearness, Zone, ZoneId


def draw_near(
    approaches: Mapping[ZoneId, Approach],
    fix: Fix,
    near: Mapping[ZoneId, Nearness],
    zones: Mapping[ZoneId, Zone],
    inside: Collection[ZoneId],
    whose: str,
) -> tuple[dict[ZoneId, Approach], list[Transition]]:
    """Which zones a device is near after a fix, and which it has just come near to.

    ``near`` holds the zones in whose approach the place is and those in ``approaches``.
    Who is inside is near, and is not told so.
    """
    after: dict[ZoneId, Approach] = {}
    told: list[Transition] = []
    accuracy = fix.accuracy or ASSUMED_ACCURACY
    for zone_id, distance in sorted(near.items()):
        zone = zones.get(zone_id)
        if zone is None or zone.approach_meters is None:
            continue
        known = approaches.get(zone_id)
        within = distance.meters + zone.approach_meters
        if accuracy > WORST_ACCURACY:
            kept = known
        elif within >= 0:
            kept = _came(known, zone, within, accuracy, inside)
        else:
            kept = _went(known, zone, -within - min(accuracy, MOST_ACCURACY))
        if kept is None:
            continue
        after[zone_id] = kept
        if known is None and zone_id not in inside:
            told.append(_near(zone_id, fix, 3 if within >= accuracy else 2, whose))
    return after, told


def _came(
    known: Approach | None,
    zone: Zone,
    within: float,
    accuracy: float,
    inside: Collection[ZoneId],
) -> Approach | None:
    """Near, unless the zone asks to be surer than this fix is."""
    sure = (zone.min_confidence or MIN_CONFIDENCE) < 3 or within >= accuracy
    if known is None and not sure and zone.zone_id not in inside:
        return None
    return Approach()


def _went(known: Approach | None, zone: Zone, beyond: float) -> Approach | None:
    """Near still, until enough fixes in a row are surely away."""
    if known is None or beyond <= margin(zone):
        return known
    away = known.away + 1
    gone = away >= (zone.exit_confirmations or EXIT_CONFIRMATIONS)
    return None if gone else Approach(away)


def _near(zone_id: ZoneId, fix: Fix, sure: int, whose: str) -> Transition:
    name = f"{whose}\n{zone_id}\n{Kind.APPROACH}\n{fix.at.isoformat()}"
    return Transition(Kind.APPROACH, zone_id, uuid5(NAMESPACE, name), fix.at, sure)
