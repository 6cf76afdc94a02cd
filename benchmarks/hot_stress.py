"""Count wrong answers on a million places on and by edges and corners, against shapely.

python benchmarks/hot_stress.py CACHE [places]
"""

import sys
import threading
import time

import numpy as np
import shapely
from hot import strtree, workload

from zones import Area, IndexKind, Zone, ZoneId, build_index, load_kernel


def by_an_edge(shapes, count, rng):
    """Return places on corners, level with them, on edges, and 1e-17 to 1e-3 away."""
    rings = shapely.get_rings(shapely.get_parts(shapes))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    first = np.flatnonzero(ring[1:] == ring[:-1])
    at = first[rng.integers(len(first), size=count)]
    share = rng.choice([0.0, 0.0, 0.5, 1.0], size=count)
    share = np.where(share == 0.5, rng.random(count), share)[:, None]
    on = xy[at] * (1 - share) + xy[at + 1] * share
    off = rng.choice([-1.0, 0.0, 1.0], size=(count, 2))
    on += off * 10.0 ** rng.uniform(-17, -3, size=(count, 2))
    level = rng.random(count) < 0.1
    on[level, 1] = xy[at[level], 1]
    return on[:, 0].copy(), on[:, 1].copy()


def wrong(index, peer, lons, lats):
    """Return how many pairs of place and zone differ, and how many there are."""
    found = index.covering(lons, lats)
    points, numbers = peer(lons, lats)
    mine = np.repeat(np.arange(len(lons)), np.diff(found.offsets)) << 32 | found.numbers
    return len(np.setxor1d(mine, points << 32 | numbers)), len(points)


def threads(index, draw):
    """Return how much more two threads do than one in the same time."""
    batches = [draw(4_096) for _ in range(16)]

    def work(end, done):
        while time.perf_counter() < end:
            index.covering(*batches[len(done) % 16])
            done.append(1)

    counts = []
    for many in (1, 2, 1, 2, 1, 2):
        dones, end = [[] for _ in range(many)], time.perf_counter() + 1.0
        all_ = [threading.Thread(target=work, args=(end, done)) for done in dones]
        for one in all_:
            one.start()
        for one in all_:
            one.join()
        counts.append(sum(map(len, dones)))
    return sum(counts[1::2]) / sum(counts[::2])


def main() -> None:
    """Count for each workload."""
    kernel = load_kernel(sys.argv[1])
    each = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    for name in "ADB":
        shapes, draw = workload(name)
        zones = [Zone(ZoneId(str(n)), Area(shape)) for n, shape in enumerate(shapes)]
        index = build_index(zones, IndexKind.CELLS, kernel)
        peer = strtree(shapes)
        rng = np.random.default_rng(11)
        bad = pairs = doubts = 0
        for _ in range(0, each, 50_000):
            lons, lats = by_an_edge(np.array(shapes), 50_000, rng)
            more, of = wrong(index, peer, lons, lats)
            doubts += len(index._search(kernel, lons, lats)[1]) // 2
            bad, pairs = bad + more, pairs + of
        plain = wrong(index, peer, *draw(10_000))
        print(
            f"{name}: {each} places by edges: {bad} wrong of {pairs}, shapely asked "
            f"{doubts} times; 10,000 pings: {plain[0]} wrong of {plain[1]}; "
            f"two threads {threads(index, draw):.2f} times one",
            flush=True,
        )


if __name__ == "__main__":
    main()
