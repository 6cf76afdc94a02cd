"""A zone's edges on the plane of a face, where cells are a lattice.

A cell counts as touched when an edge comes nearer to its middle than any of its places
is; only what is not touched at all can be wholly inside.
"""

import numpy as np

from zones.kernel.jit import Bytes, Floats, compiled
from zones.kernel.sphere import sine_and_cosine

# A cell and all its descendants lie within 1 / (sqrt(7) - 1) = 0.608 steps of its middle.
CELL = 0.609
CORNER, SIDE = 0.5774, 0.5  # of a cell itself, where no descendants are asked for
BENT = 0.005  # steps; edges are cut so short that they bend less than this on the plane
ACROSS = 0.72  # more than the distance between the middles of two faces that meet
INSIDE = 0.36  # radians; less than from the middle of a face to any of its edges


@compiled
def pieces_of(edges: Floats, e: int, longest: float) -> int:
    """Return into how many pieces no longer than so many radians an edge is cut."""
    wide, tall = edges[e, 2] - edges[e, 0], edges[e, 3] - edges[e, 1]
    span = (abs(wide) + abs(tall)) * (np.pi / 180)
    return int(np.ceil(span / longest)) if span > longest else 1


@compiled
def place(lon: float, lat: float, places: Floats, count: int, at: int) -> None:
    """Write a place on the sphere."""
    sx, cx = sine_and_cosine(lon)
    sy, cy = sine_and_cosine(lat)
    places[count, at], places[count, at + 1], places[count, at + 2] = (
        cy * cx,
        cy * sx,
        sy,
    )


@compiled
def refine(edges: Floats, longest: float, places: Floats) -> None:
    """Cut edges into pieces; write start and end of each on the sphere."""
    count = 0
    for e in range(len(edges)):
        x0, y0, x1, y1 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        pieces = pieces_of(edges, e, longest)
        goes_on = e > 0 and edges[e - 1, 2] == x0 and edges[e - 1, 3] == y0
        for p in range(pieces):
            if p > 0 or goes_on:
                for axis in range(3):
                    places[count, axis] = places[count - 1, 3 + axis]
            else:
                place(x0, y0, places, count, 0)
            share = (p + 1) / pieces
            lon, lat = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
            place(lon, lat, places, count, 3)
            count += 1


@compiled
def faces_near(centers: Floats, places: Floats, reach: float) -> int:
    """Return as bits the faces that something within so many radians may lie on."""
    bits, face = 0, 0
    surely = np.cos(INSIDE - reach) if reach < INSIDE else 2.0
    for p in range(len(places)):
        x, y, z = places[p, 0], places[p, 1], places[p, 2]
        c = 3 * face
        best = x * centers[c] + y * centers[c + 1] + z * centers[c + 2]
        if best > surely:
            bits |= 1 << face
            continue
        for f in range(20):
            dot = x * centers[3 * f] + y * centers[3 * f + 1] + z * centers[3 * f + 2]
            if dot > best:
                best, face = dot, f
        for f in range(20):
            dot = x * centers[3 * f] + y * centers[3 * f + 1] + z * centers[3 * f + 2]
            if dot >= best - ACROSS * reach:
                bits |= 1 << f
    return bits


@compiled
def flatten(
    centers: Floats, axes: Floats, face: int, scale: float, places: Floats, flat: Floats
) -> bool:
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
def mark(
    flat: Floats,
    near: float,
    itself: bool,
    west: int,
    south: int,
    wide: int,
    marks: Bytes,
) -> None:
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
            int(np.ceil(min(a0, a1) - pad)),
            int(np.floor(max(a0, a1) + pad)) + 1,
        ):
            for b in range(
                int(np.ceil(min(b0, b1) - pad)),
                int(np.floor(max(b0, b1) + pad)) + 1,
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
def holds(flat: Floats, a: float, b: float) -> bool:
    """Tell whether a place of the plane is inside; it is not near any edge."""
    inside = False
    for p in range(len(flat)):
        b0, b1 = flat[p, 1], flat[p, 3]
        if (b0 <= b) != (b1 <= b):
            across = flat[p, 0] + (flat[p, 2] - flat[p, 0]) * (b - b0) / (b1 - b0)
            inside ^= across > a
    return inside
