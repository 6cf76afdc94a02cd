"""From a GeoJSON geometry to an area, or to all that is wrong with it."""

from zones.circle import circle
from zones.errors import Code, Problem
from zones.geometry import Area, Point, Shape
from zones.limits import Limits
from zones.polygons import read_multi_polygon, read_polygon
from zones.rings import read_position

RADIUS = (10.0, 10_000.0)  # meters


def read_area(
    raw: object, radius: object, path: str, limits: Limits, problems: list[Problem]
) -> Area | None:
    """Return the area of a geometry; ``radius`` is what the properties say of it."""
    if not isinstance(raw, dict):
        text = "A zone needs a geometry: Polygon, MultiPolygon, or Point with a radius."
        problems.append(Problem(path, Code.MISSING, text))
        return None
    kind, coordinates = raw.get("type"), raw.get("coordinates")
    inner = f"{path}.coordinates"
    if kind == "Point":
        return _read_circle(coordinates, radius, inner, problems)
    if kind == "Polygon":
        polygon = read_polygon(coordinates, inner, limits, problems)
        return _checked_size(polygon, path, limits, problems)
    if kind == "MultiPolygon":
        shape = read_multi_polygon(coordinates, inner, limits, problems)
        return _checked_size(shape, path, limits, problems)
    known = "a Polygon, a MultiPolygon, or a Point with a radius"
    text = f"A zone is {known}, not {kind!s:.40}."
    problems.append(Problem(f"{path}.type", Code.UNKNOWN_GEOMETRY, text))
    return None


def _read_circle(
    raw: object, radius: object, path: str, problems: list[Problem]
) -> Area | None:
    center = read_position(raw, path, problems)
    meters = _read_radius(radius, path, problems)
    if center is None or meters is None:
        return None
    return circle(Point(*center), meters)


def _read_radius(raw: object, path: str, problems: list[Problem]) -> float | None:
    place = path.removesuffix("geometry.coordinates") + "properties.radius"
    least, most = RADIUS
    if raw is None:
        text = "A Point needs a radius in meters."
        mend = f"Add a radius of {least:g} to {most:g} to the properties."
        problems.append(Problem(place, Code.RADIUS_MISSING, text, suggestion=mend))
        return None
    if not isinstance(raw, int | float) or isinstance(raw, bool):
        problems.append(Problem(place, Code.BAD_PROPERTY, "A radius is a number."))
        return None
    if not least <= raw <= most:
        text = f"A radius is {least:g} to {most:g} meters."
        problems.append(Problem(place, Code.RADIUS_OUT_OF_RANGE, text))
        return None
    return float(raw)


def _checked_size(
    shape: Shape | None, path: str, limits: Limits, problems: list[Problem]
) -> Area | None:
    if shape is None:
        return None
    area = Area(shape)
    if area.area_km2 > limits.area_km2:
        size, most = f"{area.area_km2:,.0f}", f"{limits.area_km2:,.0f}"
        text = f"This zone has {size} km2; at most {most} are taken."
        problems.append(Problem(path, Code.AREA_TOO_LARGE, text))
        return None
    return area
