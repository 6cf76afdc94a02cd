"""Which zones cover a ping: our index beside what else there is, world by world."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module

import numpy as np
from msgspec import Struct

from benchmarks.data import REAL, WORLDS, make_pings, make_zones
from benchmarks.kernel import DIRECTORY
from benchmarks.peers import (
    PEERS,
    Matcher,
    own,
    pairs_coded,
    tree_of_boxes,
    tree_of_pings,
    tree_with_predicate,
)
from benchmarks.report import Cell, Goal, Rounds, Table
from geopush.bench.contest import Contender, Scores, compete, last_core
from geopush.bench.matching import (
    Ask,
    Built,
    Course,
    collected,
    cut,
    measuring,
    resident,
    wrong,
)
from geopush.bench.pings import Floats
from zones import Zone

BATCHES = (1, 256, 4_096)
COMPARED = 10_000  # pings that answers are compared on
OURS, PLAIN, BASE = "geopush", "geopush, no compiler", "shapely STRtree"
PER_PING, POSTGIS = "rtree + prepared", "PostGIS"
HURRIED = PER_PING, "city"  # the one peer in a hurry, and where
QUICK = {"city": 1_000, "countries": 12, "towns": 8_000, "overlapping": 300}
MANY = 50_000  # zones; beyond, other ways than boxes take seconds a call
LETTERS = dict(zip([*WORLDS, REAL], "ABCDE", strict=True))
COLUMNS = (
    *("contender", "build s", "MB", "wrong"),
    *(f"{batch:,} a call" for batch in BATCHES),
    *(f"x at {batch:,}" for batch in BATCHES),
)
MEANING = f"""\
- **contender**: `{OURS}` is `build_index(zones, kernel=...)` and its `covering`, as the
  service uses it; `{PLAIN}` is the same without numba. `{BASE}` is the fastest of three
  ways for each size of call: boxes from the tree and `intersects_xy` about them, the
  tree's own predicate, or a tree of the pings; all vectorised, zones prepared.
  `{PER_PING}` asks an R-tree and then `intersects_xy`, ping by ping.
  `geopandas sjoin` joins frames. `h3 dictionary` looks up cells whose middle is in a
  zone, nothing else; `h3ronpy + shapely` looks up cells that touch a zone in arrays and
  lets shapely decide. `{POSTGIS}` is one prepared statement a call, over a socket, the
  server on the same core. `chdb ...` are ClickHouse's polygon dictionaries in their
  layouts `POLYGON` (the default) and `POLYGON_INDEX_EACH`; they tell one zone of a
  ping, never two.
- **build s**: seconds of CPU from zones to an index, once; for `{POSTGIS}` only those
  of the client. **MB**: memory that it added to the process.
- **wrong**: pairs of ping and zone too many or too few on {COMPARED:,} pings, against
  `{BASE}`.
- **N a call**: pings matched in a second of CPU when each call brings N; for
  `{POSTGIS}` in a second.
