"""Which cells a zone may have points in: its own cover, with margins that are proved.

All is done on the plane of a face, where cells are a lattice. A place of the zone near
another face is looked at on that face's plane as well, since there it is encoded. A
cell counts as touched when an edge comes nearer to its middle than any of its places
is; only what is not touched at all can be wholly inside.
"""

import numpy as np
from numba import carray

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
from zones.kernel.jit import compiled, pointer
from zones.kernel.sphere import sine_and_cosine

# A cell and all its descendants lie within 1 / (sqrt(7) - 1) = 0.608 steps of its middle.
CELL = 0.609
CORNER, SIDE = 0.5774, 0.5  # of a cell itself, where no descendants are asked for
BENT = 0.005  # steps; edges are cut so short that they bend less than this on the plane
ROOM = 1 << 16  # cells on a face that are looked at for one part of a zone
STEP = 0.3819660112501051  # of resolution 0, on the plane of a face
ACROSS = 0.72  # more than the distance between the middles of two faces that meet


@compiled
def refine(edges, longest, places):
    """Cut edges into pieces no longer than so many radians; return how many there are.

    ``places`` is filled with start and end of each on the sphere; -1 if they are too many.
    """
    count = 0
    for e in range(len(edges)):
        x0, y0, x1, y1 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        span = (abs(x1 - x0) + abs(y1 - y0)) * (np.pi / 180)
        pieces = np.int64(np.ceil(span / longest)) if span > longest else 1
        if count + pieces > len(places):
            return -1
        for p in range(pieces):
            for end in range(2):
                share = (p + end) / pieces
                lon, lat = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
                sx, cx = sine_and_cosine(lon)
                sy, cy = sine_and_cosine(lat)
                places[count, 3 * end] = cy * cx
                places[count, 3 * end + 1] = cy * sx
                places[count, 3 * end + 2] = sy
            count += 1
    return count


@compiled
def faces_near(centers, places, reach):
    """Return as bits the faces that something within so many radians may lie on."""
    bits = 0
    for p in range(len(places)):
        x, y, z = places[p, 0], places[p, 1], places[p, 2]
        best = -2.0
        for f in range(20):
            dot = x * centers[3 * f] + y * centers[3 * f + 1] + z * centers[3 * f + 2]
            best = dot if dot > best else best
        for f in range(20):
            dot = x * centers[3 * f] + y * centers[3 * f + 1] + z * centers[3 * f + 2]
            if dot >= best - ACROSS * reach:
                bits |= 1 << f
    return bits


@compiled
def flatten(centers, axes, face, scale, places, flat):
    """Project pieces on a face's plane; tell whether all lie in front of it."""
    c0, c1, c2 = centers[3 * face], centers[3 * face + 1], centers[3 * face + 2]
    o = 6 * face
    for p in range(len(places)):
        for end in range(2):
            x, y, z = places[p, 3 * end], places[p, 3 * end + 1], places[p, 3 * end + 2]
            w = x * c0 + y * c1 + z * c2
            if w < 0.5:
                return False
            flat[p, 2 * end] = (
                (x * axes[o] + y * axes[o + 1] + z * axes[o + 2]) * scale / w
            )
            flat[p, 2 * end + 1] = (
                (x * axes[o + 3] + y * axes[o + 4] + z * axes[o + 5]) * scale / w
            )
    return True


