"""How an index of zones is measured: how fast by the size of a call, and how right."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

import zones
from geopush.bench.contest import Contender, Measures, rate
from geopush.bench.pings import Floats, Pings
from geopush.errors import GeopushError
from zones import (
    Covering,
    IndexKind,
    Kernel,
    Zone,
    build_index,
    has_compiler,
    kept_kernel,
    rehearse,
)

Codes = NDArray[np.int64]  # pairs of a ping and a zone's number
Ask = Callable[[Floats, Floats], object]
Clock = Callable[[], float]

SOURCES = Path(zones.__file__).parent.parent  # these are compiled, and no others
TAIL = 500  # characters of what the compiler said that are told
PIECES = 16_384  # different calls; then the first comes again
LAP = 0.002  # seconds of calls between two looks at the clock
AT_ONCE = 1_000  # pings a call when answers are compared


class Course(Struct, frozen=True):
    """What is measured: which pings, how many a call, how long; answers compared."""

    pings: Pings
    compared: Pings
    batches: Sequence[int]
    seconds: float


class Built(Struct, frozen=True):
    """What is known of an index once it is built: CPU, memory, and what it answers."""

    seconds: float
    megabytes: float
    answers: Codes


@contextmanager
def open_own(
    some: Sequence[Zone], course: Course, kernel_directory: str | None
) -> Iterator[Contender[Built]]:
    """Build our index, with the compiled kernel if one is kept in a directory."""
    kernel = loaded_kernel(kernel_directory)
    before, started = resident(), time.process_time()
    index = build_index(some, IndexKind.CELLS, kernel)
    seconds, megabytes = time.process_time() - started, resident() - before
    answers = collected(index.covering, coded, course.compared)
    facts = Built(seconds, megabytes, answers)
    yield Contender(facts, measuring(index.covering, course))


def have_kernel(directory: Path) -> bool:
    """Have the kernel compiled in a directory; tell whether there is a compiler.

    It is done in a process of its own, once; from then on it is only loaded.
    """
    if not has_compiler():
        return False
    command = [sys.executable, "-m", "zones.kernel", str(directory)]
    done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True)
    if done.returncode:
        raise GeopushError(f"the kernel could not be compiled: {done.stderr[-TAIL:]}")
    return True


def loaded_kernel(directory: str | None) -> Kernel | None:
    """Return the kernel, used once, so that what it needs once is there already."""
    kernel = None if directory is None else kept_kernel(directory)
    if kernel is not None:
        rehearse(kernel)
    return kernel


def coded(covering: Covering) -> Codes:
    """Return each pair of an answer as a number, sorted by ping."""
    pings = np.repeat(np.arange(len(covering.offsets) - 1), np.diff(covering.offsets))
    return pings << 32 | covering.numbers


def collected(
    ask: Callable[[Floats, Floats], object],
    code: Callable[..., Codes],
    pings: Pings,
) -> Codes:
    """Return the pairs of ping and zone of many pings, asked in parts, sorted."""
    lons, lats = pings
    codes = [np.zeros(0, dtype=np.int64)]
    for at in range(0, len(lons), AT_ONCE):
        answer = ask(lons[at : at + AT_ONCE], lats[at : at + AT_ONCE])
        codes.append(code(answer) + (at << 32))
    return np.sort(np.concatenate(codes))


def wrong(given: Codes, right: Codes) -> int:
    """Return how many pairs are too many or missing."""
    return len(np.setxor1d(given, right))


def measuring(
    ask: Ask, course: Course, clock: Clock = time.process_time
) -> Callable[[], Measures]:
    """Return what measures pings a second for each size of a call, once."""
    steps = {
        size: partial(_lap, ask, size, _laps(ask, cut(course.pings, size), clock))
        for size in course.batches
    }

    def measure() -> Measures:
        return {f"{n}": rate(step, course.seconds, clock) for n, step in steps.items()}

    return measure


def cut(pings: Pings, size: int) -> list[Pings]:
    """Return pings in calls of one size, the first few thousand; a rest is left."""
    lons, lats = pings
    starts = range(0, max(1, len(lons) - size + 1), size)[:PIECES]
    return [(lons[at : at + size], lats[at : at + size]) for at in starts]


def resident() -> float:
    """Return how many megabytes of memory this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _laps(ask: Ask, pieces: list[Pings], clock: Clock) -> Iterator[list[Pings]]:
    """Return calls in groups: looking at the clock takes as long as some calls do.

    They go on from round to round: what was asked lately is in the processor's cache.
    """
    ask(*pieces[0])
    started = clock()
    ask(*pieces[-1])
    group = max(1, int(LAP / max(clock() - started, 1e-6)))
    return cycle([pieces[at : at + group] for at in range(0, len(pieces), group)])


def _lap(ask: Ask, size: int, laps: Iterator[list[Pings]], _: int) -> int:
    calls = next(laps)
    for lons, lats in calls:
        ask(lons, lats)
    return size * len(calls)
