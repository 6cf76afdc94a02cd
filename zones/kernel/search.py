"""Which zones cover places: cells, the runs of zones in them, and the exact edge test.

Each step is a pass of its own over a block of places, so that what it waits for from
memory is waited for together.
"""

import numpy as np
from numba import carray

from zones.kernel.encode import BLOCK, FLOATS, INTS, encode_block
from zones.kernel.jit import compiled, pointer, prefetch

TEST, FULL, NEAR = 0, 1, 2

# Where things are in an index's context: the lattice's first, then ours.
(
    LATTICE, FINEST, LEVELS, ZONES, STRIPES, EDGES, SLOTS, SHIFT, RUNS, FILTER, LIVE, COUNT,
) = (0, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)  # fmt: skip
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2 ** 64 over the golden ratio
MANY = 1 << 62
ROUNDING = 4e-16  # of an orientation's two products, each of rounded differences
AHEAD = 6  # candidates whose edges are on their way from memory
TINY = 1e-290  # where products lose more than rounding


@compiled
def coarser(key, resolution):
    """Return the ancestor of a cell, by its digits."""
    rest = (np.uint64(1) << np.uint64(3 * (15 - resolution))) - np.uint64(1)
    return (
        (key & ~(np.uint64(15) << np.uint64(52)))
        | np.uint64(resolution) << np.uint64(52)
        | rest
    )


