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
    Words,
    carray,
    compiled,
    kept,
    pointer,
)
from zones.kernel.sphere import face_of, faces_of, to_sphere

BLOCK = 256
FLOATS, INTS = 3 * BLOCK, 4 * BLOCK  # numbers that encoding a block needs room for

# What is unsigned is no place from the end, which would be looked into each time.
U1, U2, U3, U4, U5 = (np.uint64(n) for n in range(1, 6))

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
    faces: Words,
    x: Floats,
    y: Floats,
    z: Floats,
    a: Ints,
    b: Ints,
) -> None:
    """Project places on the planes of their faces, and find their hexagons there."""
    for i in range(len(x)):
        xi, yi, zi = x[i], y[i], z[i]
        c, o = np.uint64(3) * faces[i], np.uint64(6) * faces[i]
        w = xi * centers[c] + yi * centers[c + U1] + zi * centers[c + U2]
        pa = xi * axes[o] + yi * axes[o + U1] + zi * axes[o + U2]
        pb = xi * axes[o + U3] + yi * axes[o + U4] + zi * axes[o + U5]
        ra, rb = nearest_hexagon(pa * (scale / w), pb * (scale / w))
        a[i], b[i] = np.int32(ra), np.int32(rb)


@compiled
def name_all(
    places: Ints,
    turns: Bytes,
    faces: Words,
    a: Ints,
    b: Ints,
    keys: Keys,
    found: Ints,
    resolution: int,
) -> None:
    """Turn digits on faces to ids of cells."""
    odd = np.int32(0)
    for i in range(len(a)):
        first = np.int32(BASES) * np.int32(faces[i]) + np.int32(WIDE * REACH + REACH)
        at = np.uint32(first + np.int32(WIDE) * a[i] + b[i])
        at = at if at < np.uint32(20 * BASES) else np.uint32(0)
        found[i] = places[at]
        odd |= found[i]
    if odd < 0:  # a pentagon somewhere: its sectors turn each in its own way
        for i in range(len(a)):
            if found[i] < 0:
                at = BASES * np.int64(faces[i]) + WIDE * (a[i] + REACH) + b[i] + REACH
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
def encode_block(
    lattice: Longs,
    resolution: int,
    lons: Floats,
    lats: Floats,
    floats: Floats,
    ints: Ints,
    keys: Keys,
) -> None:
    """Write the cell of each of at most 256 places; 0 for what is no place."""
    n = len(lons)
    centers = carray(pointer(lattice[CENTERS]), 60, np.float64)
    axes = carray(pointer(lattice[AXES]), 240, np.float64)[120 * (resolution % 2) :]
    squares = carray(pointer(lattice[SQUARES]), 181 * 361, np.int8)
    pairs = carray(pointer(lattice[PAIRS]), 60, np.int64)
    tables = carray(pointer(lattice[DIGITS]), 10 * 2401, np.int32)
    backs = carray(pointer(lattice[BACK]), 50, np.int32)
    places = carray(pointer(lattice[BASE]), 20 * BASES, np.int32)
    turns = carray(pointer(lattice[TURNS]), 160 * BASES, np.uint8)
    x, y, z = floats[:n], floats[BLOCK : BLOCK + n], floats[2 * BLOCK : 2 * BLOCK + n]
    a, b, found = ints[:n], ints[BLOCK : BLOCK + n], ints[2 * BLOCK : 2 * BLOCK + n]
    faces = ints[3 * BLOCK : 3 * BLOCK + n].view(np.uint32)
    scale = 7.0 ** (0.5 * resolution)
    to_sphere(lons, lats, x, y, z)
    faces_of(centers, squares, pairs, lons, lats, x, y, z, faces)
    to_lattice(centers, axes, scale, faces, x, y, z, a, b)
    climb_all(tables, backs, resolution, a, b, keys)
    name_all(places, turns, faces, a, b, keys, found, resolution)
    for i in range(n):
        if not ((abs(lons[i]) <= 180.0) & (abs(lats[i]) <= 90.0)):
            keys[i] = np.uint64(0)


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
        faces[i] = face_of(centers, x[i], y[i], z[i])
    to_lattice(centers, axes, scale, faces.view(np.uint32), x, y, z, a, b)
    climb_all(tables, backs, resolution, a, b, digits)
    for i in range(n):
        first[2 * i], first[2 * i + 1] = a[i], b[i]
