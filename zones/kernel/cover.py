"""Which cells a zone may have points in: its own cover, with margins that are proved.

All is done on the planes of faces. A place of the zone near another face is looked at
on that face's plane as well, since there it is encoded.
"""

import numpy as np

from zones.kernel.context import FULL, NEAR, TEST
from zones.kernel.encode import (
    AXES,
    BACK,
    BASE,
    BASES,
    CENTERS,
    DIGITS,
    TURNS,
    climb_all,
    named,
)
from zones.kernel.flat import (
    ACROSS,
    BENT,
    CELL,
    faces_near,
    flatten,
    holds,
    mark,
    refine,
)
from zones.kernel.jit import (
    Bytes,
    Floats,
    Ints,
    Keys,
    Longs,
    carray,
    compiled,
    kept,
    pointer,
)
from zones.kernel.stripes import bounds_of

Work = tuple[Floats, Bytes, Ints, Keys]  # room to work in

ROOM = 1 << 16  # cells on a face that are looked at for one part of a zone
STEP = 0.3819660112501051  # of resolution 0, on the plane of a face
PIECES = 200_000  # edges of one part, cut short for the plane of a face
TALLEST = 38.0  # degrees; a zone as tall as a whole face could hold one


@compiled
def name_of(
    lattice: Longs, resolution: int, face: int, a: int, b: int, spot: Ints, digits: Keys
) -> np.uint64:
    """Return the id of a cell by its place on a face."""
    tables = carray(pointer(lattice[DIGITS]), 10 * 2401, np.int32)
    backs = carray(pointer(lattice[BACK]), 50, np.int32)
    base = carray(pointer(lattice[BASE]), 20 * BASES, np.int32)
    turns = carray(pointer(lattice[TURNS]), 160 * BASES, np.uint8)
    spot[0], spot[1] = np.int32(a), np.int32(b)
    climb_all(tables, backs, resolution, spot[0:1], spot[1:2], digits)
    first, second = int(spot[0]), int(spot[1])
    return named(base, turns, face, first, second, digits[0], resolution)


@compiled
def leeway(
    centers: Floats, axes: Floats, face: int, scale: float, a: float, b: float
) -> float:
    """Return how much nearer a cell's middle is to its face's than to any other's."""
    # the plane's axes, got back from what measures along them
    o = 6 * face
    x, y, z = centers[3 * face], centers[3 * face + 1], centers[3 * face + 2]
    u, v = (a - 0.5 * b) * STEP * STEP / scale, (b - 0.5 * a) * STEP * STEP / scale
    x += u * axes[o] + v * axes[o + 3]
    y += u * axes[o + 1] + v * axes[o + 4]
    z += u * axes[o + 2] + v * axes[o + 5]
    length = np.sqrt(x * x + y * y + z * z)
    x, y, z = x / length, y / length, z / length
    own, other = 0.0, -2.0
    for f in range(20):
        dot = x * centers[3 * f] + y * centers[3 * f + 1] + z * centers[3 * f + 2]
        if f == face:
            own = dot
        elif dot > other:
            other = dot
    return own - other


