"""Zones into the table: their edges in stripes, and themselves in the cells they touch.

What is there stays where it is, so that whoever reads meanwhile loses nothing.
"""

import numpy as np

from zones.kernel.cover import cover_zone
from zones.kernel.face import ROOM
from zones.kernel.insert import insert_one
from zones.kernel.jit import Bytes, Floats, Keys, Longs, Words, compiled, kept
from zones.kernel.stripes import PER_STRIPE, stripe

# What is counted in a table, and what there may be no room for.
STRIPES, EDGES, RUNS, CELLS, LEVELS, NOTHING = range(6)
# Nearer to a pole or to the antimeridian, flat maps and cells disagree too much.
NORTHERNMOST = 80.0
EASTERNMOST = 179.5

Shapes = tuple[Floats, Longs, Longs, Longs]
Arrays = tuple[Floats, Longs, Floats, Keys, Keys, Words]


@compiled
def edges_of(shapes: Shapes, zone: int) -> tuple[Floats, Longs]:
    """Return the edges of a zone, and where those of each of its parts end."""
    corners, rings, parts, zones = shapes
    first, last = zones[zone], zones[zone + 1]
    room = rings[parts[last]] - rings[parts[first]]
    edges, ends, count = np.empty((room, 4)), np.empty(last - first, np.int64), 0
    for part in range(first, last):
        for ring in range(parts[part], parts[part + 1]):
            for c in range(rings[ring], rings[ring + 1] - 1):
                edges[count, 0], edges[count, 1] = corners[c, 0], corners[c, 1]
                edges[count, 2], edges[count, 3] = corners[c + 1, 0], corners[c + 1, 1]
                count += 1
        ends[part - first] = count
    return edges[:count], ends


@compiled
def is_ordinary(record: Floats, approach: float) -> bool:
    """Tell whether a zone with its approach (radians) stays where cells suit it."""
    degrees = np.degrees(approach)
    high = max(abs(record[1]), abs(record[3])) + degrees
    far = max(abs(record[0]), abs(record[2])) + degrees / np.cos(np.radians(high))
    return not (high > NORTHERNMOST or far > EASTERNMOST)


@kept
def put_all(
    lattice: Longs,
    finest: int,
    most: int,
    shapes: Shapes,
    approaches: Floats,
    arrays: Arrays,
    shift: int,
    used: Longs,
    number: int,
    covered: Bytes,
    start: int,
) -> tuple[int, int, int]:
    """Put in zones as far as there is room, and say which could be covered with cells.

    Return where it stopped, what there was no room for, and how much of it is needed.
    Putting a zone in again, after it found no room, changes nothing.
    """
    records, stripes, edges, slots, bits, runs = arrays
    work = np.empty(ROOM, np.uint8), np.empty(2, np.int32), np.empty(1, np.uint64)
    for z in range(start, len(covered)):
        outline, ends = edges_of(shapes, z)
        n = len(outline)
        if n == 0:
            continue
        record, end = records[number + z], used[STRIPES] + n // PER_STRIPE + 2
        if end > len(stripes):
            return z, STRIPES, end
        room = stripes[used[STRIPES] : end]
        many, total = stripe(outline, record, used[STRIPES], room, edges, used[EDGES])
        if total < 0:
            return z, EDGES, used[EDGES] - total
        if is_ordinary(record, approaches[z]):
            keys = np.empty(most + n // 3 + 12 * len(ends), np.uint64)
            kinds = np.empty(len(keys), np.uint8)
            level, count = cover_zone(
                lattice, finest, outline, ends, approaches[z], work, keys, kinds
            )
            if level >= 0:
                if 4 * (used[CELLS] + count) > len(slots):
                    return z, CELLS, count
                for k in range(count):
                    entry = np.uint32((number + z) << 2 | kinds[k])
                    taken, new = insert_one(
                        slots, bits, shift, runs, used[RUNS], keys[k], entry
                    )
                    if taken < 0:
                        return z, RUNS, len(runs) + 1
                    used[RUNS], used[CELLS] = taken, used[CELLS] + new
                used[LEVELS] |= 1 << level
                covered[z] = 1
        used[STRIPES] += many + 1
        used[EDGES] += total
    return len(covered), NOTHING, 0
