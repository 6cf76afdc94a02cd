"""Whether zones cover places: their bounds first, then the edges level with the place."""

import numpy as np

from zones.kernel.context import EDGES, MANY, STRIPES, ZONES
from zones.kernel.jit import Bytes, Floats, Longs, carray, compiled, pointer, prefetch

ROUNDING = 4e-16  # of an orientation's two products, each of rounded differences
TINY = 1e-290  # where products lose more than rounding
NUMBER = (1 << 32) - 1


@compiled
def find_stripes(
    context: Longs,
    pairs: Longs,
    tests: Longs,
    many: int,
    lons: Floats,
    lats: Floats,
    spots: Longs,
) -> int:
    """Keep the candidates whose bounds hold their place, and find its stripe there."""
    records: Floats = carray(pointer(context[ZONES]), MANY, np.float64)
    kept = 0
    for t in range(many):
        pair = pairs[tests[t]]
        r = 8 * (pair & NUMBER)
        x, y = lons[pair >> 32], lats[pair >> 32]
        inside = (records[r] <= x) & (x <= records[r + 2])
        if inside & (records[r + 1] <= y) & (y <= records[r + 3]):
            last = np.int64(records[r + 6]) - 1
            s = np.int64((y - records[r + 1]) * records[r + 4])
            spot = np.int64(records[r + 5]) + (s if s < last else last)
            prefetch(context[STRIPES] + 8 * spot)
            tests[kept], spots[kept] = tests[t], spot
            kept += 1
    return kept


@compiled
def test_edges(
    context: Longs,
    pairs: Longs,
    tests: Longs,
    many: int,
    lons: Floats,
    lats: Floats,
    spots: Longs,
    ends: Longs,
    verdicts: Bytes,
) -> bool:
    """Tell of each candidate whether it covers the place: 1, 0, or 2 if in doubt.

    Return whether any is in doubt.
    """
    stripes: Longs = carray(pointer(context[STRIPES]), MANY, np.int64)
    edges: Floats = carray(pointer(context[EDGES]), MANY, np.float64)
    for t in range(many):
        spots[t], ends[t] = stripes[spots[t]], stripes[spots[t] + 1]
        first = context[EDGES] + 32 * spots[t]
        prefetch(first)
        prefetch(first + 64)
        prefetch(first + 128)
    any_doubt = False
    for t in range(many):
        pair = pairs[tests[t]]
        px, py = lons[pair >> 32], lats[pair >> 32]
        crossings, doubt = 0, False
        for e in range(4 * spots[t], 4 * ends[t], 4):
            x0, y0, x1, y1 = edges[e], edges[e + 1], edges[e + 2], edges[e + 3]
            p, q = (x1 - x0) * (py - y0), (px - x0) * (y1 - y0)
            beside = (y0 <= py) & (py <= y1)
            doubt |= beside & (abs(p - q) <= ROUNDING * (abs(p) + abs(q)) + TINY)
            crossings += beside & (py < y1) & (p > q)
        verdicts[tests[t]] = 2 if doubt else crossings & 1
        any_doubt |= doubt
    return any_doubt
