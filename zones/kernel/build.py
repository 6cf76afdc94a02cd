"""Put zones into an index: their edges in stripes, their cells into the table.

What is there stays where it is, so that whoever reads meanwhile loses nothing; a
reader skips the zones that came after it.
"""

import numpy as np

from zones.kernel.cover import ROOM, STEP, cover_part
from zones.kernel.jit import compiled
from zones.kernel.context import SPREAD

PIECES = 200_000  # edges of one part, cut short for the plane of a face
PER_STRIPE = 3  # edges to a stripe, as far as the height goes
TALLEST = 38.0  # degrees; a zone as tall as a whole face could hold one


@compiled
def stripe(edges, record, first, stripes, into, used):
    """Sort a zone's edges into level stripes; return how many places they take."""
    n = len(edges)
    low, high = edges[:, 1].min(), edges[:, 1].max()
    low, high = min(low, edges[:, 3].min()), max(high, edges[:, 3].max())
    many = max(1, min(n // PER_STRIPE, len(stripes) - 1))
    height = high - low
    per = many / height if height > 0.0 else 0.0
    if not np.isfinite(per):
        per = 0.0
    record[0] = min(edges[:, 0].min(), edges[:, 2].min())
    record[1] = low
    record[2] = max(edges[:, 0].max(), edges[:, 2].max())
    record[3] = high
    record[4], record[5], record[6], record[7] = per, first, many, 0.0
    stripes[: many + 1] = 0
    for e in range(n):
        y0, y1 = min(edges[e, 1], edges[e, 3]), max(edges[e, 1], edges[e, 3])
        for s in range(
            min(np.int64((y0 - low) * per), many - 1),
            min(np.int64((y1 - low) * per), many - 1) + 1,
        ):
            stripes[s + 1] += 1
    stripes[0] = used
    for s in range(many):
        stripes[s + 1] += stripes[s]
    total = stripes[many] - used
    if stripes[many] > len(into):
        return many, -1
    place = stripes[: many + 1].copy()
    for e in range(n):
        x0, y0, x1, y1 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        for s in range(
            min(np.int64((y0 - low) * per), many - 1),
            min(np.int64((y1 - low) * per), many - 1) + 1,
        ):
            into[place[s], 0], into[place[s], 1] = x0, y0
            into[place[s], 2], into[place[s], 3] = x1, y1
            place[s] += 1
    return many, total


@compiled
def stripe_all(edges, starts, records, first_stripe, stripes, into, used):
    """Sort the edges of zones into stripes; return the ends of both, or -1 twice."""
    for z in range(len(starts) - 1):
        here = edges[starts[z] : starts[z + 1]]
        if len(here) == 0:
            continue
        if first_stripe + len(here) // PER_STRIPE + 2 > len(stripes):
            return -1, -1
        room = stripes[first_stripe : first_stripe + len(here) // PER_STRIPE + 2]
        many, total = stripe(here, records[z], first_stripe, room, into, used)
        if total < 0:
            return -1, -1
        first_stripe += many + 1
        used += total
    return first_stripe, used


@compiled
def size_of(edges):
    """Return the height of what edges enclose, and its area in square radians."""
    area = 0.0
    low, high = 90.0, -90.0
    for e in range(len(edges)):
        low, high = min(low, edges[e, 1]), max(high, edges[e, 1])
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
def cover_zone(lattice, finest, edges, ends, approach, work, places, keys, kinds):
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
        count, start = 0, 0
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


@compiled
def cover_all(
    lattice,
    finest,
    most,
    edges,
    starts,
    part_starts,
    parts,
    approaches,
    keys,
    kinds,
    levels,
    counts,
    from_zone,
):
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


@compiled
def rehash(old, slots, bits, shift):
    """Move all keys to a larger table."""
    mask = np.uint64(len(slots) // 2 - 1)
    for s in range(0, len(old), 2):
        if old[s]:
            at = old[s] * SPREAD >> np.uint64(shift)
            while slots[2 * at]:
                at = (at + np.uint64(1)) & mask
            slots[2 * at + np.uint64(1)], slots[2 * at] = old[s + 1], old[s]
            bit = old[s] * SPREAD >> np.uint64(shift - 2)
            bits[bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))


@compiled
def insert_one(slots, bits, shift, runs, used, key, entry):
    """List a zone in a cell; return how much of the runs is used, and whether the cell is new.

    A run has room for a power of two; a full one moves to twice the room.
    """
    mask = np.uint64(len(slots) // 2 - 1)
    at = key * SPREAD >> np.uint64(shift)
    while slots[2 * at] != key and slots[2 * at]:
        at = (at + np.uint64(1)) & mask
    value = at * np.uint64(2) + np.uint64(1)
    if slots[2 * at] == np.uint64(0):
        if used == len(runs):
            return -1, 0
        runs[used] = entry
        slots[value] = np.uint64(used) << np.uint64(24) | np.uint64(1)
        slots[2 * at] = key
        bit = key * SPREAD >> np.uint64(shift - 2)
        bits[bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))
        return used + 1, 1
    start, length = (
        np.int64(slots[value] >> np.uint64(24)),
        np.int64(slots[value] & np.uint64(0xFFFFFF)),
    )
    last = runs[start + length - 1]
    if last >> np.uint32(2) == entry >> np.uint32(2):
        if last != entry:
            runs[start + length - 1] = entry & ~np.uint32(3)
        return used, 0
    if length & (length - 1) == 0:
        if used + 2 * length > len(runs):
            return -1, 0
        runs[used : used + length] = runs[start : start + length]
        start, used = used, used + 2 * length
    runs[start + length] = entry
    slots[value] = np.uint64(start) << np.uint64(24) | np.uint64(length + 1)
    return used, 0


@compiled
def insert_all(slots, bits, shift, runs, used, keys, entries, start):
    """List zones in their cells as far as the runs have room.

    Return where it stopped, how much of the runs is used, and how many cells are new.
    """
    new = 0
    for at in range(start, len(keys)):
        end, more = insert_one(slots, bits, shift, runs, used, keys[at], entries[at])
        if end < 0:
            return at, used, new
        used = end
        new += more
    return len(keys), used, new
