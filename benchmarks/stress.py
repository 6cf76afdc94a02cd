"""Wrong answers on places by edges and corners, where they are hardest to get right."""

from argparse import Namespace

import numpy as np
import shapely

from benchmarks.data import make_zones
from benchmarks.kernel import DIRECTORY
from benchmarks.match import LETTERS, QUICK
from benchmarks.peers import tree_of_boxes
from benchmarks.report import Goal, Rounds, Table
from geopush.bench.matching import coded, loaded_kernel, wrong
from geopush.bench.pings import Pings
from zones import IndexKind, Zone, build_index

POINTS = 1_000_000
PLAIN_EVERY = 10  # of so many places one is asked without the kernel too
AT_ONCE = 50_000
COLUMNS = ("world", "points", "pairs", "wrong", "wrong, no compiler")
MEANING = f"""\
- **points**: places on corners, on edges, level with a corner, and 1e-17 to 1e-3
  degrees off them. **pairs**: how often one of them is in a zone, its edge included.
- **wrong**: pairs too many or missing against shapely's `intersects_xy`, asked about
  every zone whose box holds the place. **wrong, no compiler**: the same of the plain
  loops, on one place in {PLAIN_EVERY}.
"""


def run(world: str, asked: Namespace) -> list[Table]:
    """Count in one world."""
    points = asked.points or (20_000 if asked.quick else POINTS)
    zones = make_zones(world, QUICK.get(world) if asked.quick else None)
    pairs, bad, plain = count(zones, points)
    letter = LETTERS[world]
    row = [f"{world} ({letter})", f"{points:,}", f"{pairs:,}", bad, plain]
    text = f"{letter}, wrong answers, {points:,} points by edges"
    goal = Goal(text, 0, 0, Rounds([bad + plain]), "", less=True)
    title = f"stress.{world}: wrong answers by edges"
    return [Table(title, "", COLUMNS, [row], MEANING, [goal])]


def count(zones: list[Zone], points: int) -> tuple[int, int, int]:
    """Return how many pairs there are, and how many were wrong, compiled and plain."""
    index = build_index(zones, IndexKind.CELLS, loaded_kernel(str(DIRECTORY)))
    plain = build_index(zones, IndexKind.CELLS)
    ask, edges = tree_of_boxes(zones), edges_of(zones)
    rng = np.random.default_rng(11)
    pairs = bad = plainly_bad = 0
    for start in range(0, points, AT_ONCE):
        lons, lats = by_an_edge(edges, min(AT_ONCE, points - start), rng)
        pings, found = ask(lons, lats)
        truth = pings << 32 | found
        bad += wrong(coded(index.covering(lons, lats)), truth)
        few = len(lons) // PLAIN_EVERY
        some = coded(plain.covering(lons[:few].copy(), lats[:few].copy()))
        plainly_bad += wrong(some, truth[pings < few])
        pairs += len(truth)
    return pairs, bad, plainly_bad


def edges_of(zones: list[Zone]) -> np.ndarray:
    """Return the edges of zones: from where to where."""
    shapes = np.array([zone.area.geometry for zone in zones], dtype=object)
    rings = shapely.get_rings(shapely.get_parts(shapes))
    places, ring = shapely.get_coordinates(rings, return_index=True)
    first = np.flatnonzero(ring[1:] == ring[:-1])
    return np.stack([places[first], places[first + 1]])


def by_an_edge(edges: np.ndarray, count: int, rng: np.random.Generator) -> Pings:
    """Return places on corners, level with them, on edges, and a little off."""
    begin, end = edges[:, rng.integers(edges.shape[1], size=count)]
    along = rng.choice([0.0, 0.0, 0.5, 1.0], size=count)
    along = np.where(along == 0.5, rng.random(count), along)[:, None]
    places = begin * (1 - along) + end * along
    off = rng.choice([-1.0, 0.0, 1.0], size=(count, 2))
    places += off * 10.0 ** rng.uniform(-17, -3, size=(count, 2))
    level = rng.random(count) < 0.1
    places[level, 1] = begin[level, 1]
    return places[:, 0].copy(), places[:, 1].copy()
