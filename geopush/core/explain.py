"""Explaining: what would become of an offer for a customer at a place, and why.

The decision itself is asked, with a customer's row that nobody writes back.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum, auto
from uuid import uuid5

from msgspec import Struct
from msgspec.structs import replace

from geopush.core.catalog import DECIDING, Catalog
from geopush.core.change import Decided
from geopush.core.decision import Gate, Reason, Verdict
from geopush.core.fold import Fold
from geopush.core.known import Known
from geopush.core.message import Content
from geopush.core.occasion import Occasion, World
from geopush.core.offer import Offer, Status, wants
from geopush.core.ping import DeviceId
from geopush.core.presence import NAMESPACE, Presence, Whereabouts
from geopush.core.sentence import Tongue, in_words
from geopush.core.trigger import On
from geopush.core.weather import WeatherSeen
from zones import Point, ZoneId

_NEVER = datetime.min.replace(tzinfo=UTC)
_INSIDE = (On.ENTER, On.DWELL, On.WHILE_INSIDE, On.EXIT)


class NotConsidered(StrEnum):
    """Why an offer would not even be a candidate there."""

    NOT_LIVE = auto()
    NO_DEVICE = auto()
    IN_NO_ZONE = auto()
    WAITS_ELSEWHERE = auto()


class Explained(Struct, frozen=True):
    """What would become of the offer at one zone: the reason, in words, and the gates.

    ``occasion`` is what the customer is taken to do there.
    """

    zone_id: ZoneId
    occasion: str
    verdict: Verdict
    reason: Reason
    sentence: str
    gates: tuple[Gate, ...]
    weather: WeatherSeen | None
    message: Content | None


class Explanation(Struct, frozen=True):
    """What would become of an offer for a customer, at every zone that covers a place.

    An offer that is not live is explained as if it were.
    """

    customer_id: str
    offer_id: str
    at: datetime
    status: Status
    device_id: DeviceId | None
    not_considered: NotConsidered | None
    candidates: tuple[Explained, ...]


class Case(Struct, frozen=True):
    """Whom it is about, which offer, where and when."""

    known: Known
    offer: Offer
    place: Point
    at: datetime


def explain(case: Case, world: World, tongue: Tongue) -> Explanation:
    """Say what would become of an offer, through which gates; nothing is kept."""
    offer = case.offer
    device_id = device_of(case.known)
    world = replace(world, catalog=_with(offer, world.catalog))
    occasions = _occasions(case, world.catalog)
    found: Sequence[Explained] = ()
    if device_id is not None and occasions:
        found = _decided(case, device_id, occasions, world, tongue)
    return Explanation(
        customer_id=case.known.customer.customer_id,
        offer_id=offer.offer_id,
        at=case.at,
        status=offer.status,
        device_id=device_id,
        not_considered=_why_not(case, device_id, occasions, world.catalog),
        candidates=tuple(found),
    )


def device_of(known: Known) -> DeviceId | None:
    """Return the device that would be told: with an address, of these the last seen."""
    devices, states = known.profile.devices, known.state.devices
    seen = {one: states.get(one, Whereabouts()).recorded_at for one in devices}
    ranked = [(devices[one].has_address, at or _NEVER, one) for one, at in seen.items()]
    return max(ranked)[2] if ranked else None


def _with(offer: Offer, catalog: Catalog) -> Catalog:
    live = offer
    if offer.status not in DECIDING:
        live = replace(offer, status=Status.LIVE)
    return catalog.with_changes(catalog.revision, offers=[live])


def _occasions(case: Case, catalog: Catalog) -> list[Occasion]:
    """What the offer waits for at each zone there, the likeliest of it."""
    near = catalog.zones.nearness(case.place)
    occasions = []
    for zone_id, nearness in near.items():
        zone = catalog.zone(zone_id)
        kinds = _INSIDE if nearness.inside else (On.APPROACH,)
        waited = [
            kind
            for kind in kinds
            if zone is not None
            if wants(case.offer, kind, zone_id, zone.group, zone.tags)
        ]
        for kind in waited[:1]:
            only = case.offer.offer_id if kind is On.WHILE_INSIDE else None
            key = f"{zone_id}:explained"
            occasions.append(
                Occasion(kind, zone_id, key, case.at, case.place, offer_id=only)
            )
    return occasions


def _why_not(
    case: Case,
    device_id: DeviceId | None,
    occasions: Sequence[Occasion],
    catalog: Catalog,
) -> NotConsidered | None:
    if case.offer.status not in DECIDING:
        return NotConsidered.NOT_LIVE
    if device_id is None:
        return NotConsidered.NO_DEVICE
    if not occasions:
        near = catalog.zones.nearness(case.place)
        somewhere = any(
            one.inside and catalog.zone(one.zone_id) for one in near.values()
        )
        return NotConsidered.WAITS_ELSEWHERE if somewhere else NotConsidered.IN_NO_ZONE
    return None


def _decided(
    case: Case,
    device_id: DeviceId,
    occasions: Sequence[Occasion],
    world: World,
    tongue: Tongue,
) -> list[Explained]:
    """Decide as a ping there would, all zones and offers together."""
    fold = Fold(_there(case, device_id, occasions), case.at)
    fold.decide(device_id, occasions, world)
    change = fold.change(world.tallies_kept)
    if change is None:
        return []
    words = {one.message_id: one.content for one in change.messages}
    kinds = {f"{one.kind}:{one.key}": one.kind for one in occasions}
    return [
        _explained(one, kinds[one.occasion], words.get(one.decision_id), tongue)
        for one in change.decided
        if one.offer_id == case.offer.offer_id
    ]


def _there(case: Case, device_id: DeviceId, occasions: Sequence[Occasion]) -> Known:
    """The customer's row as it may be at that moment, with the device at the place."""
    state = case.known.state
    where = state.devices.get(device_id, Whereabouts())
    inside = {
        one.zone_id: Presence(case.at, uuid5(NAMESPACE, one.key))
        for one in occasions
        if one.kind in _INSIDE
    }
    where = replace(where, presences={**inside, **where.presences})
    there = replace(
        state,
        devices={**state.devices, device_id: where},
        tallies=tuple(one for one in state.tallies if one.at <= case.at),
        now=None,
    )
    return replace(case.known, state=there)


def _explained(
    one: Decided, occasion: str, message: Content | None, tongue: Tongue
) -> Explained:
    return Explained(
        zone_id=one.zone_id,
        occasion=occasion,
        verdict=one.verdict,
        reason=one.reason,
        sentence=in_words(one.verdict, one.reason, one.trace, tongue),
        gates=one.trace,
        weather=one.weather,
        message=message,
    )