@compiled
def mark(flat, near, itself, west, south, wide, marks):
    """Mark the cells that edges touch with 1, those within ``near`` steps with 2.

    An edge is apart from a hexagon if it passes its middle at more than the radius, or
    stays beyond one of its sides.
    """
    reach = near if near > CELL + BENT else CELL + BENT
    touch2, near2 = ((CORNER if itself else CELL) + BENT) ** 2, near * near
    side = (SIDE if itself else CELL) + BENT
    pad = (
        reach * 1.1547005383792517
    )  # a disk of radius 1 is so many steps wide along an axis
    for p in range(len(flat)):
        a0, b0, a1, b1 = flat[p, 0], flat[p, 1], flat[p, 2], flat[p, 3]
        ua, ub = a1 - a0, b1 - b0
        square = ua * ua + ub * ub - ua * ub
        for a in range(
            np.int64(np.ceil(min(a0, a1) - pad)),
            np.int64(np.floor(max(a0, a1) + pad)) + 1,
        ):
            for b in range(
                np.int64(np.ceil(min(b0, b1) - pad)),
                np.int64(np.floor(max(b0, b1) + pad)) + 1,
            ):
                at = (a - west) * wide + b - south
                if marks[at] & 1:
                    continue
                da, db = a - a0, b - b0
                ea, eb = da - ua, db - ub
                i0, i1, j0, j1 = (
                    da - 0.5 * db,
                    ea - 0.5 * eb,
                    db - 0.5 * da,
                    eb - 0.5 * ea,
                )
                apart = (min(i0, i1) > side) | (max(i0, i1) < -side)
                apart |= (min(j0, j1) > side) | (max(j0, j1) < -side)
                apart |= (min(i0 + j0, i1 + j1) > side) | (
                    max(i0 + j0, i1 + j1) < -side
                )
                along = da * ua + db * ub - 0.5 * (da * ub + db * ua)
                t = 0.0
                if along > 0.0:
                    t = along / square if along < square else 1.0
                da -= t * ua
                db -= t * ub
                far = da * da + db * db - da * db
                if far <= touch2 and not apart:
                    marks[at] |= 1
                elif far <= near2:
                    marks[at] |= 2


@compiled
def holds(flat, a, b):
    """Tell whether a place of the plane is inside; it is not near any edge."""
    inside = False
    for p in range(len(flat)):
        b0, b1 = flat[p, 1], flat[p, 3]
        if (b0 <= b) != (b1 <= b):
            across = flat[p, 0] + (flat[p, 2] - flat[p, 0]) * (b - b0) / (b1 - b0)
            inside ^= across > a
    return inside


@compiled
def name_of(lattice, resolution, face, a, b, spot, digits):
    """Return the id of a cell by its place on a face."""
    tables = carray(pointer(lattice[DIGITS]), 10 * 2401, np.int32)
    backs = carray(pointer(lattice[BACK]), 50, np.int32)
    base = carray(pointer(lattice[BASE]), 20 * BASES, np.int32)
    turns = carray(pointer(lattice[TURNS]), 160 * BASES, np.uint8)
    spot[0], spot[1] = np.int32(a), np.int32(b)
    climb_all(tables, backs, resolution, spot[0:1], spot[1:2], digits)
    return named(
        base, turns, face, np.int64(spot[0]), np.int64(spot[1]), digits[0], resolution
    )


@compiled
def leeway(centers, axes, face, scale, a, b):
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
    lattice, resolution, itself, face, alone, places, near, work, keys, kinds, count
):
    """Add the cells of one part on one face; return how many there are now, or -1."""
    centers = carray(pointer(lattice[CENTERS]), 60, np.float64)
    axes = carray(pointer(lattice[AXES]), 240, np.float64)[120 * (resolution % 2) :]
    flat_all, marks, spot, digits = work
    flat = flat_all[: len(places)]
    scale = 7.0 ** (0.5 * resolution)
    if not flatten(centers, axes, face, scale, places, flat):
        return -1
    pad = 1.2 * max(near, CELL + BENT) + 2.0
    west = np.int64(np.floor(min(flat[:, 0].min(), flat[:, 2].min()) - pad))
    east = np.int64(np.ceil(max(flat[:, 0].max(), flat[:, 2].max()) + pad))
    south = np.int64(np.floor(min(flat[:, 1].min(), flat[:, 3].min()) - pad))
    north = np.int64(np.ceil(max(flat[:, 1].max(), flat[:, 3].max()) + pad))
    wide = north - south + 1
    size = (east - west + 1) * wide
    if size > ROOM:
        return -1
    marks[:size] = 0
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
    lattice, resolution, itself, edges, approach, work, places, keys, kinds, count
):
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
