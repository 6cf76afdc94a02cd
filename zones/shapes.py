"""From a GeoJSON geometry to an area, or to all that is wrong with it."""

import re

import numpy as np
import shapely
from numpy.typing import NDArray

from zones.antimeridian import EnclosesPole, beside, split, unwrap
from zones.circle import circle
from zones.errors import Code, Problem, is_full
from zones.geometry import Area, Point, Shape
from zones.limits import Limits
from zones.rings import count_vertices, read_position, read_rings

Floats = NDArray[np.float64]

RADIUS = (10.0, 10_000.0)  # meters

_DRAW_AGAIN = "Draw it so that its edges meet only at their ends."
# what GEOS says of an invalid polygon -> our code, our words, what helps
_REASONS = {
    "Self-intersection": (Code.CROSSING_EDGES, "Edges cross here.", _DRAW_AGAIN),
    "Ring Self-intersection": (
        Code.CROSSING_EDGES,
        "The ring touches itself here.",
        _DRAW_AGAIN,
    ),
    "Hole lies outside shell": (
        Code.HOLE_OUTSIDE,
        "A hole lies outside its polygon.",
        "Make it a polygon of its own, in a MultiPolygon.",
    ),
    "Holes are nested": (
        Code.NESTED_HOLES,
        "A hole lies within another hole.",
        "Leave the inner one out.",
    ),
    "Nested shells": (
        Code.NESTED_PARTS,
        "A part lies within another part.",
        "Leave the inner one out.",
    ),
}
_SPOKEN = re.compile(r"(?P<reason>[^\[]+)\[(?P<lon>\S+) (?P<lat>\S+)\]")


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
        polygon = _read_polygon(coordinates, inner, limits, problems)
        return _checked_size(polygon, path, limits, problems)
    if kind == "MultiPolygon":
        shape = _read_parts(coordinates, inner, limits, problems)
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


def _read_parts(
    raw: object, path: str, limits: Limits, problems: list[Problem]
) -> Shape | None:
    if not isinstance(raw, list):
        text = "This should be a list of polygons."
        problems.append(Problem(path, Code.WRONG_TYPE, text))
        return None
    if not raw:
        problems.append(Problem(path, Code.EMPTY, "This MultiPolygon has no polygons."))
        return None
    shapes: list[Shape] = []
    for i, polygon in enumerate(raw):
        shape = _read_polygon(polygon, f"{path}[{i}]", limits, problems)
        if shape is not None:
            shapes.append(shape)
        if is_full(problems):
            break
    if len(shapes) < len(raw):
        return None
    whole = shapely.MultiPolygon([*shapely.get_parts(shapes)])
    return whole if _is_sound(whole, path, problems) else None


def _read_polygon(
    raw: object, path: str, limits: Limits, problems: list[Problem]
) -> Shape | None:
    count, most = count_vertices(raw), limits.vertices_per_polygon
    if count > most:
        text = f"This polygon has {count} vertices; at most {most} are taken."
        mend = "Simplify it: a meter or two is finer than any phone can tell."
        problems.append(Problem(path, Code.TOO_MANY_VERTICES, text, suggestion=mend))
        return None
    rings = read_rings(raw, path, problems)
    if rings is None:
        return None
    whole = _whole(rings, path, problems)
    if whole is None or not _is_sound(whole, path, problems):
        return None
    return shapely.orient_polygons(split(whole))


def _whole(
    rings: list[Floats], path: str, problems: list[Problem]
) -> shapely.Polygon | None:
    """Return the rings as one polygon that may run on past the antimeridian."""
    closed = [_close(ring) for ring in rings]
    try:
        shell, *holes = map(unwrap, closed)
    except EnclosesPole:
        text = (
            "This ring goes once around the Earth, so it is not clear what is inside."
        )
        mend = "Around a pole, draw the ring along -180, the pole and 180."
        problems.append(Problem(path, Code.AROUND_POLE, text, suggestion=mend))
        return None
    if np.ptp(shell[:, 0]) > 360:
        text = "This ring goes around the Earth more than once."
        problems.append(Problem(path, Code.TOO_WIDE, text))
        return None
    return shapely.Polygon(shell, [beside(hole, shell) for hole in holes])


def _close(ring: Floats) -> Floats:
    """Repeat the first position at the end: its absence is as harmless as winding."""
    if (ring[0] == ring[-1]).all():
        return ring
    return np.concatenate([ring, ring[:1]])


def _is_sound(shape: Shape, path: str, problems: list[Problem]) -> bool:
    reason = shapely.is_valid_reason(shape)
    if reason == "Valid Geometry":
        return True
    spoken = _SPOKEN.fullmatch(reason)
    name = spoken["reason"] if spoken else reason
    at = None
    if spoken:
        longitude = (float(spoken["lon"]) + 180) % 360 - 180
        at = longitude, float(spoken["lat"])
    fallback = Code.BROKEN_SHAPE, f"This is no proper shape: {name}.", _DRAW_AGAIN
    code, text, mend = _REASONS.get(name, fallback)
    problems.append(Problem(path, code, text, at, mend))
    return False


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