- **x at N**: the same, over that of `{BASE}`.
"""


class Contest(Struct, frozen=True):
    """Which world, how many zones, which calls, and for how long."""

    world: str
    zones: int | None
    quick: bool
    batches: tuple[int, ...] = BATCHES

    @property
    def seconds(self) -> float:
        """How long each size of call is measured in a round."""
        return 0.01 if self.quick else 0.07

    @property
    def rounds(self) -> int:
        """How many rounds there are."""
        return 2 if self.quick else 7

    @property
    def pings(self) -> int:
        """How many different pings there are; then the first come again."""
        return 1 << 15 if self.quick else 1 << 18

    @property
    def tries(self) -> int:
        """How many calls each way of shapely is tried with to find the fastest."""
        return 2 if self.quick else 20

    def make(self) -> tuple[list[Zone], Course]:
        """Make the zones and what is measured with them."""
        zones = make_zones(self.world, self.zones)
        pings = make_pings(self.world, self.pings, zones=len(zones))
        compared = make_pings(self.world, COMPARED, seed=3, zones=len(zones))
        return zones, Course(pings, compared, self.batches, self.seconds)


def run(world: str, asked: Namespace) -> list[Table]:
    """Measure all contenders in one world."""
    count = asked.zones or (QUICK.get(world) if asked.quick else None)
    contest = Contest(world, count, asked.quick)
    openers = {one: partial(open_own, one, contest) for one in (OURS, PLAIN)}
    if world == "towns" or (asked.quick and world != "city"):
        openers.pop(PLAIN)
    openers |= {BASE: partial(open_base, contest)}
    missing = []
    for name, peer in PEERS.items():
        if world in peer.never or (asked.quick and (name, world) != HURRIED):
            continue
        if peer.missing:
            missing.append(f"{name} ({peer.missing} is not installed)")
            continue
        openers[name] = partial(open_peer, name, contest)
    if world != "towns" and not asked.quick:
        postgis = import_module("benchmarks.postgis")  # takes a while
        if postgis.programs() is None:
            missing.append(f"{POSTGIS} (postgresql-15-postgis-3 is not installed)")
        else:
            openers[POSTGIS] = partial(postgis.open_database, contest)
    scores = compete(openers, contest.rounds, last_core(), hurry=asked.quick)
    return [_table(contest, scores, missing)]


def _table(
    contest: Contest, scores: dict[str, Scores[Built]], missing: list[str]
) -> Table:
    world = contest.world
    truth = scores[BASE].facts.answers
    zones = contest.zones or (WORLDS[world].zones if world in WORLDS else 0)
    rows = [[name, *row_of(one, scores[BASE])] for name, one in scores.items()]
    note = f"A ping is in {len(truth) / COMPARED:.2f} zones, in the mean."
    if missing:
        note += f" Missing: {', '.join(missing)}."
    size = f"{zones:,} zones" if zones else "taxi zones and restaurants"
    title = f"match.{world}: {size} ({LETTERS[world]})"
    goals = () if world == REAL else _goals(world, scores)
    return Table(title, note, COLUMNS, rows, MEANING, goals)


def row_of(scores: Scores[Built], base: Scores[Built]) -> list[Cell]:
    """Return what is told of a contender in a row."""
    built = scores.facts
    rates = [Rounds(scores.of(batch)) for batch in BATCHES]
    ratios = [Rounds(scores.over(base, batch)) for batch in BATCHES]
    bad = wrong(built.answers, base.facts.answers)
    return [round(built.seconds, 3), round(built.megabytes), bad, *rates, *ratios]


# Against the tree at 256 and at 4,096 pings a call: what must be, what is aimed at.
AGAINST_TREE = {
    "city": {256: (4, 8), 4_096: (6, 12)},
    "countries": {256: (8, 20)},
    "towns": {256: (12, 30)},
    "overlapping": {256: (8, 20)},
}


def _goals(world: str, scores: dict[str, Scores[Built]]) -> list[Goal]:
    ours, base, letter = scores[OURS], scores[BASE], LETTERS[world]
    goals = [
        Goal(
            f"{letter}, {size:,} pings a call, against {BASE}",
            *limits,
            Rounds(ours.over(base, size)),
        )
        for size, limits in AGAINST_TREE[world].items()
    ]
    one = Rounds(ours.over(base, 1))
    goals.append(Goal(f"{letter}, one ping a call, against {BASE}", 1.5, 3, one))
    if world == "city":
        per_ping = Rounds(ours.over(scores[PER_PING], 256))
        text = f"{letter}, 256 pings a call, against {PER_PING}"
        goals.append(Goal(text, 60, 150, per_ping))
    if world == "towns":
        memory, build = Rounds([ours.facts.megabytes]), Rounds([ours.facts.seconds])
        goals.append(Goal(f"{letter}, memory", 2_000, 1_200, memory, " MB", less=True))
        goals.append(Goal(f"{letter}, build", 40, 15, build, " s", less=True))
    bad = Rounds([wrong(ours.facts.answers, base.facts.answers)])
    text = f"{letter}, wrong answers, {COMPARED:,} pings"
    return [*goals, Goal(text, 0, 0, bad, "", less=True)]


@contextmanager
def open_own(name: str, contest: Contest) -> Iterator[Contender[Built]]:
    """Build our index."""
    directory = str(DIRECTORY) if name == OURS else None
    own(directory, make_zones("city", 10), "city")  # loads what is loaded once
    with opened(contest, partial(own, directory)) as contender:
        yield contender


@contextmanager
def open_peer(name: str, contest: Contest) -> Iterator[Contender[Built]]:
    """Build a peer."""
    with opened(contest, PEERS[name].build) as contender:
        yield contender


@contextmanager
def open_base(contest: Contest) -> Iterator[Contender[Built]]:
    """Build the best that shapely has by itself, for each size of call."""
    with opened(contest, partial(best_of_shapely, contest)) as contender:
        yield contender


def best_of_shapely(contest: Contest, zones: list[Zone], world: str) -> Matcher:
    """Return what asks in the way that was fastest for calls of the same size.

    Which that is is found out by the first call of a size, before it is measured.
    """
    first = tree_of_boxes(zones)
    best: dict[int, Ask] = {}

    def ask(lons: Floats, lats: Floats) -> object:
        size = len(lons)
        if size in contest.batches and size not in best:
            best[size] = _fastest(first, contest, zones, size)
        return best.get(size, first)(lons, lats)

    return Matcher(ask, pairs_coded)


def _fastest(first: Ask, contest: Contest, zones: list[Zone], size: int) -> Ask:
    if len(zones) > MANY:
        return first
    asks = [first, tree_with_predicate(zones), tree_of_pings(zones)]
    pings = make_pings(contest.world, contest.pings, seed=4, zones=len(zones))
    pieces = cut(pings, size)[: contest.tries]
    return min(asks, key=lambda ask: _seconds(ask, pieces))


@contextmanager
def opened(
    contest: Contest,
    build: Callable[[list[Zone], str], Matcher],
    clock: Callable[[], float] = time.process_time,
) -> Iterator[Contender[Built]]:
    zones, course = contest.make()
    before, started = resident(), time.process_time()
    matcher = build(zones, contest.world)
    seconds, megabytes = time.process_time() - started, resident() - before
    answers = collected(matcher.ask, matcher.code, course.compared)
    facts = Built(seconds, megabytes, np.asarray(answers))
    yield Contender(facts, measuring(matcher.ask, course, clock))


def _seconds(ask: Ask, pieces: list[tuple[Floats, Floats]]) -> float:
    ask(*pieces[0])
    started = time.process_time()
    for piece in pieces:
        ask(*piece)
        if (spent := time.process_time() - started) > 1.0:
            return spent * len(pieces)
    return spent
