"""GeoJSON for tests: a feature says only what the test is about."""

import msgspec

SQUARE = [[4.0, 52.0], [4.1, 52.0], [4.1, 52.1], [4.0, 52.1], [4.0, 52.0]]


def polygon(*rings: object) -> dict[str, object]:
    """Return a Polygon; without rings, a square of 76 km2."""
    return {"type": "Polygon", "coordinates": list(rings) or [SQUARE]}


def multi_polygon(*polygons: object) -> dict[str, object]:
    """Return a MultiPolygon."""
    return {"type": "MultiPolygon", "coordinates": list(polygons)}


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    """Return a closed ring around a box."""
    corners = [[west, south], [east, south], [east, north], [west, north]]
    return [*corners, [west, south]]


def feature(
    geometry: object = None, zone_id: object = "a", **properties: object
) -> dict[str, object]:
    """Return a Feature."""
    return {
        "type": "Feature",
        "id": zone_id,
        "geometry": polygon() if geometry is None else geometry,
        "properties": properties,
    }


def collection(*features: object, **members: object) -> bytes:
    """Return the bytes of a FeatureCollection."""
    body = {"type": "FeatureCollection", "features": list(features), **members}
    return msgspec.json.encode(body)
