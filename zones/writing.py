"""From a zone back to the GeoJSON it came from."""

import shapely

from zones.geometry import Area
from zones.hours import spell_opening_hours
from zones.zone import Zone


def to_feature(zone: Zone) -> dict[str, object]:
    """Return a zone as a GeoJSON feature; read again, it is the same zone."""
    properties: dict[str, object] = {
        "name": zone.name or None,
        "group": zone.group,
        "radius": zone.area.radius,
        "tags": list(zone.tags) or None,
        "dwell_seconds": zone.dwell_seconds,
        "approach_meters": zone.approach_meters,
        "min_confidence": zone.min_confidence,
        "exit_confirmations": zone.exit_confirmations,
        "timezone": zone.timezone,
        "opening_hours": zone.opening_hours and spell_opening_hours(zone.opening_hours),
        "muted_until": zone.muted_until,
        "metadata": zone.metadata or None,
    }
    said = {name: value for name, value in properties.items() if value is not None}
    return {
        "type": "Feature",
        "id": zone.zone_id,
        "geometry": _geometry(zone.area),
        "properties": {**said, "enabled": zone.enabled},
    }


def _geometry(area: Area) -> dict[str, object]:
    if area.center is not None:
        center = [area.center.longitude, area.center.latitude]
        return {"type": "Point", "coordinates": center}
    parts = [
        [shapely.get_coordinates(ring).tolist() for ring in shapely.get_rings(part)]
        for part in area.parts
    ]
    if isinstance(area.geometry, shapely.Polygon):
        return {"type": "Polygon", "coordinates": parts[0]}
    return {"type": "MultiPolygon", "coordinates": parts}
