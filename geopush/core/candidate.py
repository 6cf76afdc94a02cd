"""Candidates: each offer that waits for an occasion, and what the gates say of it."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from geopush.core.catalog import Catalog
from geopush.core.condition import Value
from geopush.core.context import customer_values, offer_values, place_of, zone_values
from geopush.core.counters import counter_values
from geopush.core.decide import decide
from geopush.core.decision import Decision, Facts
from geopush.core.experiment import Arm, arm_of
from geopush.core.known import Profile, State
from geopush.core.occasion import Occasion, World
from geopush.core.offer import Offer, asks
from geopush.core.ping import DeviceId
from geopush.core.policy import rules_for
from geopush.core.presence import Whereabouts
from geopush.core.weather import Observation, WeatherSeen, kilometers
from zones import Point, Zone


class Candidate(Struct, frozen=True, gc=False):
    """An offer for a device on an occasion, and what the gates said.

    It is so many ``kilometers`` from where it came up to the middle of the zone.
    """

    device_id: DeviceId
    offer: Offer
    occasion: Occasion
    decision: Decision
    weather: WeatherSeen | None
    arm: Arm
    kilometers: float


class Scene(Struct, frozen=True, gc=False):
    """What is the same for all offers of an occasion."""

    zone: Zone
    timezone: str
    place: Point
    values: Mapping[str, Value]


class Person(Struct, frozen=True, gc=False):
    """A customer on one of their devices, as they are when it is decided."""

    customer_id: str
    device_id: DeviceId
    profile: Profile
    state: State
    now: datetime


def candidates(
    person: Person, occasions: Sequence[Occasion], world: World
) -> list[Candidate]:
    """Every offer that waits for one of the occasions, decided on its own."""
    found = []
    for occasion in occasions:
        zone = world.catalog.zone(occasion.zone_id)
        if zone is None:
            continue
        offers = _offers(occasion, zone, world.catalog)
        if not offers:
            continue
        scene, away = _scene(person, occasion, zone, world), _away(occasion, zone)
        for offer in offers:
            facts = _facts(person, occasion, scene, offer, world)
            seen = None if isinstance(facts.weather, str) else facts.weather.seen()
            decision = decide(offer, facts)
            found.append(
                Candidate(
                    device_id=person.device_id,
                    offer=offer,
                    occasion=occasion,
                    decision=decision,
                    weather=seen,
                    arm=facts.arm,
                    kilometers=away,
                )
            )
    return found


def facts_of(
    person: Person, occasion: Occasion, zone: Zone, offer: Offer, world: World
) -> Facts:
    """All that the gates may ask about an offer for a person at a zone."""
    scene = _scene(person, occasion, zone, world)
    return _facts(person, occasion, scene, offer, world)


def _scene(person: Person, occasion: Occasion, zone: Zone, world: World) -> Scene:
    timezone = zone.timezone or world.timezone
    values = zone_values(zone, timezone, person.now)
    values |= customer_values(person.profile, person.now)
    return Scene(zone, timezone, place_of(zone, occasion.point), values)


def _facts(
    person: Person, occasion: Occasion, scene: Scene, offer: Offer, world: World
) -> Facts:
    weather = world.weather.near(scene.place, person.now, offer.max_weather_age)
    return Facts(
        now=person.now,
        recorded_at=occasion.recorded_at,
        seen_at=occasion.seen_at or occasion.recorded_at,
        still=occasion.still,
        zone=scene.zone,
        zone_timezone=scene.timezone,
        contact_lock=world.contact_lock,
        device=person.profile.devices[person.device_id],
        profile=person.profile,
        tallies=person.state.tallies,
        where=person.state.devices.get(person.device_id, Whereabouts()),
        reports=person.state.reports,
        rules=rules_for(world.policy, offer.category),
        arm=arm_of(
            offer.experiment,
            offer.offer_id,
            person.customer_id,
            world.experiment_key,
        ),
        weather=weather,
        values=_values(person, scene, offer, weather),
    )


def _values(
    person: Person, scene: Scene, offer: Offer, weather: Observation | str
) -> dict[str, Value]:
    """What conditions and words may ask for; what is missing is unknown."""
    now, zone_id = person.now, scene.zone.zone_id
    values = {**scene.values, **offer_values(offer, scene.timezone, weather, now)}
    if asks(offer, "counters"):
        values |= counter_values(offer, zone_id, person.state.tallies, now)
    return values


def _offers(occasion: Occasion, zone: Zone, catalog: Catalog) -> list[Offer]:
    if occasion.offer_id is None:
        return catalog.offers_for(occasion.kind, zone)
    offer = catalog.offer(occasion.offer_id)
    return [] if offer is None else [offer]


def _away(occasion: Occasion, zone: Zone) -> float:
    if occasion.point is None:
        return math.inf
    return kilometers(occasion.point, zone.area.representative_point)
