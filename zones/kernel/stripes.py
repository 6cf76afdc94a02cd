"""The edges of zones in level stripes, so that few are looked at for a place."""

import numpy as np

from zones.kernel.jit import Floats, Longs, compiled

PER_STRIPE = 3  # edges to a stripe, as far as the height goes
AGAIN = 2  # times an edge may be in more than one stripe, on average


@compiled
def bounds_of(edges: Floats) -> tuple[float, float, float, float]:
    """Return the least x and y of edges, and the greatest."""
    x0, y0, x1, y1 = edges[0, 0], edges[0, 1], edges[0, 0], edges[0, 1]
    for e in range(len(edges)):
        for end in (0, 2):
            x, y = edges[e, end], edges[e, end + 1]
            x0, x1 = x if x < x0 else x0, x if x > x1 else x1
            y0, y1 = y if y < y0 else y0, y if y > y1 else y1
    return x0, y0, x1, y1


@compiled
def stripe(
    edges: Floats, record: Floats, first: int, stripes: Longs, into: Floats, used: int
) -> tuple[int, int]:
    """Sort a zone's edges into level stripes; return their number and that of edges in them.

    An edge is in each stripe that it passes: the more often a coast goes up and down, the
    fewer stripes it gets. Without room for so many edges, their number is negative.
    """
    n = len(edges)
    west, low, east, high = bounds_of(edges)
    height, way = high - low, 0.0
    for e in range(n):
        way += abs(edges[e, 3] - edges[e, 1])
    many = min(n // PER_STRIPE, len(stripes) - 1)
    if many * way > AGAIN * n * height:
        many = int(AGAIN * n * height / way)
    many = max(1, many)
    per = many / height if height > 0.0 else 0.0
    if not np.isfinite(per):
        per = 0.0
    record[0], record[1], record[2], record[3] = west, low, east, high
    record[4], record[5], record[6], record[7] = per, first, many, 0.0
    for s in range(many + 1):
        stripes[s] = 0
    for e in range(n):
        y0, y1 = edges[e, 1], edges[e, 3]
        if y0 > y1:
            y0, y1 = y1, y0
        lowest = min(int((y0 - low) * per), many - 1)
        for s in range(lowest, min(int((y1 - low) * per), many - 1) + 1):
            stripes[s + 1] += 1
    stripes[0] = used
    for s in range(many):
        stripes[s + 1] += stripes[s]
    total = stripes[many] - used
    if stripes[many] > len(into):
        return many, -total
    place = np.empty(many, np.int64)
    for s in range(many):
        place[s] = stripes[s]
    for e in range(n):
        x0, y0, x1, y1 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        lowest = min(int((y0 - low) * per), many - 1)
        for s in range(lowest, min(int((y1 - low) * per), many - 1) + 1):
            into[place[s], 0], into[place[s], 1] = x0, y0
            into[place[s], 2], into[place[s], 3] = x1, y1
            place[s] += 1
    return many, total
