"""Where an area is cut on the map but not on the Earth."""

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def real_edges(geometry: shapely.Polygon | shapely.MultiPolygon) -> Floats:
    """Return the edges that exist on the Earth, one a row: lon, lat, lon, lat."""
    edges = _all_edges(geometry)
    edges = edges[~_is_level(edges[:, 1], edges[:, 3], 90.0)]
    on_seam = _is_level(edges[:, 0], edges[:, 2], 180.0)
    if not on_seam.any():
        return edges
    return np.concatenate([edges[~on_seam], _uncovered(edges[on_seam])])


def _all_edges(geometry: shapely.Polygon | shapely.MultiPolygon) -> Floats:
    rings = shapely.get_rings(shapely.get_parts(geometry))
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return np.hstack([coordinates[:-1][same], coordinates[1:][same]])


def _is_level(start: Floats, end: Floats, at: float) -> NDArray[np.bool_]:
    level: NDArray[np.bool_] = (np.abs(start) == at) & (start == end)
    return level


def _uncovered(seam: Floats) -> Floats:
    """Of the edges at -180 and 180, keep what has no counterpart across."""
    east = _spans(seam[seam[:, 0] > 0])
    west = _spans(seam[seam[:, 0] < 0])
    alone = [(180.0, span) for span in _minus(east, west)]
    alone += [(-180.0, span) for span in _minus(west, east)]
    rows = [(lon, low, lon, high) for lon, (low, high) in alone]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _spans(seam: Floats) -> list[tuple[float, float]]:
    return [(min(a, b), max(a, b)) for a, b in zip(seam[:, 1], seam[:, 3], strict=True)]


def _minus(
    spans: list[tuple[float, float]], others: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    left = spans
    for low, high in others:
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, low)), (max(start, high), end))
            if piece[0] < piece[1]
        ]
    return left
