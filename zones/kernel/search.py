"""Which zones cover places, 256 places at a time: of those that may be near a zone."""

import numpy as np

from zones.kernel.context import (
    BEGIN,
    COUNT,
    END,
    FINEST,
    GONE,
    LENGTH,
    LEVELS,
    MANY,
    MOMENT,
    RUNS,
)
from zones.kernel.edges import NUMBER, find_stripes, test_edges
from zones.kernel.encode import BLOCK, FLOATS, INTS, encode_block
from zones.kernel.find import by_place, find_runs, list_candidates
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
from zones.kernel.squares import sift


@compiled
def runs_of(context: Longs, keys: Keys, who: Longs, runs: Keys) -> tuple[int, bool]:
    """Find the runs of the places' cells of all sizes, by place.

    Return how many there are, and whether a place may have several.
    """
    # a plain 0 would have a type, and what is called with it a second compilation
    found, sizes = int(np.int64(0)), 0
    for level in range(context[FINEST], -1, -1):
        if context[LEVELS] >> level & 1:
            before = found
            found = find_runs(context, level, keys, who, runs, found)
            sizes += found > before
    if sizes > 1:
        by_place(who, runs, found, len(keys))
    return found, sizes > 1


@compiled
def order_rows(offsets: Longs, numbers: Ints) -> None:
    """Put the numbers of each row in order; cells of several sizes mix them."""
    start = offsets[0]
    for i in range(len(offsets) - 1):
        for k in range(offsets[i] - start + 1, offsets[i + 1] - start):
            number, at = numbers[k], k
            while at > offsets[i] - start and numbers[at - 1] > number:
                numbers[at] = numbers[at - 1]
                at -= 1
            numbers[at] = number


@compiled
def write_rows(
    pairs: Longs,
    count: int,
    verdicts: Bytes,
    places: Longs,
    offsets: Longs,
    numbers: Ints,
) -> int:
    """Write what covers the places, and where the rows end; return how many there are."""
    for i in range(1, len(offsets)):
        offsets[i] = 0
    sure = 0
    for c in range(count):
        covers = verdicts[c] == 1
        numbers[sure] = np.int32(pairs[c] & NUMBER)
        offsets[places[pairs[c] >> 32] + 1] += covers
        sure += covers
    for i in range(len(offsets) - 1):
        offsets[i + 1] += offsets[i]
    return sure


@compiled
def write_doubts(
    pairs: Longs,
    count: int,
    verdicts: Bytes,
    places: Longs,
    first: int,
    doubts: Longs,
    at: int,
) -> int:
    """Write what is in doubt as far as there is room; return how many there are now."""
    for c in range(count):
        if verdicts[c] == 2:
            if 2 * at + 1 < len(doubts):
                doubts[2 * at] = first + places[pairs[c] >> 32]
                doubts[2 * at + 1] = pairs[c] & NUMBER
            at += 1
    return at


@kept
def search(
    address: int,
    lons: Floats,
    lats: Floats,
    offsets: Longs,
    out: Ints,
    doubts: Longs,
) -> tuple[int, int]:
    """Write the zones of each place as compressed rows, and pairs that are in doubt.

    Return how many of both there are; beyond what there is room for, they are counted
    only. The context is an address: an array costs a call 100 ns to hand over.
    """
    context: Longs = carray(pointer(address), END, np.int64)
    n = len(lons)
    room, levels = min(n, BLOCK), context[LEVELS]
    sizes = 0
    while levels:
        levels, sizes = levels & (levels - 1), sizes + 1
    # each array costs a call of one ping 50 ns
    floats, ints = np.empty(FLOATS + 2 * BLOCK), np.empty(INTS, np.int32)
    xs, ys = floats[FLOATS : FLOATS + BLOCK], floats[FLOATS + BLOCK :]
    squares = ints.view(np.uint32)
    longs = np.empty(2 * BLOCK + 2 * room * sizes, np.int64)
    places, keys = longs[:BLOCK], longs[BLOCK : 2 * BLOCK].view(np.uint64)
    who = longs[2 * BLOCK : 2 * BLOCK + room * sizes]
    runs = longs[2 * BLOCK + room * sizes :].view(np.uint64)
    likely = 2 * room + 14
    work, verdicts = np.empty(4 * likely, np.int64), np.empty(likely, np.uint8)
    numbers = np.empty(likely, np.int32)
    # a plain 0 would have a type, and what is called with it a second compilation
    written, doubtful, start = 0, int(np.int64(0)), int(np.int64(0))
    offsets[0] = 0
    while start < n:
        m, looked = sift(context, lons[start:], lats[start:], squares, xs, ys, places)
        rows = offsets[start : start + looked + 1]
        first, start = start, start + looked
        found, mixed = 0, False
        if m > 0:
            finest, here = context[FINEST], keys[:m]
            encode_block(context, finest, xs[:m], ys[:m], floats, ints, here)
            found, mixed = runs_of(context, here, who, runs)
        size = 1
        for w in range(found):
            size += int(np.int64(runs[w] & LENGTH))
        if size > len(verdicts):
            work, verdicts = np.empty(8 * size, np.int64), np.empty(2 * size, np.uint8)
            numbers = np.empty(2 * size, np.int32)
        pairs, tests = work[:size], work[size : 2 * size]
        spots, ends = work[2 * size : 3 * size], work[3 * size : 4 * size]
        count, many = list_candidates(context, who, runs, found, pairs, verdicts, tests)
        many = find_stripes(context, pairs, tests, many, xs, ys, spots)
        doubt = test_edges(context, pairs, tests, many, xs, ys, spots, ends, verdicts)
        sure = write_rows(pairs, count, verdicts, places, rows, numbers)
        if mixed:
            order_rows(rows, numbers)
        if written + sure <= len(out):
            for c in range(sure):
                out[written + c] = numbers[c]
        written += sure
        if doubt:
            doubtful = write_doubts(
                pairs, count, verdicts, places, first, doubts, doubtful
            )
    return written, doubtful


@kept
def candidates(context: Longs, lons: Floats, lats: Floats, out: Longs) -> int:
    """Write the live zones of the cells that a place is in; return how many there are."""
    floats, ints = np.empty(FLOATS), np.empty(INTS, np.int32)
    keys, who = np.empty(1, np.uint64), np.empty(17, np.int64)
    runs = np.empty(17, np.uint64)
    listed: Words = carray(pointer(context[RUNS]), MANY, np.uint32)
    gone: Words = carray(pointer(context[GONE]), MANY, np.uint32)
    moment = np.uint32(context[MOMENT])
    encode_block(context, context[FINEST], lons, lats, floats, ints, keys)
    found, _ = runs_of(context, keys, who, runs)
    count = 0
    for w in range(found):
        start, length = np.int64(runs[w] >> BEGIN), np.int64(runs[w] & LENGTH)
        for e in range(start, start + length):
            zone = np.int64(listed[e] >> np.uint32(2))
            if zone < context[COUNT] and (context[GONE] == 0 or gone[zone] > moment):
                if count < len(out):
                    out[count] = zone
                count += 1
    return count
