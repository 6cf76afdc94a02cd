"""Which zones cover a ping: our indexes beside what is made of shapely and rtree."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import rtree
import shapely
from numpy.typing import NDArray

from benchmarks.contest import Contender, Measures, Scores, compete, rate
from benchmarks.data import WORLDS, Floats, hard_pings, make_pings, make_zones
from benchmarks.report import Cell, Rounds, Table
from zones import IndexKind, Zone, build_index

Codes = NDArray[np.int64]  # pairs of ping and zone as numbers
Ask = Callable[[Floats, Floats], tuple[NDArray[np.intp], NDArray[np.intp]]]

BATCHES = (1, 256, 4_096)
COMPARED = 10_000  # pings that answers are compared on
PINGS = 65_536
BASE = "shapely STRtree"
YARDSTICK = "geopush scan"
COLUMNS = (
    *("contender", "build s", "MB", "wrong"),
    *(f"{batch:,} a call" for batch in BATCHES),
    *(f"x at {batch:,}" for batch in BATCHES),
)
MEANING = f"""\
- **contender**: `geopush ...` is `build_index(zones, kind)` and its `covering`; `cells`
  is the kind that the service uses. `{BASE}` takes boxes from the tree and asks
  `intersects_xy` about them, both vectorised. `rtree + prepared` asks the tree for each
  ping, and `intersects_xy` for each zone found. Zones are prepared by GEOS for all.
- **build s**: seconds of CPU from zones to an index, once. **MB**: what it added to the
  process.
- **wrong**: pairs of ping and zone too many or too few on {COMPARED:,} pings, a tenth
  of them on corners and edges, against `{YARDSTICK}`: shapely asked about each zone.
- **N a call**: pings matched in a second of CPU when each call brings N.
- **x at N**: the same, over that of `{BASE}`.
"""


def run(quick: bool, zones: int | None) -> list[Table]:
    """Measure in all worlds, or only in a city of so many zones."""
    if zones is not None or quick:
        return [_contest("city", zones or 1_000, quick)]
    usual = [(name, world.zones) for name, world in WORLDS.items()]
    return [_contest(*one, quick) for one in [("city", 1_000), *usual]]


def _contest(world: str, count: int, quick: bool) -> Table:
    seconds = 0.1 if quick else 0.3
    openers = {one: partial(open_peer, one, world, count, seconds) for one in PEERS}
    scores = compete(openers, rounds=5)
    truth = scores[YARDSTICK].facts["answers"]
    rows = [[name, *_row(one, scores[BASE], truth)] for name, one in scores.items()]
    note = f"A ping is in {len(truth) / COMPARED:.2f} zones, in the mean."
    return Table(f"match: {world}, {count:,} zones", note, COLUMNS, rows, MEANING)


def _row(scores: Scores, base: Scores, truth: Codes) -> list[Cell]:
    facts = scores.facts
    wrong = len(np.setxor1d(facts["answers"], truth))
    rates = [Rounds(scores.of(batch)) for batch in BATCHES]
    ratios = [Rounds(scores.over(base, batch)) for batch in BATCHES]
    return [round(facts["build"], 3), round(facts["mb"]), wrong, *rates, *ratios]


def our_index(kind: IndexKind, zones: list[Zone]) -> Ask:
    """Build one of our indexes."""
    index = build_index(zones, kind)

    def ask(lons: Floats, lats: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        offsets, numbers = index.covering(lons, lats)
        return np.repeat(np.arange(len(lons)), np.diff(offsets)), numbers

    return ask


def strtree(zones: list[Zone]) -> Ask:
    """Build the best that shapely has by itself."""
    shapes = np.array([zone.area.geometry for zone in zones])
    tree = shapely.STRtree(shapes)

    def ask(lons: Floats, lats: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        pings, found = tree.query(shapely.points(lons, lats))
        inside = shapely.intersects_xy(shapes[found], lons[pings], lats[pings])
        return pings[inside], found[inside]

    return ask


def rtree_per_ping(zones: list[Zone]) -> Ask:
    """Build what one writes first: an R-tree and prepared geometries, ping by ping."""
    shapes = [zone.area.geometry for zone in zones]
    boxes = ((number, shape.bounds, None) for number, shape in enumerate(shapes))
    tree = rtree.index.Index(boxes)

    def ask(lons: Floats, lats: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        pairs = [
            (ping, number)
            for ping, (x, y) in enumerate(
                zip(lons.tolist(), lats.tolist(), strict=True)
            )
            for number in tree.intersection((x, y, x, y))
            if shapely.intersects_xy(shapes[number], x, y)
        ]
        pings, found = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
        return pings, found

    return ask


PEERS: dict[str, Callable[[list[Zone]], Ask]] = {
    "geopush cells": partial(our_index, IndexKind.CELLS),
    "geopush tree": partial(our_index, IndexKind.TREE),
    YARDSTICK: partial(our_index, IndexKind.SCAN),
    BASE: strtree,
    "rtree + prepared": rtree_per_ping,
}


def answers(ask: Ask, zones: int, lons: Floats, lats: Floats) -> Codes:
    """Return each pair of a ping and a zone that covers it as a number, sorted."""
    codes = []
    for start in range(0, len(lons), 1_000):
        end = start + 1_000
        pings, found = ask(lons[start:end], lats[start:end])
        codes.append((pings + start) * zones + found)
    return np.sort(np.concatenate(codes))


@contextmanager
def open_peer(name: str, world: str, count: int, seconds: float) -> Iterator[Contender]:
    """Build a contender, and measure it for so many seconds with each size of call."""
    zones = make_zones(world, count)
    memory, started = _megabytes(), time.thread_time()
    ask = PEERS[name](zones)
    facts = {"build": time.thread_time() - started, "mb": _megabytes() - memory}
    facts["answers"] = answers(ask, count, *hard_pings(zones, world, COMPARED))
    lons, lats = make_pings(world, PINGS)

    def step(batch: int, done: int) -> int:
        at = done % PINGS
        ask(lons[at : at + batch], lats[at : at + batch])
        return batch

    def measure() -> Measures:
        return {f"{one}": rate(partial(step, one), seconds) for one in BATCHES}

    yield Contender(facts, measure)


def _megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
