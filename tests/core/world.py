"""A small world to tell stories in: a restaurant, an ice cream offer, a customer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from geopush.core.catalog import Catalog
from geopush.core.change import Change, Evaluation, Taken, Upload
from geopush.core.customer import Consent, Preferences, Purpose
from geopush.core.evaluate import evaluate
from geopush.core.known import DeviceProfile, Known, Profile, State
from geopush.core.message import Platform
from geopush.core.occasion import World
from geopush.core.offer import Offer, Refusal, parse_offer
from geopush.core.ping import DeviceId, Ping, customer_key
from geopush.core.weather import Observation, Weather, kept_under
from zones import IndexKind, Point, Zone, build_index, parse_zone

NOON = datetime(2026, 7, 4, 12, 0, tzinfo=UTC)
PHONE = DeviceId("phone-1")
ANNA = customer_key("anna")
HERE = Point(longitude=4.9, latitude=52.37)
FAR = Point(longitude=4.95, latitude=52.40)

ICE_CREAM = {
    "name": "Ice cream in the sun",
    "category": "promo",
    "priority": 60,
    "status": "live",
    "audience": {"topics": ["ice_cream"]},
    "trigger": {"any": [{"on": ["enter"], "zones": {"tags": ["restaurant"]}}]},
    "conditions": {"all": [{"weather.temperature_c": {"gte": 22}}]},
    "caps": [{"scope": "offer", "limit": 1, "window": {"rolling": "PT24H"}}],
    "message": {
        "title": {"en": "Ice cream weather"},
        "body": {"en": "{{ weather.temperature_c | round }} C at {{ zone.name }}"},
        "ttl_seconds": 2700,
    },
}


def an_offer(offer_id: str = "ice-cream", **changes: object) -> Offer:
    """The ice cream offer, or one like it."""
    read = parse_offer(offer_id, msgspec.json.encode(ICE_CREAM | changes))
    assert not isinstance(read, Refusal), read
    return read


def a_zone(zone_id: str = "shop", place: Point = HERE, **properties: object) -> Zone:
    """A restaurant of 100 m around a place."""
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [place.longitude, place.latitude]},
        "properties": {"radius": 100, "name": "Da Mario", "tags": ["restaurant"]}
        | properties,
    }
    parsed = parse_zone(msgspec.json.encode(feature), zone_id)
    assert not parsed.problems, parsed.problems
    return parsed.zones[0]


def weather(celsius: float | None = 24.0, at: datetime = NOON) -> Weather:
    """The same weather all around."""
    one = Observation(
        longitude=4.9, latitude=52.4, observed_at=at, temperature_c=celsius
    )
    return Weather({kept_under(one): one}, radius_km=25)


def a_world(
    zones: Sequence[Zone] | None = None,
    offers: Sequence[Offer] | None = None,
    sky: Weather | None = None,
) -> World:
    """One restaurant, one offer, 24 degrees, unless told otherwise."""
    index = build_index([a_zone()] if zones is None else zones, IndexKind.SCAN)
    catalog = Catalog(1, index, tuple([an_offer()] if offers is None else offers))
    return World(catalog, weather() if sky is None else sky)


def consents(**given: bool) -> dict[Purpose, Consent]:
    """Everything agreed to long ago, unless told otherwise."""
    long_ago = NOON - timedelta(days=100)
    answers = {purpose.value: True for purpose in Purpose} | given
    return {
        Purpose(name): Consent(granted=yes, at=long_ago, since=long_ago)
        for name, yes in answers.items()
    }


def a_customer(
    given: dict[Purpose, Consent] | None = None,
    preferences: Preferences | None = None,
    has_address: bool = True,
    **attributes: str | float | bool,
) -> Known:
    """Anna with one phone in Amsterdam; she chose ice cream."""
    phone = DeviceProfile(
        app="demo",
        platform=Platform.IOS,
        timezone="Europe/Amsterdam",
        language="en",
        has_address=has_address,
    )
    profile = Profile(
        consents=consents() if given is None else given,
        preferences=preferences or Preferences(topics={"ice_cream": True}),
        attributes=attributes,
        devices={PHONE: phone},
    )
    return Known(ANNA, 1, State(), profile)


def ping(seconds: float, place: Point = HERE, accuracy: float | None = 10.0) -> Ping:
    """A ping some seconds after noon."""
    return Ping(
        latitude=place.latitude,
        longitude=place.longitude,
        recorded_at=NOON + timedelta(seconds=seconds),
        accuracy=accuracy,
    )


def upload(*pings: Ping) -> Upload:
    """What Anna's phone sent in one request."""
    return Upload(PHONE, ANNA, tuple(enumerate(pings)))


def run(
    known: Known, *uploads: Upload, world: World | None = None, now: datetime = NOON
) -> Evaluation:
    """Evaluate Anna's uploads."""
    return evaluate(uploads, {ANNA: known}, world or a_world(), now)


def taken(evaluation: Evaluation, number: int = 0) -> Taken:
    """What was answered to an upload that was taken."""
    answer = evaluation.answers[number]
    assert isinstance(answer, Taken), answer
    return answer


def the_change(evaluation: Evaluation) -> Change:
    """The one change of an evaluation."""
    (change,) = evaluation.changes
    return change


def after(known: Known, evaluation: Evaluation) -> Known:
    """What is known once a change is written."""
    change = the_change(evaluation)
    return Known(known.customer, known.version + 1, change.state, known.profile)
