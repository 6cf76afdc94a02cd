"""Measure the matching of pings with zones against shapely's STRtree and rtree.

python -m benchmarks.hot CACHE [A B D C]
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import shapely
from rtree import index as rtree

from zones import Area, IndexKind, Zone, ZoneId, build_index, load_kernel

SIZES = (1, 256, 4_096)


def blobs(rng, middles, radii, corners, holes=0.05, multi=0.03):
    """Return star-shaped polygons with wiggly edges."""
    shapes = []
    for (x, y), radius in zip(middles.tolist(), radii.tolist(), strict=True):
        count = max(4, int(rng.normal(corners, corners / 4)))
        angles = np.arange(count) * 2 * np.pi / count + rng.random()
        wave = sum(
            rng.normal(scale=0.25 / k) * np.cos(k * angles + rng.random() * 6)
            for k in range(1, 6)
        )
        r = radius * np.clip(
            1 + wave + rng.normal(scale=0.3 / count**0.5, size=count) * 0.3, 0.3, 2.5
        )
        shrink = np.cos(np.radians(y))
        ring = np.column_stack(
            [x + r * np.cos(angles) / shrink, y + r * np.sin(angles)]
        )
        hole = [(ring - [x, y]) * 0.3 + [x, y]] if rng.random() < holes else []
        shape = shapely.Polygon(ring, hole)
        if rng.random() < multi:
            shape = shapely.MultiPolygon(
                [shape, shapely.affinity.translate(shape, 6 * radius / shrink)]
            )
        shapes.append(shape if shape.is_valid else shapely.Polygon(ring).buffer(0))
    return [
        s
        if s.geom_type in ("Polygon", "MultiPolygon") and not s.is_empty
        else shapely.box(0, 0, 1e-3, 1e-3)
        for s in shapes
    ]


def workload(name, count=None):
    """Return shapes and a function that draws pings."""
    rng = np.random.default_rng(7)
    if name == "A":
        n = count or 10_000
        side = 0.42 * (n / 10_000) ** 0.5
        middles = np.column_stack(
            [
                rng.uniform(4.9 - side, 4.9 + side, n),
                rng.uniform(52.3 - side / 1.6, 52.3 + side / 1.6, n),
            ]
        )
        radii = rng.lognormal(np.log(0.0009), 0.5, n)
        shapes = blobs(rng, middles, radii, 42)
        return shapes, lambda k: (
            rng.uniform(4.9 - side, 4.9 + side, k),
            rng.uniform(52.3 - side / 1.6, 52.3 + side / 1.6, k),
        )
    if name == "B":
        grid = np.stack(
            np.meshgrid(np.linspace(-20, 60, 20), np.linspace(-40, 65, 15)), -1
        ).reshape(-1, 2)
        middles = grid + rng.normal(scale=0.5, size=grid.shape)
        shapes = blobs(rng, middles, np.full(len(middles), 2.6), 5_600, 0, 0)
        return shapes, lambda k: (rng.uniform(-20, 60, k), rng.uniform(-40, 65, k))
    if name == "C":
        n = count or 1_000_000
        towns = np.column_stack([rng.uniform(-10, 30, 500), rng.uniform(36, 60, 500)])
        which = rng.integers(500, size=n)
        middles = towns[which] + rng.normal(scale=0.11, size=(n, 2))
        angles = np.arange(17) * 2 * np.pi / 17
        radii = rng.lognormal(np.log(0.0009), 0.5, n)[:, None] * rng.uniform(
            0.7, 1.3, (n, 17)
        )
        rings = np.stack(
            [
                middles[:, :1] + radii * np.cos(angles) * 1.5,
                middles[:, 1:] + radii * np.sin(angles),
            ],
            -1,
        )
        rings = np.concatenate([rings, rings[:, :1]], axis=1)
        shapes = list(shapely.polygons(rings))

        def draw(k):
            at = towns[rng.integers(500, size=k)] + rng.normal(scale=0.11, size=(k, 2))
            return at[:, 0].copy(), at[:, 1].copy()

        return shapes, draw
    n = 2_000
    middles = np.column_stack([rng.normal(4.9, 0.1, n), rng.normal(52.3, 0.06, n)])
    shapes = blobs(rng, middles, rng.lognormal(np.log(0.008), 0.4, n), 300, 0.05, 0.03)
    return shapes, lambda k: (rng.normal(4.9, 0.1, k), rng.normal(52.3, 0.06, k))


def strtree(shapes):
    """Return the best shapely-only way: boxes of the tree, then prepared zones."""
    tree = shapely.STRtree(shapes)
    array = np.array(shapes, dtype=object)
    shapely.prepare(array)

    def covering(lons, lats):
        points, zones = tree.query(shapely.points(lons, lats))
        hit = shapely.intersects_xy(array[zones], lons[points], lats[points])
        return points[hit], zones[hit]

    return covering


def per_point(shapes):
    """Return rtree and a prepared zone, one ping after another."""
    tree = rtree.Index((n, s.bounds, None) for n, s in enumerate(shapes))
    for shape in shapes:
        shapely.prepare(shape)

    def covering(lons, lats):
        return [
            [
                n
                for n in tree.intersection((x, y, x, y))
                if shapely.intersects_xy(shapes[n], x, y)
            ]
            for x, y in zip(lons.tolist(), lats.tolist(), strict=True)
        ]

    return covering


def rates(
    ways: dict[str, Callable], draw: Callable, size: int, rounds: int = 9
) -> dict[str, list[float]]:
    """Return pings per second of some rounds; the ways take turns in each."""
    batches = [draw(size) for _ in range(max(2, min(400, 40_000 // size)))]
    calls, found = {}, {name: [] for name in ways}
    for name, covering in ways.items():
        took = timed(covering, batches, 3)
        calls[name] = max(2, int(0.04 / took))
    for _ in range(rounds):
        for name, covering in ways.items():
            found[name].append(size / timed(covering, batches, calls[name]))
    return found


def timed(covering: Callable, batches: list, calls: int) -> float:
    """Return the seconds of CPU that a call takes."""
    start = time.process_time()
    for done in range(calls):
        covering(*batches[done % len(batches)])
    return (time.process_time() - start) / calls


def compared(mine: Callable, peers: dict, draw: Callable, size: int) -> str:
    """Return our rate with calls of a size, and that of our peers in the same run."""
    ways = {"ours": mine, **peers}
    if size > 256:
        ways.pop("rtree", None)
    found = rates(ways, draw, size)
    ours = found.pop("ours")
    middle = statistics.median(ours) / 1e6
    line = (
        f"  {size:6}: {middle:8.3f} M/s ({min(ours) / 1e6:.3f}-{max(ours) / 1e6:.3f})"
    )
    for peer, theirs in found.items():
        ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
        line += (
            f" | {peer} {statistics.median(theirs) / 1e6:.4f} = "
            f"{statistics.median(ratios):.1f}x ({ratios[0]:.1f}-{ratios[-1]:.1f})"
        )
    return line


def memory() -> float:
    """Return the resident megabytes of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


