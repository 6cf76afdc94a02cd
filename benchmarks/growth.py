"""How the cost grows: with zones, with their vertices, with pings a call."""

import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import numpy as np
import shapely

from benchmarks import match
from benchmarks.data import CITY, KM, places_in, stars, zones_of
from benchmarks.kernel import DIRECTORY
from benchmarks.match import BASE, OURS, PER_PING, PLAIN, Contest
from benchmarks.peers import Matcher, own, pairs_coded, tree_of_boxes
from benchmarks.report import Cell, Rounds, Table
from geopush.bench.contest import Contender, Scores, compete, last_core
from geopush.bench.matching import Built, Course, collected, measuring, resident
from geopush.bench.plot import Plot
from zones import Zone

SIZES = (1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536)
FEW_SIZES = (1, 64, 1_024, 16_384)
COUNTS = (1_000, 10_000, 100_000, 1_000_000)
CORNERS = (8, 32, 128, 512, 2_048, 8_192)
FINE = 1_000  # zones of so many corners each
TALL = 0.9 * KM  # degrees; half of the pings are in one then
PICTURED = (256, 4_096)
MEANING = """\
- **build s**, **MB**, **wrong**, **N a call**, **x at N**: as in the worlds above.
"""
SIZES_MEANING = f"""\
- **N**: pings matched in a second of CPU when each call brings N, for each contender
  of the worlds above that needs nothing else. **x**: over that of `{BASE}`.
"""


def by_batch(asked: Namespace) -> list[Table]:
    """Measure calls of many sizes in the city."""
    count = match.QUICK["city"] if asked.quick else None
    sizes = FEW_SIZES if asked.quick else SIZES
    contest = Contest("city", asked.zones or count, asked.quick, sizes)
    openers = {
        OURS: partial(match.open_own, OURS, contest),
        PLAIN: partial(match.open_own, PLAIN, contest),
        BASE: partial(match.open_base, contest),
        PER_PING: partial(match.open_peer, PER_PING, contest),
    }
    scores = compete(openers, contest.rounds, last_core(), hurry=asked.quick)
    columns = ("pings a call", *scores, f"x {OURS}")
    rows = [
        [
            f"{size:,}",
            *(Rounds(one.of(size)) for one in scores.values()),
            Rounds(scores[OURS].over(scores[BASE], size)),
        ]
        for size in sizes
    ]
    lines = {
        name: [(size, Rounds(one.of(size)).median) for size in sizes]
        for name, one in scores.items()
    }
    plot = Plot("City (A), one core", "pings a call", "pings a second", lines)
    title = "match.batches: the city (A) by pings a call"
    return [Table(title, "", columns, rows, SIZES_MEANING, plot=plot)]


def by_zones(asked: Namespace) -> list[Table]:
    """Measure towns of more and more zones, as dense as each other."""
    counts = (500, 5_000) if asked.quick else COUNTS
    contests = {count: Contest("towns", count, asked.quick) for count in counts}
    results = {
        count: compete(
            {OURS: partial(match.open_own, OURS, one)}
            | {BASE: partial(match.open_base, one)},
            one.rounds,
            last_core(),
            hurry=asked.quick,
        )
        for count, one in contests.items()
    }
    plot = _plot("Towns, one core", "zones", results)
    note = "Towns of 2,000 zones with 16 corners each; 8 of 100 pings are in one."
    return [_table("match.zones: by number of zones", "zones", note, results, plot)]


def by_vertices(asked: Namespace) -> list[Table]:
    """Measure zones of finer and finer outline."""
    corners = CORNERS[:2] if asked.quick else CORNERS
    contest = Contest("city", FINE, asked.quick)
    results = {
        each: compete(
            {name: partial(open_fine, name, each, contest) for name in (OURS, BASE)},
            contest.rounds,
            last_core(),
            hurry=asked.quick,
        )
        for each in corners
    }
    plot = _plot(f"{FINE:,} zones, one core", "corners of a zone", results)
    note = f"{FINE:,} zones, half of the pings are in one."
    title = "match.vertices: by corners of each zone"
    return [_table(title, "corners", note, results, plot)]


@contextmanager
def open_fine(name: str, corners: int, contest: Contest) -> Iterator[Contender[Built]]:
    """Build an index over zones of so many corners each."""
    zones = fine_zones(corners)
    directory = str(DIRECTORY) if name == OURS else None
    if name == OURS:
        own(directory, zones[:10], "city")
    pings = places_in(CITY, np.random.default_rng(5), contest.pings)
    compared = pings[0][: match.COMPARED], pings[1][: match.COMPARED]
    course = Course(pings, compared, contest.batches, contest.seconds)
    before, started = resident(), time.process_time()
    matcher = (
        own(directory, zones, "city")
        if name == OURS
        else Matcher(tree_of_boxes(zones), pairs_coded)
    )
    seconds = time.process_time() - started
    answers = collected(matcher.ask, matcher.code, compared)
    facts = Built(seconds, resident() - before, answers)
    yield Contender(facts, measuring(matcher.ask, course))


def fine_zones(corners: int) -> list[Zone]:
    """Return zones of so many corners each, the same places whatever the number."""
    middles = np.column_stack(places_in(CITY, np.random.default_rng(6), FINE))
    rng = np.random.default_rng(7)
    outlines = stars(rng, middles, np.full(FINE, TALL), corners)
    return zones_of(shapely.polygons(outlines))


Results = dict[int, dict[str, Scores[Built]]]


def _table(title: str, head: str, note: str, results: Results, plot: Plot) -> Table:
    rows: list[Sequence[Cell]] = [
        [f"{count:,}", name, *match.row_of(one, scores[BASE])]
        for count, scores in results.items()
        for name, one in scores.items()
    ]
    return Table(title, note, (head, *match.COLUMNS), rows, MEANING, plot=plot)


def _plot(title: str, across: str, results: Results) -> Plot:
    lines = {
        f"{name}, {size:,} a call": [
            (count, Rounds(scores[name].of(size)).median)
            for count, scores in results.items()
        ]
        for name in (OURS, BASE)
        for size in PICTURED
    }
    return Plot(title, across, "pings a second", lines)
