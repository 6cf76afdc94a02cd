"""Areas of polygons with nothing odd about them, looked at all at once.

Most of an upload is such. The rest is left to ``read_area``, which looks closely and
says what is wrong.
"""

from collections.abc import Sequence
from itertools import chain

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from zones.geometry import Area
from zones.limits import Limits
from zones.sphere import EARTH_RADIUS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Objects = NDArray[np.object_]
Ring = list[tuple[float, float]]

SHORTEST = 4  # positions of a ring, the first of them repeated
LARGEST = (EARTH_RADIUS / 1000) ** 2  # km2 of a radian by a radian at the equator


def plain_areas(features: Sequence[object], limits: Limits) -> list[Area | None]:
    """Return the areas of those features that are plain polygons, in order.

    Plain: of closed rings of pairs, away from the antimeridian, valid, within limits.
    """
    found = [_rings(feature, limits.vertices_per_polygon) for feature in features]
    polygons = [rings for rings in found if rings]
    if not polygons:
        return [None] * len(features)
    shapes = iter(_shapes(polygons, limits.area_km2))
    made = (next(shapes) if rings else None for rings in found)
    return [None if shape is None else Area(shape) for shape in made]


def owners(groups: Sequence[Sequence[object]]) -> NDArray[np.intp]:
    """Return for each member of all groups in turn which group it is of."""
    return np.repeat(np.arange(len(groups)), [len(group) for group in groups])


def _rings(feature: object, most: int) -> list[Ring]:
    """Return the rings of a polygon, or none if there is a doubt about any."""
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict) or geometry.get("type") != "Polygon":
        return []
    try:
        rings = msgspec.convert(geometry.get("coordinates"), list[Ring])
    except msgspec.ValidationError:
        return []
    closed = all(len(ring) >= SHORTEST and ring[0] == ring[-1] for ring in rings)
    return rings if closed and sum(map(len, rings)) <= most else []


def _shapes(
    polygons: Sequence[Sequence[Ring]], most_km2: float
) -> list[shapely.Polygon | None]:
    rings = list(chain.from_iterable(polygons))
    positions = np.array(list(chain.from_iterable(rings)), dtype=np.float64)
    ring_of, polygon_of = owners(rings), owners(polygons)
    odd = np.zeros(len(polygons), dtype=np.bool_)
    lost = _off_the_map(positions)
    odd[polygon_of[ring_of[lost]]] = True
    positions[lost] = 0.0
    jumps = (np.abs(np.diff(positions[:, 0])) > 180) & (ring_of[1:] == ring_of[:-1])
    odd[polygon_of[ring_of[1:][jumps]]] = True
    whole = ~odd[polygon_of]
    lines: Objects = np.empty(len(rings), dtype=np.object_)
    shapely.linearrings(positions, indices=ring_of, out=lines)
    made: Objects = np.full(len(polygons), None, dtype=np.object_)
    shapely.polygons(lines[whole], indices=polygon_of[whole], out=made)
    good = ~odd
    good[good] = _are_sound(made[good], most_km2)
    made[good] = shapely.orient_polygons(made[good])
    made[~good] = None
    shapes: list[shapely.Polygon | None] = made.tolist()
    return shapes


def _off_the_map(positions: Floats) -> Flags:
    """Tell which positions are out of range; what is not a number is as well."""
    return ~((np.abs(positions[:, 0]) <= 180) & (np.abs(positions[:, 1]) <= 90))


def _are_sound(polygons: Objects, most_km2: float) -> Flags:
    """Tell which polygons are valid and surely small enough: their box is."""
    west, south, east, north = np.radians(shapely.bounds(polygons)).T
    km2 = LARGEST * (east - west) * (np.sin(north) - np.sin(south))
    sound: Flags = shapely.is_valid(polygons) & (km2 <= most_km2)
    return sound
