"""The context of an offer at a zone: weather, place and hour, whoever it is about."""

from datetime import datetime

from geopush.core.condition import Value
from geopush.core.customer import Purpose, has_consent
from geopush.core.known import Profile
from geopush.core.offer import Offer, asks
from geopush.core.presence import Whereabouts
from geopush.core.schedule import Day, local_time
from geopush.core.weather import Observation
from zones import Point, Zone, centre_of, is_open, time_zone

LARGE_KM2 = 250.0  # a zone larger than a weather cell has the weather of the fix


def place_of(zone: Zone, fix: Point | None) -> Point:
    """Where the weather of a zone is looked for."""
    if fix is None or zone.area.area_km2 <= LARGE_KM2:
        return zone.area.representative_point
    return fix


def last_point(where: Whereabouts) -> Point | None:
    """Where a device was last seen, as well as its cell tells."""
    return None if where.cell is None else centre_of(where.cell)


def context_values(
    offer: Offer,
    zone: Zone,
    timezone: str,
    weather: Observation | str,
    now: datetime,
) -> dict[str, Value]:
    """What conditions and words may ask for that is the same for everybody there."""
    there = zone_values(zone, timezone, now)
    return {**there, **offer_values(offer, timezone, weather, now)}


def offer_values(
    offer: Offer, timezone: str, weather: Observation | str, now: datetime
) -> dict[str, Value]:
    """What of it may differ between offers at the same zone and moment."""
    values: dict[str, Value] = {"offer.id": offer.offer_id, "offer.name": offer.name}
    if asks(offer, "time"):
        values |= _time_values(timezone, now)
    if not isinstance(weather, str):
        values |= weather.values()
    return values


def customer_values(profile: Profile, now: datetime) -> dict[str, Value]:
    """What conditions and words may ask of a customer who agreed to that."""
    if not has_consent(profile.consents, Purpose.PROFILING, now):
        return {}
    roots = "attributes", "customer"
    known = profile.attributes.items()
    return {f"{root}.{name}": value for root in roots for name, value in known}


def _time_values(timezone: str, now: datetime) -> dict[str, Value]:
    """What the clock and the calendar of a zone show."""
    local = local_time(now, timezone)
    if local is None:
        return {}
    return {"time.hour": local.hour, "time.weekday": tuple(Day)[local.weekday()]}


def zone_values(zone: Zone, timezone: str, now: datetime) -> dict[str, Value]:
    """What conditions and words may ask of a zone, by field name."""
    values: dict[str, Value] = {
        "zone.id": zone.zone_id,
        "zone.name": zone.name or None,
        "zone.group": zone.group,
        "zone.tags": zone.tags,
        "zone.open": _is_open(zone, timezone, now),
    }
    for name, value in zone.metadata.items():
        values[f"zone.metadata.{name}"] = value
    return values


def _is_open(zone: Zone, timezone: str, now: datetime) -> bool | None:
    """Whether the zone is open; without opening hours nobody knows."""
    place = time_zone(timezone)
    if zone.opening_hours is None or place is None:
        return None
    return is_open(zone.opening_hours, now.astimezone(place))
