"""Our index over somebody's zones: built, measured with and without the kernel."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from msgspec import Struct

from geopush.bench.contest import Opener, Scores, Tell, compete, last_core
from geopush.bench.matching import Built, Codes, Course, coded, collected, open_own
from geopush.bench.matching import wrong as count_wrong
from geopush.bench.pings import draw_pings
from geopush.bench.plot import Plot
from geopush.bench.rounds import Rounds
from zones import IndexKind, Zone, build_index

BATCHES = (1, 256, 4_096)
FINER = (1, 4, 16, 64, 256, 1_024, 4_096, 16_384)  # for a picture
COMPARED = 10_000  # pings that answers are compared on
ROUNDS = 7
WITH, WITHOUT = "with kernel", "without kernel"


class Figures(Struct, frozen=True):
    """What was measured of an index; pings a second by size of call, as text."""

    index: str
    build_seconds: float
    megabytes: float
    wrong: int
    pings_per_second: Mapping[str, Rounds]


class Report(Struct, frozen=True):
    """What was measured, and over what."""

    zones: int
    vertices: int
    pings: int
    compared: int
    zones_per_ping: float
    indexes: Sequence[Figures]


class Wish(Struct, frozen=True):
    """How many pings, how many seconds in all, which sizes of call."""

    pings: int
    seconds: float
    batches: Sequence[int] = BATCHES
    kernel_directory: str | None = None


def measure(zones: Sequence[Zone], wish: Wish, tell: Tell) -> Report:
    """Measure our index over zones, of which there is one at least."""
    tell("drawing pings, asking shapely about some of them")
    pings = draw_pings(build_index(zones), wish.pings)
    right = build_index(zones, IndexKind.TREE)
    compared = pings[0][:COMPARED], pings[1][:COMPARED]
    truth = collected(right.covering, coded, compared)
    ways: dict[str, str | None] = {WITHOUT: None}
    if wish.kernel_directory is not None:
        ways = {WITH: wish.kernel_directory, **ways}
    each = wish.seconds / ((ROUNDS + 1) * len(ways) * len(wish.batches))
    course = Course(pings, compared, wish.batches, each)
    openers: dict[str, Opener[Built]] = {
        name: partial(open_own, zones, course, way) for name, way in ways.items()
    }
    scores = compete(openers, ROUNDS, last_core(), tell)
    return Report(
        zones=len(zones),
        vertices=sum(map(_vertices, zones)),
        pings=wish.pings,
        compared=len(compared[0]),
        zones_per_ping=len(truth) / len(compared[0]),
        indexes=[
            _figures(name, one, truth, wish.batches) for name, one in scores.items()
        ],
    )


def plot_of(report: Report) -> Plot:
    """Return what a picture shows of a report: pings a second by size of call."""
    lines = {
        one.index: [
            (int(n), rounds.median) for n, rounds in one.pings_per_second.items()
        ]
        for one in report.indexes
    }
    title = f"{report.zones:,} zones, one core"
    return Plot(title, "pings a call", "pings a second", lines)


def _figures(
    name: str, scores: Scores[Built], truth: Codes, batches: Sequence[int]
) -> Figures:
    rates = {f"{size}": Rounds(scores.of(size)) for size in batches}
    built = scores.facts
    return Figures(
        index=name,
        build_seconds=built.seconds,
        megabytes=built.megabytes,
        wrong=count_wrong(built.answers, truth),
        pings_per_second=rates,
    )


def _vertices(zone: Zone) -> int:
    rings = [
        ring for part in zone.area.parts for ring in (part.exterior, *part.interiors)
    ]
    return int(np.sum([len(ring.coords) for ring in rings]))