@compiled
def cover_on_face(
    lattice: Longs,
    resolution: int,
    itself: bool,
    face: int,
    alone: bool,
    places: Floats,
    near: float,
    work: Work,
    keys: Keys,
    kinds: Bytes,
    count: int,
) -> int:
    """Add the cells of one part on one face; return how many there are now, or -1."""
    centers = carray(pointer(lattice[CENTERS]), 60, np.float64)
    axes = carray(pointer(lattice[AXES]), 240, np.float64)[120 * (resolution % 2) :]
    flat_all, marks, spot, digits = work
    flat = flat_all[: len(places)]
    scale = 7.0 ** (0.5 * resolution)
    if not flatten(centers, axes, face, scale, places, flat):
        return -1
    pad = 1.2 * max(near, CELL + BENT) + 2.0
    a0, b0, a1, b1 = bounds_of(flat)
    west, south = int(np.floor(a0 - pad)), int(np.floor(b0 - pad))
    east, north = int(np.ceil(a1 + pad)), int(np.ceil(b1 + pad))
    wide = north - south + 1
    size = (east - west + 1) * wide
    if size > ROOM:
        return -1
    for at in range(size):
        marks[at] = 0
    mark(flat, near, itself, west, south, wide, marks)
    edge = ACROSS * (CELL + BENT) * STEP / scale
    for b in range(south, north + 1):
        known, inside = True, False  # the first cell of a row is outside
        for a in range(west, east + 1):
            seen = marks[(a - west) * wide + b - south]
            if seen & 1:
                known, kind = False, TEST
            else:
                if not known:
                    known, inside = True, holds(flat, np.float64(a), np.float64(b))
                if not inside and not seen:
                    continue
                kind = FULL if inside else NEAR
            if not alone:
                room = leeway(centers, axes, face, scale, a, b)
                if room < -edge:
                    continue  # no place of this cell is on this face
                if room < edge and kind == FULL:
                    kind = TEST
            key = name_of(lattice, resolution, face, a, b, spot, digits)
            if key == np.uint64(0):
                continue
            if count == len(keys):
                return -1
            keys[count], kinds[count] = key, kind
            count += 1
    return count


@compiled
def cover_part(
    lattice: Longs,
    resolution: int,
    itself: bool,
    edges: Floats,
    approach: float,
    work: Work,
    places: Floats,
    keys: Keys,
    kinds: Bytes,
    count: int,
) -> int:
    """Add the cells of one part and its approach (radians); -1 if they are too many."""
    centers = carray(pointer(lattice[CENTERS]), 60, np.float64)
    scale = 7.0 ** (0.5 * resolution)
    pieces = refine(edges, np.sqrt(0.4 * BENT * STEP / scale), places)
    if pieces < 0:
        return -1
    # away from the middle of a face, the plane is stretched up to 1 / cos(37.4) ** 2 times
    near = approach * 1.7 * scale / STEP + CELL + BENT if approach > 0.0 else 0.0
    longest = np.sqrt(0.4 * BENT * STEP / scale)
    bits = faces_near(
        centers, places[:pieces], 1.1 * approach + longest + 3.0 * STEP / scale
    )
    alone = bits & (bits - 1) == 0
    for face in range(20):
        if bits >> face & 1:
            count = cover_on_face(
                lattice,
                resolution,
                itself,
                face,
                alone,
                places[:pieces],
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
    places: Floats,
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
                places,
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


@kept
def cover_all(
    lattice: Longs,
    finest: int,
    most: int,
    edges: Floats,
    starts: Longs,
    part_starts: Longs,
    parts: Longs,
    approaches: Floats,
    keys: Keys,
    kinds: Bytes,
    levels: Longs,
    counts: Longs,
    from_zone: int,
) -> tuple[int, int]:
    """Find the cells of zones as far as there is room; return where it stopped, and their number."""
    work = (
        np.empty((PIECES, 4)),
        np.empty(ROOM, np.uint8),
        np.empty(2, np.int32),
        np.empty(1, np.uint64),
    )
    places = np.empty((PIECES, 6))
    used = 0
    for z in range(from_zone, len(starts) - 1):
        levels[z], counts[z] = -1, 0
        if starts[z] == starts[z + 1] or approaches[z] < 0.0:
            continue
        ends = parts[part_starts[z] : part_starts[z + 1]] - starts[z]
        room = most + (starts[z + 1] - starts[z]) // 3 + 12 * len(ends)
        if used + room > len(keys):
            return z, used
        level, count = cover_zone(
            lattice,
            finest,
            edges[starts[z] : starts[z + 1]],
            ends,
            approaches[z],
            work,
            places,
            keys[used : used + room],
            kinds[used : used + room],
        )
        levels[z], counts[z] = level, count
        used += count
    return len(starts) - 1, used
