"""Which cells of one face a zone may have points in."""

import numpy as np

from zones.kernel.context import FULL, NEAR, TEST
from zones.kernel.digits import BASES, climb_all, named
from zones.kernel.encode import (
    AXES,
    BACK,
    BASE,
    CENTERS,
    DIGITS,
    TURNS,
)
from zones.kernel.flat import (
    ACROSS,
    BENT,
    CELL,
    flatten,
    holds,
    mark,
)
from zones.kernel.jit import (
    Bytes,
    Floats,
    Ints,
    Keys,
    Longs,
    carray,
    compiled,
    pointer,
)
from zones.kernel.stripes import bounds_of

Work = tuple[Bytes, Ints, Keys]  # room to work in
ROOM = 1 << 16  # cells on a face that are looked at for one part of a zone
STEP = 0.3819660112501051  # of resolution 0, on the plane of a face


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
    marks, spot, digits = work
    flat = np.empty((len(places), 4))
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
