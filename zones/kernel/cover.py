"""Which cells a zone may have points in: its own cover, with margins that are proved.

All is done on the planes of faces. A place of the zone near another face is looked at
on that face's plane as well, since there it is encoded.
"""

import numpy as np

from zones.kernel.encode import (
    CENTERS,
)
from zones.kernel.face import STEP, Work, cover_on_face
from zones.kernel.flat import (
    BENT,
    CELL,
    faces_near,
    pieces_of,
    refine,
)
from zones.kernel.jit import (
    Bytes,
    Floats,
    Keys,
    Longs,
    carray,
    compiled,
    pointer,
)
from zones.kernel.stripes import bounds_of

PIECES = 200_000  # edges of one part, cut short for the plane of a face
TALLEST = 38.0  # degrees; a zone as tall as a whole face could hold one


@compiled
def cover_part(
    lattice: Longs,
    resolution: int,
    itself: bool,
    edges: Floats,
    approach: float,
    work: Work,
    keys: Keys,
    kinds: Bytes,
    count: int,
) -> int:
    """Add the cells of one part and its approach (radians); -1 if they are too many."""
    centers = carray(pointer(lattice[CENTERS]), 60, np.float64)
    scale = 7.0 ** (0.5 * resolution)
    longest = np.sqrt(0.4 * BENT * STEP / scale)
    pieces = 0
    for e in range(len(edges)):
        pieces += pieces_of(edges, e, longest)
    if pieces > PIECES:
        return -1
    places = np.empty((pieces, 6))
    refine(edges, longest, places)
    # away from the middle of a face, the plane is stretched up to 1 / cos(37.4) ** 2 times
    near = approach * 1.7 * scale / STEP + CELL + BENT if approach > 0.0 else 0.0
    bits = faces_near(centers, places, 1.1 * approach + longest + 3.0 * STEP / scale)
    alone = bits & (bits - 1) == 0
    for face in range(20):
        if bits >> face & 1:
            count = cover_on_face(
                lattice,
                resolution,
                itself,
                face,
                alone,
                places,
                near,
                work,
                keys,
                kinds,
                count,
            )
            if count < 0:
                return -1
    return count


@compiled
def size_of(edges: Floats) -> tuple[float, float]:
    """Return the height of what edges enclose, and its area in square radians."""
    area = 0.0
    _, low, _, high = bounds_of(edges)
    shrink = np.cos(max(abs(low), abs(high)) * np.pi / 180)
    x, y = edges[0, 0], edges[0, 1]
    unit = np.pi / 180
    for e in range(len(edges)):
        x0, y0, x1, y1 = (
            edges[e, 0] - x,
            edges[e, 1] - y,
            edges[e, 2] - x,
            edges[e, 3] - y,
        )
        area += (x0 * y1 - x1 * y0) * unit * unit * shrink
    return high - low, 0.5 * abs(area)


@compiled
def cover_zone(
    lattice: Longs,
    finest: int,
    edges: Floats,
    ends: Longs,
    approach: float,
    work: Work,
    keys: Keys,
    kinds: Bytes,
) -> tuple[int, int]:
    """Find the cells of a zone, the finest that there is room for; return level and count."""
    budget = len(keys)
    height, area = size_of(edges)
    if height > TALLEST:
        return -1, 0
    for level in range(finest, 0, -1):
        step = STEP / 7.0 ** (0.5 * level)
        if area > budget * step * step:
            continue
        if approach > 8.0 * step:
            continue
        # a plain 0 would have a type, and what is called with it a second compilation
        count, start = int(np.int64(0)), 0
        for p in range(len(ends)):
            count = cover_part(
                lattice,
                level,
                level == finest,
                edges[start : ends[p]],
                approach,
                work,
                keys[:budget],
                kinds,
                count,
            )
            start = ends[p]
            if count < 0:
                break
        if count >= 0:
            return level, count
    return -1, 0
