"""How far a place is from the nearest edge of a zone, as `zones/distance.py` has it."""

import math

import numpy as np

from zones.kernel.context import EDGES, MANY, STRIPES, ZONES
from zones.kernel.jit import Floats, Longs, carray, kept, pointer

POLAR = 80.0  # above, a flat map around the place does not do
DIAMETER = 2 * 6_371_008.8  # of the Earth, in meters


@kept
def to_edge(context: Longs, number: int, lon: float, lat: float) -> float:
    """Return meters to the nearest edge, or -1 where edges may not be on the Earth.

    An edge in several stripes is looked at several times, which changes nothing.
    """
    records: Floats = carray(pointer(context[ZONES]), MANY, np.float64)
    stripes: Longs = carray(pointer(context[STRIPES]), MANY, np.int64)
    edges: Floats = carray(pointer(context[EDGES]), MANY, np.float64)
    r = 8 * number
    on_rim = (abs(records[r]) >= 180.0) | (abs(records[r + 2]) >= 180.0)
    on_rim |= (abs(records[r + 1]) >= 90.0) | (abs(records[r + 3]) >= 90.0)
    if on_rim or abs(lat) > POLAR:
        return -1.0
    first = np.int64(records[r + 5])
    shrink = math.cos(math.radians(lat))
    nearest = 1.0
    for e in range(
        4 * stripes[first], 4 * stripes[first + np.int64(records[r + 6])], 4
    ):
        turns = 360.0 * np.rint((lon - (edges[e] + edges[e + 2]) / 2) / 360.0)
        x, y = (edges[e] + turns - lon) * shrink, edges[e + 1] - lat
        dx, dy = (edges[e + 2] + turns - lon) * shrink - x, edges[e + 3] - lat - y
        square = dx * dx + dy * dy
        along = -(x * dx + y * dy) / square if square > 0.0 else 0.0
        along = min(max(along, 0.0), 1.0)
        x, y = math.radians(x + along * dx) / shrink, math.radians(y + along * dy)
        east, north = math.sin(x / 2), math.sin(y / 2)
        chord = north * north + shrink * math.cos(math.radians(lat) + y) * east * east
        nearest = min(nearest, chord)
    return DIAMETER * math.asin(math.sqrt(nearest))
