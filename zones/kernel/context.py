"""Where things are in an index's context, and what the numbers in its table mean."""

import numpy as np

TEST, FULL, NEAR = 0, 1, 2  # how a zone is in a cell; NEAR: only its approach is

# Addresses and counts: the lattice's first, then ours. GONE is 0 if all zones are live,
# else it says when each went; at MOMENT or before means that it is not there.
(
    FINEST,
    LEVELS,
    ZONES,
    STRIPES,
    EDGES,
    SLOTS,
    SHIFT,
    RUNS,
    FILTER,
    GONE,
    COUNT,
    MOMENT,
    COARSE,
    FINE,
    HASHED,
    END,
) = range(8, 24)
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2 ** 64 over the golden ratio
LENGTH = np.uint64(0xFFFFFF)  # of a run; where it begins is in the higher bits
BEGIN = np.uint64(24)
MANY = 1 << 62