@compiled
def find_runs(context, resolution, keys, n, who, runs):
    """Note which places have zones in their cell, and where those are listed."""
    shift = np.uint64(context[SHIFT])
    size = 1 << (64 - context[SHIFT])
    slots = carray(pointer(context[SLOTS]), 2 * size, np.uint64)
    bits = carray(pointer(context[FILTER]), size // 16, np.uint64)
    finest = context[FINEST]
    count = 0
    for i in range(n):
        key = keys[i]
        if resolution != finest:
            key = coarser(key, resolution)
        bit = key * SPREAD >> (shift - np.uint64(2))
        who[count] = i
        prefetch(context[SLOTS] + 16 * np.int64(bit >> np.uint64(2)))
        count += np.int64(
            bits[bit >> np.uint64(6)] >> (bit & np.uint64(63)) & np.uint64(1)
        )
    found, total = 0, 0
    mask = np.uint64(size - 1)
    for w in range(count):
        i = who[w]
        key = keys[i]
        if key == np.uint64(0):
            continue
        if resolution != finest:
            key = coarser(key, resolution)
        at = key * SPREAD >> shift
        while slots[2 * at] != key and slots[2 * at] != np.uint64(0):
            at = (at + np.uint64(1)) & mask
        if slots[2 * at] == key:
            run = slots[2 * at + np.uint64(1)]
            prefetch(context[RUNS] + 4 * np.int64(run >> np.uint64(24)))
            who[found], runs[found] = i, run
            found += 1
            total += np.int64(run & np.uint64(0xFFFFFF))
    return found, total


@compiled
def list_candidates(context, who, runs, found, lons, lats, pairs, spots):
    """List the live zones of the runs; those whose bounds do not hold the place are left out."""
    listed = carray(pointer(context[RUNS]), MANY, np.uint32)
    records = carray(pointer(context[ZONES]), MANY, np.float64)
    live = carray(pointer(context[LIVE]), MANY, np.uint8)
    limit = np.uint32(context[COUNT])
    count = 0
    for w in range(found):
        run = runs[w]
        start, length = (
            np.int64(run >> np.uint64(24)),
            np.int64(run & np.uint64(0xFFFFFF)),
        )
        i = who[w]
        for e in range(start, start + length):
            entry = listed[e]
            zone, kind = entry >> np.uint32(2), entry & np.uint32(3)
            pairs[2 * count], pairs[2 * count + 1] = i, zone
            spots[count] = -1
            # a zone of a later index is beyond the limit of this one
            if kind == NEAR or zone >= limit or live[zone] == 0:
                continue
            if kind == TEST:
                spots[count] = 0
                prefetch(context[ZONES] + 64 * np.int64(zone))
            count += 1
    kept = 0
    for c in range(count):
        i, zone = pairs[2 * c], pairs[2 * c + 1]
        spot = spots[c]
        inside = True
        if spot == 0:
            r = 8 * zone
            x, y = lons[i], lats[i]
            inside = (
                (records[r] <= x)
                & (records[r + 1] <= y)
                & (x <= records[r + 2])
                & (y <= records[r + 3])
            )
            if inside:
                last = np.int64(records[r + 6]) - 1
                s = np.int64((y - records[r + 1]) * records[r + 4])
                spot = np.int64(records[r + 5]) + (s if s < last else last)
                prefetch(context[STRIPES] + 8 * spot)
        pairs[2 * kept], pairs[2 * kept + 1], spots[kept] = i, zone, spot
        kept += np.int64(inside)
    return kept


@compiled
def test_edges(context, pairs, spots, ends, count, lons, lats, verdicts):
    """Tell of each candidate whether it covers the place: 1, 0, or 2 if in doubt."""
    stripes = carray(pointer(context[STRIPES]), MANY, np.int64)
    edges = carray(pointer(context[EDGES]), MANY, np.float64)
    for c in range(count):
        first, last = -1, -1
        if spots[c] >= 0:
            first, last = stripes[spots[c]], stripes[spots[c] + 1]
            if c < AHEAD:
                prefetch(context[EDGES] + 32 * first)
        spots[c], ends[c] = first, last
    for c in range(count):
        if c + AHEAD < count and spots[c + AHEAD] >= 0:
            ahead = context[EDGES] + 32 * spots[c + AHEAD]
            prefetch(ahead)
            prefetch(ahead + 64)
            prefetch(ahead + 128)
        if spots[c] < 0:
            verdicts[c] = 1
            continue
        px, py = lons[pairs[2 * c]], lats[pairs[2 * c]]
        crossings, doubt = 0, False
        for e in range(4 * spots[c], 4 * ends[c], 4):
            x0, y0, x1, y1 = edges[e], edges[e + 1], edges[e + 2], edges[e + 3]
            p, q = (x1 - x0) * (py - y0), (px - x0) * (y1 - y0)
            beside = (y0 <= py) & (py <= y1)
            doubt |= beside & (abs(p - q) <= ROUNDING * (abs(p) + abs(q)) + TINY)
            crossings += beside & (py < y1) & (p > q)
        verdicts[c] = 2 if doubt else crossings & 1


@compiled
def order_rows(offsets, start, n, out):
    """Put the numbers of each row in order; cells of several sizes mix them."""
    for i in range(start, start + n):
        for k in range(offsets[i] + 1, offsets[i + 1]):
            number, at = out[k], k
            while at > offsets[i] and out[at - 1] > number:
                out[at] = out[at - 1]
                at -= 1
            out[at] = number


@compiled
def search(context, lons, lats, offsets, out, doubts):
    """Write the zones of each place as compressed rows, and pairs that are in doubt.

    Return how many of both there are; beyond what there is room for, they are counted only.
    """
    n = len(lons)
    room = min(n, BLOCK)
    floats, ints = np.empty(FLOATS), np.empty(INTS, np.int32)
    keys, runs, who = (
        np.empty(room, np.uint64),
        np.empty(room, np.uint64),
        np.empty(room + 1, np.int64),
    )
    pairs, spots = np.empty(16, np.int64), np.empty(8, np.int64)
    ends, verdicts = np.empty(8, np.int64), np.empty(8, np.uint8)
    fill = np.empty(room, np.int64)
    written, doubtful = 0, 0
    offsets[0] = 0
    finest = context[FINEST]
    for start in range(0, n, BLOCK):
        m = min(n - start, BLOCK)
        xs, ys = lons[start : start + m], lats[start : start + m]
        encode_block(context, finest, xs, ys, floats, ints, keys)
        count = 0
        for level in range(finest, -1, -1):
            if not context[LEVELS] >> level & 1:
                continue
            found, total = find_runs(context, level, keys, m, who, runs)
            if count + total > len(spots):
                size = 2 * (count + total)
                more_pairs, more_spots = (
                    np.empty(2 * size, np.int64),
                    np.empty(size, np.int64),
                )
                more_pairs[: 2 * count], more_spots[:count] = (
                    pairs[: 2 * count],
                    spots[:count],
                )
                pairs, spots = more_pairs, more_spots
                ends, verdicts = np.empty(size, np.int64), np.empty(size, np.uint8)
            if found:
                count += list_candidates(
                    context, who, runs, found, xs, ys, pairs[2 * count :], spots[count:]
                )
        test_edges(context, pairs, spots, ends, count, xs, ys, verdicts)
        fill[:m] = 0
        for c in range(count):
            fill[pairs[2 * c]] += verdicts[c] == 1
        for i in range(m):
            here = fill[i]
            fill[i] = written
            written += here
            offsets[start + i + 1] = written
        fits = written <= len(out)
        for c in range(count):
            i = pairs[2 * c]
            if verdicts[c] == 1:
                if fits:
                    out[fill[i]] = np.int32(pairs[2 * c + 1])
                fill[i] += 1
            elif verdicts[c] == 2:
                if 2 * doubtful + 1 < len(doubts):
                    doubts[2 * doubtful], doubts[2 * doubtful + 1] = (
                        start + i,
                        pairs[2 * c + 1],
                    )
                doubtful += 1
        if fits:
            order_rows(offsets, start, m, out)
    return written, doubtful


@compiled
def candidates(context, lons, lats, out):
    """Write the live zones of the cells that a place is in; return how many there are."""
    floats, ints = np.empty(FLOATS), np.empty(INTS, np.int32)
    keys, runs, who = (
        np.empty(1, np.uint64),
        np.empty(1, np.uint64),
        np.empty(2, np.int64),
    )
    listed = carray(pointer(context[RUNS]), MANY, np.uint32)
    live = carray(pointer(context[LIVE]), MANY, np.uint8)
    encode_block(context, context[FINEST], lons, lats, floats, ints, keys)
    count = 0
    for level in range(context[FINEST], -1, -1):
        if not context[LEVELS] >> level & 1:
            continue
        found, _ = find_runs(context, level, keys, 1, who, runs)
        if found:
            start, length = (
                np.int64(runs[0] >> np.uint64(24)),
                np.int64(runs[0] & np.uint64(0xFFFFFF)),
            )
            for e in range(start, start + length):
                zone = np.int64(listed[e] >> np.uint32(2))
                if zone < context[COUNT] and live[zone]:
                    if count < len(out):
                        out[count] = zone
                    count += 1
    return count
