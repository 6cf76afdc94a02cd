"""How much more two threads match than one, on two cores and one index."""

import os
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.data import WORLDS
from benchmarks.kernel import DIRECTORY
from benchmarks.match import LETTERS, QUICK, Contest
from benchmarks.report import Goal, Rounds, Table
from geopush.bench.contest import Contender, Measures, compete
from geopush.bench.matching import cut, loaded_kernel
from zones import IndexKind, ZoneIndex, build_index

SIZE = 4_096  # pings a call
COLUMNS = ("world", "one thread", "two threads", "x")
MEANING = f"""\
- **one thread**, **two threads**: pings matched in a second by the clock, {SIZE:,} a
  call, on all cores of the machine. **x**: two over one, in each round.
"""


def run(asked: Namespace) -> list[Table]:
    """Measure one and two threads in each world but the largest."""
    rows, goals = [], []
    for world in WORLDS:
        if world == "towns" or (asked.quick and world != "city"):
            continue
        contest = Contest(world, QUICK[world] if asked.quick else None, asked.quick)
        scores = compete(
            {world: partial(open_index, contest)}, contest.rounds, hurry=asked.quick
        )[world]
        one, two = (Rounds(scores.of(many)) for many in (1, 2))
        gain = Rounds(b / a for a, b in zip(one, two, strict=True))
        rows.append([f"{world} ({LETTERS[world]})", one, two, gain])
        goals.append(Goal(f"{LETTERS[world]}, two threads against one", 1.5, 1.9, gain))
    title = "match.threads: two threads on one index"
    note = f"{os.cpu_count()} cores."
    return [Table(title, note, COLUMNS, rows, MEANING, goals)]


@contextmanager
def open_index(contest: Contest) -> Iterator[Contender[None]]:
    """Build our index, and measure it by the clock."""
    zones, course = contest.make()
    kernel = loaded_kernel(str(DIRECTORY))
    index = build_index(zones, IndexKind.CELLS, kernel)
    pieces = cut(course.pings, SIZE)

    def measure() -> Measures:
        return {
            f"{many}": _rate(index, pieces, many, 3 * contest.seconds)
            for many in (1, 2)
        }

    yield Contender(None, measure)


def _rate(index: ZoneIndex, pieces: list, many: int, seconds: float) -> float:
    counts = [0] * many
    started = time.perf_counter()

    def work(number: int) -> None:
        while time.perf_counter() - started < seconds:
            index.covering(*pieces[(counts[number] + 7 * number) % len(pieces)])
            counts[number] += 1

    workers = [threading.Thread(target=work, args=(n,)) for n in range(many)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return SIZE * sum(counts) / (time.perf_counter() - started)
