"""How far a point is from the edge of an area, inside positive."""

import math

import numpy as np
import shapely
from numpy.typing import NDArray

from zones.geometry import Area, Point
from zones.sphere import EARTH_RADIUS, HALF_WAY_ROUND, great_circle

Floats = NDArray[np.float64]

# Above this a degree of longitude shrinks too fast for a flat map around the point.
POLAR = 80.0
STEP = 0.1  # degrees; a chord of a parallel at 80 degrees then bulges 0.4 m at most


def is_inside(point: Point, area: Area) -> bool:
    """Tell whether the area covers the point, its edge included."""
    lon, lat = point.longitude, point.latitude
    if shapely.intersects_xy(area.geometry, lon, lat):
        return True
    return abs(lon) == 180 and bool(shapely.intersects_xy(area.geometry, -lon, lat))


def signed_meters(point: Point, area: Area, inside: bool) -> float:
    """Return the meters to the nearest edge, negative when the point is outside."""
    return signed(meters_to_edge(point, area), inside)


def signed(meters: float, inside: bool) -> float:
    """Return meters to an edge as they are inside, or negative outside."""
    return meters if inside else -meters + 0.0


def meters_to_edge(point: Point, area: Area) -> float:
    """Return the meters to the nearest edge."""
    edges = area.edges
    if len(edges) == 0:
        return HALF_WAY_ROUND
    if abs(point.latitude) > POLAR:
        return _to_polar_edge(point, _cut(edges))
    middle = (edges[:, 0] + edges[:, 2]) / 2
    turns = 360 * np.rint((point.longitude - middle) / 360)
    shrink = math.cos(math.radians(point.latitude))
    x1 = (edges[:, 0] + turns - point.longitude) * shrink
    x2 = (edges[:, 2] + turns - point.longitude) * shrink
    x, y = _nearest(x1, edges[:, 1] - point.latitude, x2, edges[:, 3] - point.latitude)
    lons, lats = point.longitude + x / shrink, point.latitude + y
    return float(great_circle(point.longitude, point.latitude, lons, lats).min())


def _to_polar_edge(point: Point, edges: Floats) -> float:
    """Measure on a map around the point that keeps distance and direction from it."""
    x1, y1 = _around(point, edges[:, 0], edges[:, 1])
    x2, y2 = _around(point, edges[:, 2], edges[:, 3])
    x, y = _nearest(x1, y1, x2, y2)
    return float(np.hypot(x, y).min())


def _around(point: Point, lons: Floats, lats: Floats) -> tuple[Floats, Floats]:
    y0, y = math.radians(point.latitude), np.radians(lats)
    turn = np.radians(lons - point.longitude)
    east = np.cos(y) * np.sin(turn)
    north = math.cos(y0) * np.sin(y) - math.sin(y0) * np.cos(y) * np.cos(turn)
    meters = great_circle(point.longitude, point.latitude, lons, lats)
    length = np.hypot(east, north)
    scale = np.divide(
        meters, length, out=np.full_like(meters, EARTH_RADIUS), where=length > 0
    )
    return east * scale, north * scale


def _nearest(x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> tuple[Floats, Floats]:
    """Return on each segment the point nearest to the origin."""
    dx, dy = x2 - x1, y2 - y1
    square = dx * dx + dy * dy
    along = -(x1 * dx + y1 * dy) / np.where(square > 0, square, 1.0)
    along = np.minimum(np.maximum(along, 0.0), 1.0)
    return x1 + along * dx, y1 + along * dy


def _cut(edges: Floats) -> Floats:
    """Cut edges into pieces short enough to be straight near a pole."""
    span = np.maximum(
        np.abs(edges[:, 2] - edges[:, 0]), np.abs(edges[:, 3] - edges[:, 1])
    )
    counts = np.maximum(1, np.ceil(span / STEP)).astype(np.int64)
    row = np.repeat(np.arange(len(edges)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    step = np.arange(len(row)) - first
    start, end = edges[row, :2], edges[row, 2:]
    share, next_share = step / counts[row], (step + 1) / counts[row]
    return np.hstack(
        [
            start + (end - start) * share[:, None],
            start + (end - start) * next_share[:, None],
        ]
    )
