"""Where the time of a ping goes: by where the ping is, and by the steps of a call."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import shapely

from benchmarks.data import WORLDS, make_pings, make_zones
from benchmarks.kernel import DIRECTORY
from benchmarks.match import LETTERS, QUICK, Contest
from benchmarks.report import Rounds, Table
from geopush.bench.contest import Contender, Measures, compete, last_core, rate
from geopush.bench.matching import cut, loaded_kernel
from geopush.bench.pings import Floats, Pings
from zones import IndexKind, build_index

SIZE = 4_096  # pings a call
DRAWN = 60_000
KINDS = ("far", "beside", "inside", "any")
COLUMNS = (
    "world",
    *(f"ns {kind}" for kind in KINDS),
    *(f"% {kind}" for kind in KINDS[:-1]),
    "us a call",
)
MEANING = f"""\
- **ns ...**: nanoseconds of CPU for a ping, {SIZE:,} a call, all of one kind:
  **far** from the box of any zone, **beside** a zone (in a box, in no zone), **inside**
  one, and **any**, as they come. *Far* is what finding the cell costs, and seeing that
  nothing is there; the others add looking up zones and asking their edges.
- **% ...**: how many of the pings as they come are of that kind.
- **us a call**: microseconds of CPU for a call that brings one ping, far from all
  zones: what a call costs whatever it brings.
"""


def run(asked: Namespace) -> list[Table]:
    """Measure pings of each kind in each world but the largest."""
    rows = []
    for world in WORLDS:
        if world == "towns" or (asked.quick and world != "city"):
            continue
        contest = Contest(world, QUICK[world] if asked.quick else None, asked.quick)
        openers = {world: partial(open_kinds, contest)}
        scores = compete(openers, contest.rounds, last_core(), hurry=asked.quick)[world]
        rows.append(
            [
                f"{world} ({LETTERS[world]})",
                *(Rounds(scores.of(kind)) for kind in KINDS),
                *(round(100 * scores.facts[kind], 1) for kind in KINDS[:-1]),
                Rounds(scores.of("call")),
            ]
        )
    return [Table("match.where: where the time goes", "", COLUMNS, rows, MEANING)]


@contextmanager
def open_kinds(contest: Contest) -> Iterator[Contender[dict[str, float]]]:
    """Build our index, and sort pings by where they are."""
    zones = make_zones(contest.world, contest.zones)
    index = build_index(zones, IndexKind.CELLS, loaded_kernel(str(DIRECTORY)))
    lons, lats = make_pings(contest.world, DRAWN, zones=len(zones))
    shapes = np.array([zone.area.geometry for zone in zones], dtype=object)
    boxed = np.zeros(DRAWN, dtype=bool)
    boxed[shapely.STRtree(shapes).query(shapely.points(lons, lats))[0]] = True
    inside = np.diff(index.covering(lons, lats).offsets) > 0
    kinds = {"far": ~boxed, "beside": boxed & ~inside, "inside": inside}
    pings = {kind: _full(lons[some], lats[some]) for kind, some in kinds.items()}
    pings["any"] = cut((lons, lats), SIZE)
    nowhere = np.zeros(1), np.full(1, 85.0)

    def lap(kind: str, done: int) -> int:
        pieces = pings[kind]
        index.covering(*pieces[done // SIZE % len(pieces)])
        return SIZE

    def call(_: int) -> int:
        for _ in range(256):
            index.covering(*nowhere)
        return 256

    def measure() -> Measures:
        spent = {
            kind: 1e9 / rate(partial(lap, kind), contest.seconds) if pings[kind] else 0
            for kind in KINDS
        }
        return spent | {"call": 1e6 / rate(call, contest.seconds)}

    yield Contender({kind: float(some.mean()) for kind, some in kinds.items()}, measure)


def _full(lons: Floats, lats: Floats) -> list[Pings]:
    """Return calls of the usual size, of pings that may be too few for one."""
    if len(lons) == 0:
        return []
    times = -(-SIZE // len(lons))
    return cut((np.tile(lons, times), np.tile(lats, times)), SIZE)
