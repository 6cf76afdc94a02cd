"""From cells to the zones that are listed in them.

What a step waits for from memory, the step before it has asked for.
"""

import numpy as np

from zones.kernel.context import (
    BEGIN,
    COUNT,
    FILTER,
    FULL,
    GONE,
    LENGTH,
    MANY,
    MOMENT,
    NEAR,
    RUNS,
    SHIFT,
    SLOTS,
    SPREAD,
    TEST,
    ZONES,
)
from zones.kernel.jit import (
    Bytes,
    Keys,
    Longs,
    Words,
    carray,
    compiled,
    pointer,
    prefetch,
)


@compiled
def coarser(key: np.uint64, resolution: int) -> np.uint64:
    """Return the ancestor of a cell, by its digits."""
    rest = (np.uint64(1) << np.uint64(3 * (15 - resolution))) - np.uint64(1)
    level = np.uint64(resolution) << np.uint64(52)
    return key & ~(np.uint64(15) << np.uint64(52)) | level | rest


@compiled
def find_runs(
    context: Longs, resolution: int, keys: Keys, who: Longs, runs: Keys, found: int
) -> int:
    """Note which places have zones in their cell, and where those are listed.

    They are noted after those that were found before; return how many there are now.
    """
    shift = np.uint64(context[SHIFT])
    size = 1 << (64 - context[SHIFT])
    slots: Keys = carray(pointer(context[SLOTS]), 2 * size, np.uint64)
    bits: Keys = carray(pointer(context[FILTER]), size // 16, np.uint64)
    places = len(keys)
    for i in range(places):
        runs[found + i] = coarser(keys[i], resolution) * SPREAD
        prefetch(
            context[FILTER] + 8 * np.int64(runs[found + i] >> shift >> np.uint64(4))
        )
    end = found
    for i in range(places):
        spread = runs[found + i]
        bit = spread >> (shift - np.uint64(2))
        who[end], runs[end] = i, spread >> shift
        end += (bits[bit >> np.uint64(6)] >> (bit & np.uint64(63))) & np.uint64(1)
    for w in range(found, end):
        prefetch(context[SLOTS] + 16 * np.int64(runs[w]))
    mask = np.uint64(size - 1)
    for w in range(found, end):
        i, at = who[w], runs[w]
        key = coarser(keys[i], resolution)
        while slots[2 * at] != key and slots[2 * at] != np.uint64(0):
            at = (at + np.uint64(1)) & mask
        if slots[2 * at] == key:
            run = slots[2 * at + np.uint64(1)]
            prefetch(context[RUNS] + 4 * np.int64(run >> BEGIN))
            who[found], runs[found] = i, run
            found += 1
    return found


@compiled
def by_place(who: Longs, runs: Keys, found: int, places: int) -> None:
    """Sort what was found in cells of several sizes by place."""
    ends = np.zeros(places + 1, np.int64)
    for w in range(found):
        ends[who[w] + 1] += 1
    for i in range(places):
        ends[i + 1] += ends[i]
    old_who, old_runs = np.empty(found, np.int64), np.empty(found, np.uint64)
    for w in range(found):
        old_who[w], old_runs[w] = who[w], runs[w]
    for w in range(found):
        at = ends[old_who[w]]
        ends[old_who[w]] = at + 1
        who[at], runs[at] = old_who[w], old_runs[w]


@compiled
def list_candidates(
    context: Longs,
    who: Longs,
    runs: Keys,
    found: int,
    pairs: Longs,
    verdicts: Bytes,
    tests: Longs,
) -> tuple[int, int]:
    """List the live zones of the runs as place << 32 | zone, and which are to be tested.

    Return how many of both there are. The others cover their whole cell.
    """
    listed: Words = carray(pointer(context[RUNS]), MANY, np.uint32)
    gone: Words = carray(pointer(context[GONE]), MANY, np.uint32)
    limit, all_live = context[COUNT], context[GONE] == 0
    moment = np.uint32(context[MOMENT])
    count, many = 0, 0
    for w in range(found):
        start, length = np.int64(runs[w] >> BEGIN), np.int64(runs[w] & LENGTH)
        place = who[w] << 32
        for e in range(start, start + length):
            zone, kind = np.int64(listed[e] >> np.uint32(2)), listed[e] & np.uint32(3)
            # a zone of a later index is beyond the limit of this one
            if kind == NEAR or zone >= limit or not (all_live or gone[zone] > moment):
                continue
            prefetch(context[ZONES] + 64 * zone)
            pairs[count] = place | zone
            verdicts[count] = kind == FULL
            tests[many] = count
            many += kind == TEST
            count += 1
    return count, many
