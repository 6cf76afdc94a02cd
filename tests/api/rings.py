"""Zones to send, and where they are in force."""

from tests.api.conftest import Door
from zones import Point, ZoneId


def circle(
    longitude: float = 4.9, zone_id: str | None = None, **properties: object
) -> dict[str, object]:
    """A round zone in Amsterdam."""
    feature: dict[str, object] = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, 52.37]},
        "properties": {"radius": 100, **properties},
    }
    return feature if zone_id is None else {**feature, "id": zone_id}


def collection(*features: dict[str, object]) -> dict[str, object]:
    """Several zones."""
    return {"type": "FeatureCollection", "features": list(features)}


def inside(api: Door, longitude: float) -> list[ZoneId]:
    """The zones that a ping would meet now."""
    index = api.parts.refresh.catalog.zones
    return sorted(index.nearness(Point(longitude, 52.37)))