def main() -> None:
    """Measure what was asked for."""
    kernel = load_kernel(sys.argv[1])
    for name in sys.argv[2:] or ["A", "B", "D"]:
        name, _, count = name.partition(":")
        shapes, draw = workload(name, int(count) if count else None)
        zones = [Zone(ZoneId(str(n)), Area(shape)) for n, shape in enumerate(shapes)]
        before, start = memory(), time.process_time()
        ours = build_index(zones, IndexKind.CELLS, kernel)
        built, grown = time.process_time() - start, memory() - before
        peers = {"strtree": strtree(shapes)}
        if name != "C":
            peers["rtree"] = per_point(shapes)
        vertices = shapely.get_num_coordinates(np.array(shapes)).sum()
        lons, lats = draw(10_000)
        found = ours.covering(lons, lats)
        points, numbers = peers["strtree"](lons, lats)
        order = np.lexsort((numbers, points))
        mine = np.repeat(np.arange(len(lons)), np.diff(found.offsets))
        same = np.array_equal(mine, points[order]) and np.array_equal(
            found.numbers, numbers[order]
        )
        table = ours._table
        print(
            f"{name}: {len(shapes)} zones, {vertices} vertices, "
            f"build {built:.3f} s, {grown:.0f} MB, right {same}, "
            f"{len(points) / len(lons):.2f} zones a ping, "
            f"side {len(ours._side)}, cells {table._cells}, "
            f"runs {table._used_runs}, levels {table._levels:b}"
        )
        for size in SIZES:
            print(compared(ours.covering, peers, draw, size), flush=True)


if __name__ == "__main__":
    main()
