"""How long a service takes from the start of its process to the first 202."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.data import make_zones
from benchmarks.kernel import DIRECTORY
from benchmarks.report import Cell, Goal, Table
from benchmarks.service import serving
from geopush.bench.contest import Contender, Measures, Opener, Scores, compete
from geopush.bench.rounds import Rounds
from zones import to_feature

ZONES = 10_000
BASE = "import litestar, asyncpg, shapely"
AGAIN = "geopush, second start"
NEW = "geopush, nothing compiled"
FIRST = "geopush, very first start"
COLUMNS = ("contender", "ready s", "202 s", "x ready", "x 202")
MEANING = f"""\
- **contender**: `{BASE}` is a Python that imports these three and ends. The others are
  `geopush serve` as a process, with an embedded Postgres and no gateways. `{AGAIN}`
  finds the zones in its database and compiled loops to match with. `{NEW}` finds its
  database, but no loops: a child compiles them meanwhile. `{FIRST}` finds nothing: it
  makes a database, and the zones are uploaded over HTTP once it is ready.
- **ready s**: seconds from the start of the process until it serves. **202 s**: until
  the first ping has its 202, everything that it caused committed.
- **x ready**, **x 202**: how many times as long as `{BASE}` that is, within each round;
  less is better.
"""


def run(quick: bool, zones: int | None) -> list[Table]:
    """Measure starts of a service with so many zones."""
    count = zones or (200 if quick else ZONES)
    with _folder() as folder:
        token = prepare(folder, write_zones(count))
        openers: dict[str, Opener[None]] = {
            BASE: open_imports,
            AGAIN: partial(open_kept, folder, token, DIRECTORY),
            FIRST: partial(open_nothing, count),
        }
        if not quick:
            openers[NEW] = partial(open_kept, folder, token, None)
        scores = compete(openers, rounds=1 if quick else 7, hurry=quick)
    rows = [[name, *_row(one, scores[BASE])] for name, one in scores.items()]
    note = (
        "Wall-clock time on a machine with other work; each round starts them in turn."
    )
    title = f"start: {count:,} zones"
    return [Table(title, note, COLUMNS, rows, MEANING, goals(scores))]


def goals(scores: Mapping[str, Scores[None]]) -> list[Goal]:
    """Hold the first 202 of a second and a very first start to what they should be."""
    limits = {AGAIN: (8, 4), FIRST: (20, 8)}
    return [
        Goal(
            f"{name}, until the first 202, against the imports",
            *limits[name],
            Rounds(scores[name].over(scores[BASE], "202")),
            less=True,
        )
        for name in limits
    ]


def _row(scores: Scores, base: Scores) -> list[Cell]:
    seconds = [Rounds(scores.of(one)) for one in ("ready", "202")]
    return [*seconds, *(Rounds(scores.over(base, one)) for one in ("ready", "202"))]


@contextmanager
def open_imports() -> Iterator[Contender[None]]:
    """Import what the service cannot do without."""

    def measure() -> Measures:
        passed = _timer()
        subprocess.run([sys.executable, "-c", BASE], check=True)
        return dict.fromkeys(("ready", "202"), passed())

    yield Contender(None, measure)


def prepare(folder: Path, zones: bytes) -> str:
    """Make a database with zones and a phone; return the phone's token."""
    with serving(folder / "data", GEOPUSH_COMPILED="false") as service:
        key = service.make_key()
        service.put_zones(key, zones)
        return service.register(key)


@contextmanager
def open_kept(
    folder: Path, token: str, loops: Path | None
) -> Iterator[Contender[None]]:
    """Start a service each time on the database that is there."""

    def measure() -> Measures:
        empty = folder / "kernel"
        shutil.rmtree(empty, ignore_errors=True)
        passed = _timer()
        chosen = {"GEOPUSH_KERNEL_DIR": str(loops or empty)}
        with serving(folder / "data", **chosen) as service:
            ready = passed()
            _expect_taken(service.ping(token))
            return {"ready": ready, "202": passed()}

    yield Contender(None, measure)


@contextmanager
def open_nothing(count: int) -> Iterator[Contender[None]]:
    """Start a service each time where there never was one, and put the zones in."""
    zones = write_zones(count)

    def measure() -> Measures:
        with _folder() as folder:
            passed = _timer()
            with serving(folder / "data") as service:
                ready = passed()
                key = service.make_key()
                service.put_zones(key, zones)
                _expect_taken(service.ping(service.register(key)))
                return {"ready": ready, "202": passed()}

    yield Contender(None, measure)


def write_zones(count: int) -> bytes:
    """Return a city's zones as somebody would upload them."""
    features = [to_feature(zone) for zone in make_zones("city", count)]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _timer() -> Callable[[], float]:
    began = time.perf_counter()
    return lambda: time.perf_counter() - began


def _expect_taken(status: int) -> None:
    if status != 202:
        raise RuntimeError(f"the ping was answered with {status}")


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="geopush-bench-"))
    folder.chmod(0o711)  # lets every user through, the one of Postgres too
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
