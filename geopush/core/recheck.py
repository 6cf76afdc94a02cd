"""Decide again about those inside, because the context of an offer turned true."""

from collections.abc import Sequence
from datetime import datetime

from geopush.core.change import Change
from geopush.core.context import last_point
from geopush.core.customer import Purpose, has_consent
from geopush.core.edge import Edge, seen_within
from geopush.core.fold import Fold
from geopush.core.known import KnownOf
from geopush.core.occasion import Occasion, World
from geopush.core.ping import DeviceId
from geopush.core.trigger import On
from zones import Zone


def recheck(
    edges: Sequence[Edge], known: KnownOf, world: World, now: datetime
) -> list[Change]:
    """Say what becomes of customers inside a zone where contexts turned true.

    What turned at the same time is weighed against each other.
    """
    changes = []
    for key in sorted(known):
        fold = Fold(known[key], now)
        occasions = [one for edge in edges for one in _occasions(fold, edge, world)]
        fold.decide_among(occasions, world)
        changes.append(fold.change(world.tallies_kept))
    return [one for one in changes if one is not None]


def _occasions(fold: Fold, edge: Edge, world: World) -> list[tuple[DeviceId, Occasion]]:
    zone = world.catalog.zone(edge.zone_id)
    if zone is None or edge.turned_at is None:
        return []
    device_id = _device(fold, edge, zone, world)
    if device_id is None:
        return []
    occasion = Occasion(
        kind=On.WHILE_INSIDE,
        zone_id=edge.zone_id,
        key=f"{edge.zone_id}:{edge.turned_at.isoformat()}",
        recorded_at=edge.turned_at,
        point=last_point(fold.devices[device_id]),
        offer_id=edge.offer_id,
    )
    return [(device_id, occasion)]


def _device(fold: Fold, edge: Edge, zone: Zone, world: World) -> DeviceId | None:
    """Which device is told: one that was inside when it turned, and was seen lately."""
    offer = world.catalog.offer(edge.offer_id)
    span = None if offer is None else seen_within(offer, zone)
    if span is None or edge.turned_at is None:
        return None
    if not has_consent(fold.profile.consents, Purpose.LOCATION, fold.now):
        return None
    inside: Sequence[tuple[datetime, DeviceId]] = [
        (where.recorded_at, device_id)
        for device_id, where in fold.devices.items()
        if where.recorded_at is not None
        if fold.now - where.recorded_at <= span
        if device_id in fold.profile.devices
        if (stay := where.presences.get(edge.zone_id)) is not None
        if stay.since <= edge.turned_at
    ]
    reachable = [
        (seen, device_id)
        for seen, device_id in inside
        if fold.profile.devices[device_id].has_address
    ]
    return max(reachable or inside, default=(None, None))[1]
