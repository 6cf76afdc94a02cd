"""What it costs to add a zone to an index that is in use, and to take it away."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import rtree
import shapely
from msgspec.structs import replace

from benchmarks.data import make_zones
from benchmarks.kernel import DIRECTORY
from benchmarks.match import BASE, OURS, PLAIN, QUICK
from benchmarks.report import Goal, Rounds, Table
from geopush.bench.contest import Contender, Measures, compete, last_core
from geopush.bench.matching import loaded_kernel
from zones import IndexKind, Zone, ZoneId, build_index

MORE = 40  # zones put in and taken away each round
BASE_TREE = "rtree insert"
MILLIS = ("add", "remove", "find")
COLUMNS = (
    "contender", "add ms", "remove ms", "add, find ms", "x add", f"x add, {BASE_TREE}"
)  # fmt: skip
MEANING = f"""\
- **contender**: `{OURS}` and `{PLAIN}` make another index with `with_changes`; the one
  before goes on to answer. `{BASE}` has to be built anew. `{BASE_TREE}` changes an
  R-tree where it is, with the box alone.
- **add ms**, **remove ms**: milliseconds of CPU for one zone, one after the other, mean
  of {MORE}.
- **add, find ms**: the same for adding one and then asking for a place inside it, which
  must find it: nothing is put off until somebody asks.
- **x add**: how many times faster than `{BASE}`; **x add, {BASE_TREE}**: than that.
"""
Steps = dict[str, Callable[[], None]]


def run(asked: Namespace) -> list[Table]:
    """Measure changes of the city."""
    count = asked.zones or (QUICK["city"] if asked.quick else 10_000)
    names = {OURS: own, PLAIN: own, BASE: rebuilt, BASE_TREE: inserted}
    openers = {
        name: partial(open_changing, name, build, count)
        for name, build in names.items()
    }
    rounds = 2 if asked.quick else 9
    scores = compete(openers, rounds, last_core(), hurry=asked.quick)
    base, tree, ours = scores[BASE], scores[BASE_TREE], scores[OURS]
    rows = [
        [
            name,
            *(Rounds(one.of(what)) for what in MILLIS),
            Rounds(base.over(one, "add")),
            Rounds(tree.over(one, "add")),
        ]
        for name, one in scores.items()
    ]
    faster = Rounds(base.over(ours, "add"))
    slower = Rounds(ours.over(tree, "add"))
    goals = [
        Goal(f"A, add one zone, faster than building {BASE}", 2, 20, faster),
        Goal("A, add one zone, slower than rtree's insert", 10, 3, slower, less=True),
    ]
    title = f"match.change: add and remove one of {count:,} zones (A)"
    return [Table(title, "", COLUMNS, rows, MEANING, goals)]


@contextmanager
def open_changing(
    name: str, build: Callable[..., Steps], count: int
) -> Iterator[Contender[None]]:
    """Build what changes, and measure so many changes of it."""
    more = make_zones("city", MORE, seed=8)
    more = [replace(one, zone_id=ZoneId(f"more-{one.zone_id}")) for one in more]
    steps = build(name, make_zones("city", count), more)

    def measure() -> Measures:
        took = {what: _milliseconds(steps[what]) / MORE for what in MILLIS}
        steps["remove"]()
        return took

    yield Contender(None, measure)


def own(name: str, zones: list[Zone], more: list[Zone]) -> Steps:
    """Change our index."""
    kernel = loaded_kernel(str(DIRECTORY) if name == OURS else None)
    index = build_index(zones, IndexKind.CELLS, kernel)
    asked = [(one, np.array([x]), np.array([y])) for one, x, y in inside(more)]

    def add() -> None:
        nonlocal index
        for zone in more:
            index = index.with_changes([zone], [])

    def remove() -> None:
        nonlocal index
        for zone in more:
            index = index.with_changes([], [zone.zone_id])

    def find() -> None:
        nonlocal index
        for zone, lons, lats in asked:
            index = index.with_changes([zone], [])
            numbers = index.covering(lons, lats).numbers.tolist()
            assert index.zone(max(numbers)) is zone

    return {"add": add, "remove": remove, "find": find}


def inside(zones: list[Zone]) -> list[tuple[Zone, float, float]]:
    """Return zones, each with a place inside it."""
    points = [zone.area.representative_point for zone in zones]
    places = [(point.longitude, point.latitude) for point in points]
    return [(zone, *place) for zone, place in zip(zones, places, strict=True)]


def rebuilt(_: str, zones: list[Zone], more: list[Zone]) -> Steps:
    """Build the tree of shapely anew for each change."""
    shapes = np.array([zone.area.geometry for zone in [*zones, *more]], dtype=object)

    points = [shapely.Point(x, y) for _, x, y in inside(more)]

    def build() -> None:
        for number in range(MORE):
            shapely.STRtree(shapes[: len(zones) + number])

    def find() -> None:
        for number, point in enumerate(points, len(zones)):
            tree = shapely.STRtree(shapes[: number + 1])
            assert number in tree.query(point, predicate="intersects")

    return {"add": build, "remove": build, "find": find}


def inserted(_: str, zones: list[Zone], more: list[Zone]) -> Steps:
    """Change an R-tree."""
    boxes = [zone.area.geometry.bounds for zone in zones]
    tree = rtree.index.Index((at, box, None) for at, box in enumerate(boxes))
    new = [zone.area.geometry.bounds for zone in more]
    places = inside(more)

    def add() -> None:
        for at, box in enumerate(new, len(boxes)):
            tree.insert(at, box)

    def remove() -> None:
        for at, box in enumerate(new, len(boxes)):
            tree.delete(at, box)

    def find() -> None:
        for at, (box, (_, x, y)) in enumerate(
            zip(new, places, strict=True), len(boxes)
        ):
            tree.insert(at, box)
            assert at in tree.intersection((x, y, x, y))

    return {"add": add, "remove": remove, "find": find}


def _milliseconds(step: Callable[[], None]) -> float:
    started = time.process_time()
    step()
    return 1e3 * (time.process_time() - started)
