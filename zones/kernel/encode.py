"""From places to H3 cells, 256 at a time: the very ids of h3, without its trigonometry.

H3 projects the sphere on the 20 faces of an icosahedron, each a flat lattice of
hexagons, and numbers the hexagons by seven: a cell and its six neighbours are the
children of one cell. A place in a lattice is kept as (a, b), steps along two axes that
are 120 degrees apart, so that up to four generations are found in one table, by a and b
modulo 49.
"""

import numpy as np

from zones.kernel.digits import (
    BASES,
    REACH,
    WIDE,
    climb_all,
    leading,
    turned,
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
from zones.kernel.sphere import face_of, faces_of, to_sphere

BLOCK = 256
FLOATS, INTS = 6 * BLOCK, 6 * BLOCK  # numbers that encoding a block needs room for

# Where the tables are in the lattice's context: each an address.
CENTERS, AXES, SQUARES, DIGITS, BACK, BASE, TURNS, PAIRS = range(8)


@compiled
def nearest_hexagon(a: float, b: float) -> tuple[float, float]:
    """Return the lattice point whose hexagon holds a place of the plane."""
    c = a - b
    na, nb, nc = np.rint(a), np.rint(b), np.rint(c)
    da, db, dc = abs(na - a), abs(nb - b), abs(nc - c)
    wrong = na - nb != nc
    fix_a = wrong & (da > db) & (da > dc)
    fix_b = wrong & (db > dc) & (not fix_a)
    return (nb + nc if fix_a else na), (na - nc if fix_b else nb)


@compiled
def to_lattice(
    centers: Floats,
    axes: Floats,
    scale: float,
    face: int,
    x: Floats,
    y: Floats,
    z: Floats,
    a: Ints,
    b: Ints,
) -> None:
    """Project places on the plane of a face, and find their hexagons there."""
    c0, c1, c2 = centers[3 * face], centers[3 * face + 1], centers[3 * face + 2]
    o = 6 * face
    a0, a1, a2 = axes[o], axes[o + 1], axes[o + 2]
    b0, b1, b2 = axes[o + 3], axes[o + 4], axes[o + 5]
    for i in range(len(x)):
        w = scale / (x[i] * c0 + y[i] * c1 + z[i] * c2)
        pa = (x[i] * a0 + y[i] * a1 + z[i] * a2) * w
        pb = (x[i] * b0 + y[i] * b1 + z[i] * b2) * w
        ra, rb = nearest_hexagon(pa, pb)
        a[i], b[i] = np.int32(ra), np.int32(rb)


@compiled
def name_all(
    places: Ints,
    turns: Bytes,
    face: int,
    a: Ints,
    b: Ints,
    keys: Keys,
    found: Ints,
    resolution: int,
) -> None:
    """Turn digits on a face to ids of cells."""
    odd = np.int32(0)
    first = np.int32(BASES * face + WIDE * REACH + REACH)
    for i in range(len(a)):
        at = np.uint32(first + np.int32(WIDE) * a[i] + b[i])
        at = at if at < np.uint32(20 * BASES) else np.uint32(0)
        found[i] = places[at]
        odd |= found[i]
    if odd < 0:  # a pentagon somewhere: its sectors turn each in its own way
        for i in range(len(a)):
            if found[i] < 0:
                at = BASES * face + WIDE * (a[i] + REACH) + b[i] + REACH
                turn = turns[8 * at + leading(keys[i], resolution)]
                found[i] = (found[i] & 1016) | np.int32(turn)
    rest = np.uint64(3 * (15 - resolution))
    head = np.uint64(1) << np.uint64(59) | np.uint64(resolution) << np.uint64(52)
    head |= (np.uint64(1) << rest) - np.uint64(1)
    for i in range(len(a)):
        place = int(found[i])
        keys[i] = (
            head
            | np.uint64(place >> 3) << np.uint64(45)
            | turned(keys[i], place & 7) << rest
        )


@compiled
def encode_on(
    lattice: Longs,
    resolution: int,
    face: int,
    x: Floats,
    y: Floats,
    z: Floats,
    ints: Ints,
    keys: Keys,
) -> None:
    """Write the cell of each of at most 256 places that are all on one face."""
    n = len(x)
    centers = carray(pointer(lattice[CENTERS]), 60, np.float64)
    axes = carray(pointer(lattice[AXES]), 240, np.float64)[120 * (resolution % 2) :]
    tables = carray(pointer(lattice[DIGITS]), 10 * 2401, np.int32)
    backs = carray(pointer(lattice[BACK]), 50, np.int32)
    places = carray(pointer(lattice[BASE]), 20 * BASES, np.int32)
    turns = carray(pointer(lattice[TURNS]), 160 * BASES, np.uint8)
    a, b, found = ints[:n], ints[BLOCK : BLOCK + n], ints[2 * BLOCK : 2 * BLOCK + n]
    scale = 7.0 ** (0.5 * resolution)
    to_lattice(centers, axes, scale, face, x, y, z, a, b)
    climb_all(tables, backs, resolution, a, b, keys)
    name_all(places, turns, face, a, b, keys, found, resolution)


@compiled
def encode_block(
    lattice: Longs,
    resolution: int,
    lons: Floats,
    lats: Floats,
    floats: Floats,
    ints: Ints,
    keys: Keys,
) -> None:
    """Write the cell of each of at most 256 places; 0 for what is no place.

    Those on several faces are sorted by face, so that each step is the same for many.
    """
    n = len(lons)
    centers = carray(pointer(lattice[CENTERS]), 60, np.float64)
    squares = carray(pointer(lattice[SQUARES]), 181 * 361, np.int8)
    pairs = carray(pointer(lattice[PAIRS]), 60, np.int64)
    x, y, z = floats[:n], floats[BLOCK : BLOCK + n], floats[2 * BLOCK : 2 * BLOCK + n]
    faces = ints[3 * BLOCK : 3 * BLOCK + n]
    to_sphere(lons, lats, x, y, z)
    if faces_of(centers, squares, pairs, lons, lats, x, y, z, faces):
        face = int(np.int64(faces[0]))
        encode_on(lattice, resolution, face, x, y, z, ints, keys)
    else:
        order, ends = ints[4 * BLOCK : 4 * BLOCK + n], ints[5 * BLOCK :]
        sorted_x = floats[3 * BLOCK : 3 * BLOCK + n]
        sorted_y = floats[4 * BLOCK : 4 * BLOCK + n]
        sorted_z = floats[5 * BLOCK : 5 * BLOCK + n]
        found = np.empty(n, np.uint64)
        sort_by_face(faces, order, ends)
        for at in range(n):
            i = order[at]
            sorted_x[at], sorted_y[at], sorted_z[at] = x[i], y[i], z[i]
        for f in range(20):
            one = slice(np.int64(ends[f]), np.int64(ends[f + 1]))
            if ends[f] < ends[f + 1]:
                xs, ys, zs = sorted_x[one], sorted_y[one], sorted_z[one]
                encode_on(lattice, resolution, f, xs, ys, zs, ints, found[one])
        for at in range(n):
            keys[order[at]] = found[at]
    for i in range(n):
        if not ((abs(lons[i]) <= 180.0) & (abs(lats[i]) <= 90.0)):
            keys[i] = np.uint64(0)


@compiled
def sort_by_face(faces: Ints, order: Ints, ends: Ints) -> None:
    """Write places by face, and where those of each face end; face n begins where n - 1 ends."""
    for f in range(22):
        ends[f] = 0
    for i in range(len(faces)):
        ends[faces[i] + 2] += 1
    for f in range(1, 21):
        ends[f + 1] += ends[f]
    for i in range(len(faces)):
        at = ends[faces[i] + 1]
        ends[faces[i] + 1] = at + 1
        order[at] = i


@kept
def encode(
    lattice: Longs, resolution: int, lons: Floats, lats: Floats, keys: Keys
) -> None:
    """Write the cell of each place."""
    floats, ints = np.empty(FLOATS), np.empty(INTS, np.int32)
    for start in range(0, len(lons), BLOCK):
        end = min(start + BLOCK, len(lons))
        here, xs, ys = keys[start:end], lons[start:end], lats[start:end]
        encode_block(lattice, resolution, xs, ys, floats, ints, here)


@kept
def on_face(
    lattice: Longs,
    resolution: int,
    lons: Floats,
    lats: Floats,
    faces: Ints,
    first: Ints,
    digits: Keys,
) -> None:
    """Write where places are before they have a name: face, (a, b) at 0, and digits."""
    centers = carray(pointer(lattice[CENTERS]), 60, np.float64)
    axes = carray(pointer(lattice[AXES]), 240, np.float64)[120 * (resolution % 2) :]
    tables = carray(pointer(lattice[DIGITS]), 10 * 2401, np.int32)
    backs = carray(pointer(lattice[BACK]), 50, np.int32)
    n = len(lons)
    x, y, z = np.empty(n), np.empty(n), np.empty(n)
    a, b = np.empty(n, np.int32), np.empty(n, np.int32)
    to_sphere(lons, lats, x, y, z)
    scale = 7.0 ** (0.5 * resolution)
    for i in range(n):
        face = face_of(centers, x[i], y[i], z[i])
        faces[i] = face
        one = slice(i, i + 1)
        to_lattice(centers, axes, scale, face, x[one], y[one], z[one], a[one], b[one])
    climb_all(tables, backs, resolution, a, b, digits)
    for i in range(n):
        first[2 * i], first[2 * i + 1] = a[i], b[i]
