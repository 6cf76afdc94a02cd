"""Durable pings: through ingest into Postgres, beside the bare statement."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.bare import Rows
from benchmarks.kernel import load
from benchmarks.postgres import one_core, postgres
from benchmarks.report import Cell, Goal, Table
from benchmarks.walkers import DEVICES, Laps, settle
from geopush.bench.contest import Contender, Measures, Scores, compete
from geopush.bench.rounds import Rounds
from geopush.flows.ingest import Ingest
from geopush.flows.line import PINGS, UPLOADS
from geopush.metrics import Metrics
from geopush.store.pool import open_pool

SIZES = (1, 10, 100)  # pings an upload
ZONES = 1_000
OURS, BASE, ROW = "geopush ingest", "bare UPDATE a ping", "bare UPDATE an upload"
COLUMNS = (
    "contender",
    *(f"uploads of {size}" for size in SIZES),
    *(f"x a ping at {size}" for size in SIZES),
    *(f"x an upload at {size}" for size in SIZES),
    *("transitions", "messages"),
)
MEANING = f"""\
- **contender**: `{OURS}` is `Ingest.take`: matching, deciding and committing uploads
  that are decoded. `{BASE}` is one statement after the other that only advances rows
  with states of usual size, a row for each ping and as many as a flush has pings.
  `{ROW}` advances a row for each upload, as ingest does too, and takes no notice of
  what else is in it: {UPLOADS} a flush, or as many as hold {PINGS:,} pings. It is the
  floor that a row cannot go below and has no goal: in posts of 100 it is told of
  millions of pings a second that it never sees, which nobody decodes, matches or
  decides about at that rate.
- **uploads of N**: pings committed in a second, each upload brings N of one device. For
  `{ROW}` each row counts as N pings.
- **x a ping**, **x an upload at N**: the same, over that of `{BASE}` or `{ROW}`.
- **transitions**, **messages**: how many of all pings made a device enter or leave a
  zone, and how many queued a push, in percent.
"""


def run(quick: bool, zones: int | None) -> list[Table]:
    """Measure ingest on a Postgres of its own, that is durable, all on one core."""
    seconds, count = 0.1 if quick else 1.0, zones or ZONES
    with one_core(), postgres() as dsn:
        openers = {
            OURS: partial(open_ingest, dsn, count, seconds),
            BASE: partial(open_bare, dsn, seconds, by_ping=True),
            ROW: partial(open_bare, dsn, seconds, by_ping=False),
        }
        scores = compete(openers, rounds=1 if quick else 7, hurry=quick)
    rows = [[name, *_row(one, scores)] for name, one in scores.items()]
    note = (
        f"{DEVICES:,} devices, {count:,} zones, one process, one connection and an "
        "embedded PostgreSQL on one core, that waits for the disk at each commit."
    )
    over = Rounds(scores[OURS].over(scores[BASE], 100))
    goal = Goal(f"durable pings in posts of 100, over a {BASE}", 0.4, 0.7, over)
    return [Table("ingest: durable pings", note, COLUMNS, rows, MEANING, [goal])]


def _row(one: Scores, scores: dict[str, Scores]) -> list[Cell]:
    rates = [Rounds(one.of(size)) for size in SIZES]
    ratios = [
        Rounds(one.over(scores[base], size)) for base in (BASE, ROW) for size in SIZES
    ]
    shares = [Rounds(one.of(share)) for share in ("transitions", "messages")]
    return [*rates, *ratios, *shares]


@contextmanager
def open_ingest(dsn: str, zones: int, seconds: float) -> Iterator[Contender]:
    """Build ingest over a city, with customers who agreed to everything."""
    laps = Laps(zones, load())
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn))
        runner.run(settle(pool, "walker"))
        ingest = Ingest(pool, lambda: laps.world, laps.clock, Metrics(), lambda: None)

        async def rate(size: int) -> float:
            done, spent = 0, 0.0
            while spent < seconds:
                uploads = laps.next(size)
                started = time.perf_counter()
                answers = await asyncio.gather(*map(ingest.take, uploads))
                spent += time.perf_counter() - started
                done += laps.count(answers)
            return done / spent

        def measure() -> Measures:
            before = runner.run(pool.fetchval("SELECT count(*) FROM outbox"))
            laps.pings = laps.transitions = 0
            measures = {f"{size}": runner.run(rate(size)) for size in SIZES}
            queued = runner.run(pool.fetchval("SELECT count(*) FROM outbox")) - before
            measures["transitions"] = 100 * laps.transitions / laps.pings
            measures["messages"] = 100 * queued / laps.pings
            return measures

        yield Contender({}, measure)
        runner.run(pool.close())


@contextmanager
def open_bare(dsn: str, seconds: float, *, by_ping: bool) -> Iterator[Contender]:
    """Make rows like those of ingest, and advance them with nothing else."""
    kind = f"row-{by_ping}"
    rows = Rows(kind)
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn))
        runner.run(settle(pool, kind))

        async def rate(size: int) -> float:
            uploads = min(UPLOADS, PINGS // size)
            flush, worth = (uploads * size, 1) if by_ping else (uploads, size)
            done, started = 0, time.perf_counter()
            async with pool.acquire() as connection:
                while (spent := time.perf_counter() - started) < seconds:
                    done += await rows.advance(connection, flush)
            return worth * done / spent

        def measure() -> Measures:
            rates = {f"{size}": runner.run(rate(size)) for size in SIZES}
            return rates | {"transitions": 0, "messages": 0}

        yield Contender({}, measure)
        runner.run(pool.close())
