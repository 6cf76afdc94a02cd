"""Candidates: each offer that waits for an occasion, and what the gates say of it."""

import math
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from geopush.core.catalog import Catalog
from geopush.core.condition import Value
from geopush.core.context import context_values, customer_values, place_of
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
from zones import Zone


class Candidate(Struct, frozen=True):
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


class Person(Struct, frozen=True):
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
        for offer in _offers(occasion, zone, world.catalog):
            facts = facts_of(person, occasion, zone, offer, world)
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
                    kilometers=_away(occasion, zone),
                )
            )
    return found


def facts_of(
    person: Person, occasion: Occasion, zone: Zone, offer: Offer, world: World
) -> Facts:
    """All that the gates may ask about an offer for a person at a zone."""
    timezone = zone.timezone or world.timezone
    place = place_of(zone, occasion.point)
    weather = world.weather.near(place, person.now, offer.max_weather_age)
    return Facts(
        now=person.now,
        recorded_at=occasion.recorded_at,
        seen_at=occasion.seen_at or occasion.recorded_at,
        still=occasion.still,
        zone=zone,
        zone_timezone=timezone,
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
        values=_values(person, zone, timezone, offer, weather),
    )


def _values(
    person: Person,
    zone: Zone,
    timezone: str,
    offer: Offer,
    weather: Observation | str,
) -> dict[str, Value]:
    """What conditions and words may ask for; what is missing is unknown."""
    values = context_values(offer, zone, timezone, weather, person.now)
    values |= customer_values(person.profile, person.now)
    if asks(offer, "counters"):
        values |= counter_values(offer, zone.zone_id, person.state.tallies, person.now)
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
