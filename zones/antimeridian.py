"""Rings that cross the antimeridian: made whole, so that they can be split there."""

import numpy as np
import shapely
from numpy.typing import NDArray

from zones.geometry import Shape

Floats = NDArray[np.float64]


class EnclosesPole(Exception):
    """A ring that goes once around the Earth has no inside on a flat map."""


def unwrap(ring: Floats) -> Floats:
    """Return a closed ring with longitudes that run on past 180 where it crosses.

    Two neighbours more than 180 degrees apart mean the short way. A ring drawn to the
    ends of the map (along a pole, or the whole width) is left as it is.
    """
    jumps = np.diff(ring[:, 0])
    turns = np.where(jumps > 180, -360.0, np.where(jumps < -180, 360.0, 0.0))
    if not turns.any():
        return ring
    shift = np.concatenate([[0.0], np.cumsum(turns)])
    whole = np.column_stack([ring[:, 0] + shift, ring[:, 1]])
    if shift[-1] != 0:
        if _is_drawn_flat(ring, turns != 0):
            return ring
        raise EnclosesPole
    return ring if np.ptp(whole[:, 0]) == 0 else whole


def _is_drawn_flat(ring: Floats, jumps: NDArray[np.bool_]) -> bool:
    start, end = ring[:-1][jumps], ring[1:][jumps]
    along_pole = (np.abs(start[:, 1]) == 90) & (start[:, 1] == end[:, 1])
    across_map = np.abs(start[:, 0] - end[:, 0]) == 360
    return bool((along_pole | across_map).all())


def beside(hole: Floats, shell: Floats) -> Floats:
    """Return a hole moved by whole turns to where its shell is."""
    west, east = shell[:, 0].min(), shell[:, 0].max()
    for turn in (0.0, 360.0, -360.0):
        lons = hole[:, 0] + turn
        if lons.min() >= west and lons.max() <= east:
            return np.column_stack([lons, hole[:, 1]])
    return hole


def split(polygon: shapely.Polygon) -> Shape:
    """Return a polygon cut at the antimeridian into parts within -180 to 180."""
    west, _, east, _ = polygon.bounds
    if west >= -180 and east <= 180:
        return polygon
    parts = [part for turn in (-360.0, 0.0, 360.0) for part in _within(polygon, turn)]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _within(polygon: shapely.Polygon, turn: float) -> list[shapely.Polygon]:
    window = shapely.box(turn - 180, -90, turn + 180, 90)
    cut = shapely.intersection(polygon, window)
    parts = [
        part for part in shapely.get_parts(cut) if isinstance(part, shapely.Polygon)
    ]
    return [_moved(part, -turn) for part in parts if not part.is_empty]


def _moved(polygon: shapely.Polygon, turn: float) -> shapely.Polygon:
    if turn == 0:
        return polygon
    return shapely.transform(polygon, lambda points: points + np.array([turn, 0.0]))
