"""Who came, who stayed, who left: from fixes and distances to transitions.

Four things keep a phone that lies still from coming and going: a zone is left only
beyond a margin, an inexact fix counts only for what it surely shows, leaving takes
more than one fix, and presences outlive restarts and new uploads of the same zone.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum, auto
from uuid import UUID, uuid5

from msgspec import Struct

from geopush.core.visit import Memory
from zones import Nearness, Zone, ZoneId

NAMESPACE = UUID("6f0c1d2e-5a73-5b0e-9a52-3f6f5d0c7e11")  # ours, for all derived ids
LEAST_MARGIN = 20.0  # meters outside before a zone can be left
MARGIN_SHARE = 0.1  # or this share of the radius of a circle of the same area
ASSUMED_ACCURACY = 100.0  # meters, where the phone does not say
MOST_ACCURACY = 50.0  # meters; more would delay true exits too long
WORST_ACCURACY = 1_000.0  # meters; a fix worse than this moves nobody
EXIT_CONFIRMATIONS = 2  # fixes in a row outside
MIN_CONFIDENCE = 2  # on the inside, by the fix itself; 1 is met from its approach
RECENT = 32  # how many times of fixes are kept to know a repeated ping


class Kind(StrEnum):
    """What can happen between a device and a zone."""

    ENTER = auto()
    EXIT = auto()
    DWELL = auto()
    APPROACH = auto()


class Presence(Struct, frozen=True, array_like=True, gc=False):
    """One device inside one zone; ``outside`` counts the last fixes beyond it."""

    since: datetime
    visit_id: UUID
    dwelt: bool = False
    outside: int = 0


class Approach(Struct, frozen=True, array_like=True, gc=False):
    """One device near one zone; ``away`` counts the last fixes beyond it."""

    away: int = 0


class Whereabouts(Struct, frozen=True, array_like=True, gc=False):
    """All presences of a device, and when it was last seen; no coordinates.

    ``recent`` are the times of its last fixes, packed, the newest first; ``batch`` is a
    digest of the times of its last upload: both know repeated pings.
    ``memory`` is what visits are made of.
    """

    recorded_at: datetime | None = None
    cell: str | None = None
    presences: dict[ZoneId, Presence] = {}
    recent: bytes = b""
    batch: bytes = b""
    memory: Memory = Memory()
    approaches: dict[ZoneId, Approach] = {}


class Transition(Struct, frozen=True, omit_defaults=True, gc=False):
    """A device came, stayed or left."""

    kind: Kind
    zone_id: ZoneId
    visit_id: UUID
    at: datetime
    confidence: int
    reason: str | None = None


class Fix(Struct, frozen=True, gc=False):
    """What a ping says to this module: when, and how far off it may be."""

    at: datetime
    accuracy: float | None


def advance(
    where: Whereabouts,
    fix: Fix,
    near: Mapping[ZoneId, Nearness],
    zones: Mapping[ZoneId, Zone],
    whose: str,
) -> tuple[dict[ZoneId, Presence], list[Transition]]:
    """Where the device is after a fix, and what the fix made happen: exits first.

    ``near`` holds the zones that cover the place and those the device was in; a zone it
    was in that is not there any more is left with a reason. ``whose`` names the device
    and its customer, so that the same visit always has the same id.
    """
    left: list[Transition] = []
    stays: list[Transition] = []
    presences: dict[ZoneId, Presence] = {}
    for zone_id, presence in sorted(where.presences.items()):
        zone, distance = zones.get(zone_id), near.get(zone_id)
        if zone is None or distance is None:
            left.append(_left(zone_id, presence, fix, 3, "zone_removed"))
            continue
        presence = _looked_at(presence, fix, distance, zone)
        if presence.outside >= (zone.exit_confirmations or EXIT_CONFIRMATIONS):
            left.append(_left(zone_id, presence, fix, 3))
            continue
        if _shows(fix) and _dwells(presence, fix.at, zone):
            presence = Presence(presence.since, presence.visit_id, True)
            stays.append(_stayed(zone_id, presence, fix, distance))
        presences[zone_id] = presence
    came = _came(where, fix, near, zones, whose)
    for transition in came:
        presences[transition.zone_id] = Presence(transition.at, transition.visit_id)
    return presences, [*left, *stays, *came]


def confidence(distance: Nearness, accuracy: float | None) -> int:
    """How sure the inside is: 3 surely, 2 by the fix itself, 1 perhaps, 0 hardly."""
    reach = accuracy or ASSUMED_ACCURACY
    if distance.meters >= reach:
        return 3
    if distance.inside:
        return 2
    return 1 if -distance.meters <= min(reach, MOST_ACCURACY) else 0


def has_dwelt(presence: Presence, zone: Zone, at: datetime) -> bool:
    """Whether a presence has lasted as long as its zone asks, for the first time."""
    return (
        zone.dwell_seconds is not None
        and not presence.dwelt
        and at - presence.since >= timedelta(seconds=zone.dwell_seconds)
    )


def come_due(
    zone_id: ZoneId, presence: Presence, zone: Zone, now: datetime
) -> tuple[Presence, Transition] | None:
    """What a stay that came due without another fix becomes, and its dwell.

    None while it may not: not due, dwelt already, or last seen outside. It is less
    sure than a dwell that a fix confirms.
    """
    if zone.dwell_seconds is None or not _dwells(presence, now, zone):
        return None
    at = presence.since + timedelta(seconds=zone.dwell_seconds)
    stayed = Presence(presence.since, presence.visit_id, True)
    return stayed, Transition(Kind.DWELL, zone_id, presence.visit_id, at, 2)


def _dwells(presence: Presence, at: datetime, zone: Zone) -> bool:
    return presence.outside == 0 and has_dwelt(presence, zone, at)


def _looked_at(
    presence: Presence, fix: Fix, distance: Nearness, zone: Zone
) -> Presence:
    """Count the fix if it is surely beyond the margin; inside starts the count anew."""
    if not _shows(fix):
        return presence
    accuracy = fix.accuracy or ASSUMED_ACCURACY
    beyond = -distance.meters - min(accuracy, MOST_ACCURACY)
    if beyond > margin(zone):
        outside = presence.outside + 1
    elif distance.inside:
        outside = 0
    else:
        outside = presence.outside
    return Presence(presence.since, presence.visit_id, presence.dwelt, outside)


def margin(zone: Zone) -> float:
    """How many meters outside a zone one must be to leave it."""
    radius = math.sqrt(zone.area.area_km2 * 1e6 / math.pi)
    return max(MARGIN_SHARE * radius, LEAST_MARGIN)


def _came(
    where: Whereabouts,
    fix: Fix,
    near: Mapping[ZoneId, Nearness],
    zones: Mapping[ZoneId, Zone],
    whose: str,
) -> list[Transition]:
    if not _shows(fix):
        return []
    came = []
    for zone_id, distance in sorted(near.items()):
        zone = zones.get(zone_id)
        if zone is None or zone_id in where.presences:
            continue
        sure = confidence(distance, fix.accuracy)
        if sure >= (zone.min_confidence or MIN_CONFIDENCE):
            visit_id = uuid5(NAMESPACE, f"{whose}\n{zone_id}\n{fix.at.isoformat()}")
            came.append(Transition(Kind.ENTER, zone_id, visit_id, fix.at, sure))
    return came


def _left(
    zone_id: ZoneId, presence: Presence, fix: Fix, sure: int, reason: str | None = None
) -> Transition:
    return Transition(Kind.EXIT, zone_id, presence.visit_id, fix.at, sure, reason)


def _stayed(
    zone_id: ZoneId, presence: Presence, fix: Fix, distance: Nearness
) -> Transition:
    """A dwell that a fix confirms, as sure as that fix is of the inside."""
    sure = max(confidence(distance, fix.accuracy), 1)
    return Transition(Kind.DWELL, zone_id, presence.visit_id, fix.at, sure)


def _shows(fix: Fix) -> bool:
    """Whether a fix is good enough to move anybody."""
    return (fix.accuracy or ASSUMED_ACCURACY) <= WORST_ACCURACY
