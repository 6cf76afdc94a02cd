"""How a zone is to be covered with cells: how fine, and a little more than itself."""

import numpy as np
import shapely
from msgspec import Struct
from numpy.typing import NDArray

from zones.geometry import SLACK
from zones.sphere import METERS_PER_DEGREE, degrees_for, ring_km2
from zones.zone import Zone

Floats = NDArray[np.float64]

# Nearer to a pole or to the antimeridian, flat maps and cells disagree too much.
NORTHERNMOST = 80.0
EASTERNMOST = 179.5
WIDEST = 60.0  # degrees

MOST_CELLS = 300  # a zone, and some for each further part
MORE_CELLS = 10
BOX_CELLS = 24
EMPTIEST = 20  # boxes hold at most so many times the cells of what is in them


class Level(Struct, frozen=True):
    """A size of cells; ``bend`` (degrees) is more than their edges bend."""

    resolution: int
    cell_km2: float
    edge_km: float
    bend: float


# Fine to coarse. A city block has one to seven cells of the first, a province some
# hundreds of the third. Areas and edges are H3's averages.
LEVELS = (
    Level(9, 0.1053, 0.2008, 1e-6),
    Level(7, 5.161, 1.4065, 3e-5),
    Level(5, 252.9, 9.854, 1e-3),
    Level(3, 12393.0, 69.0, 5e-2),
)


class Cover(Struct, frozen=True):
    """Outlines to be filled with cells of one size."""

    level: Level
    outlines: tuple[shapely.Polygon, ...]


def plan_cover(zone: Zone) -> Cover | None:
    """Return how to cover a zone with its approach, or none if cells do not suit it."""
    shells = [shapely.Polygon(part.exterior) for part in zone.area.parts]
    most = MOST_CELLS + MORE_CELLS * len(shells)
    for level in LEVELS:
        if sum(_fewest(shell, level) for shell in shells) > most:
            continue
        outlines = [_widened(shell, zone, level) for shell in shells]
        if not all(map(_is_ordinary, outlines)):
            return None
        if sum(_estimate(outline, level) for outline in outlines) <= most:
            return Cover(level, tuple(outlines))
    return None


def _widened(shell: shapely.Polygon, zone: Zone, level: Level) -> shapely.Polygon:
    """Return an outline that also holds the approach and what bent edges cut off.

    It is a mere box where that hardly touches more cells.
    """
    west, south, east, north = shell.bounds
    meters = (zone.approach_meters or 0.0) * SLACK
    # a tenth more: a buffer's round corners are cut a little short
    rim = 1.1 * (max(degrees_for(meters, max(abs(south), abs(north)))) + level.bend)
    box = shapely.box(west - rim, south - rim, east + rim, north + rim)
    if _estimate(box, level) <= BOX_CELLS:
        return box
    return shapely.Polygon(shapely.buffer(shell, rim, quad_segs=4).exterior)


def _is_ordinary(outline: shapely.Polygon) -> bool:
    west, south, east, north = outline.bounds
    return (
        max(abs(south), abs(north)) <= NORTHERNMOST
        and max(abs(west), abs(east)) <= EASTERNMOST
        and east - west <= WIDEST
    )


def _fewest(shell: shapely.Polygon, level: Level) -> float:
    return 1 + ring_km2(shapely.get_coordinates(shell.exterior)) / level.cell_km2


def _estimate(outline: shapely.Polygon, level: Level) -> float:
    """Return about how many cells touch an outline, rather too many."""
    ring = shapely.get_coordinates(outline.exterior)
    inner = ring_km2(ring) / level.cell_km2
    rim = 1.5 * _length_km(ring) / level.edge_km
    box = ring_km2(shapely.get_coordinates(shapely.box(*outline.bounds)))
    return max(1 + inner + rim, box / level.cell_km2 / EMPTIEST)


def _length_km(ring: Floats) -> float:
    steps = np.diff(ring, axis=0)
    steps[:, 0] *= np.cos(np.radians(ring[1:, 1]))
    return float(np.hypot(steps[:, 0], steps[:, 1]).sum()) * METERS_PER_DEGREE / 1000
