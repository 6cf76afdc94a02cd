"""Durable pings: through ingest into Postgres, beside the bare statement."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.report import Cell, Rounds, Table
from benchmarks.walkers import DEVICES, START, Laps, settle
from geopush.bench.contest import Contender, Measures, Scores, compete
from geopush.core.known import State, write
from geopush.core.ping import DeviceId, customer_key
from geopush.core.presence import RECENT, Whereabouts
from geopush.flows.ingest import PINGS, UPLOADS, Ingest
from geopush.metrics import Metrics
from geopush.store.embedded import start_cluster
from geopush.store.migrate import migrate_database
from geopush.store.pool import open_pool

SIZES = (1, 10, 100)  # pings an upload
ZONES = 1_000
BASE = "bare UPDATE"
# What cannot be left out: each customer's row moves on, in one statement a flush.
_BARE = """
    UPDATE customer
    SET version = customer.version + 1, seen = new.seen, state = new.state
    FROM unnest($1::smallint[], $2::text[], $3::timestamptz[], $4::bytea[])
        AS new (bucket, customer_id, seen, state)
    WHERE customer.bucket = new.bucket AND customer.customer_id = new.customer_id
"""
COLUMNS = (
    "contender",
    *(f"uploads of {size}" for size in SIZES),
    *(f"x at {size}" for size in SIZES),
    *("transitions", "messages"),
)
MEANING = f"""\
- **contender**: `geopush ingest` is `Ingest.take`: matching, deciding and committing
  uploads that are decoded. `{BASE}` is one statement after the other that only
  advances the same rows, with states of usual size, as many as a flush has uploads:
  {UPLOADS}, or as many as hold {PINGS:,} pings.
- **uploads of N**: pings committed in a second, each upload brings N of one device.
  A row moves on once an upload; for `{BASE}` it counts as N pings.
- **x at N**: the same, over that of `{BASE}`.
- **transitions**, **messages**: how many of all pings made a device enter or leave a
  zone, and how many queued a push, in percent.
"""


def run(quick: bool, zones: int | None) -> list[Table]:
    """Measure ingest on a Postgres of its own, that is durable."""
    seconds, count = 0.3 if quick else 1.0, zones or ZONES
    with postgres() as dsn:
        openers = {
            "geopush ingest": partial(open_ingest, dsn, count, seconds),
            BASE: partial(open_bare, dsn, seconds),
        }
        scores = compete(openers, rounds=3 if quick else 7)
    rows = [[name, *_row(one, scores[BASE])] for name, one in scores.items()]
    note = (
        f"{DEVICES:,} devices, {count:,} zones, one process, one connection, embedded "
        "PostgreSQL on the same cores that waits for the disk at each commit."
    )
    return [Table("ingest: durable pings", note, COLUMNS, rows, MEANING)]


def _row(scores: Scores, base: Scores) -> list[Cell]:
    rates = [Rounds(scores.of(size)) for size in SIZES]
    ratios = [Rounds(scores.over(base, size)) for size in SIZES]
    shares = [Rounds(scores.of(one)) for one in ("transitions", "messages")]
    return [*rates, *ratios, *shares]


@contextmanager
def open_ingest(dsn: str, zones: int, seconds: float) -> Iterator[Contender]:
    """Build ingest over a city, with customers who agreed to everything."""
    laps = Laps(zones)
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
def open_bare(dsn: str, seconds: float) -> Iterator[Contender]:
    """Make rows like those of ingest, and advance them with nothing else."""
    recent = tuple(minute * 60_000_000 for minute in range(RECENT))
    where = Whereabouts(START, "852a1073fffffff", {}, recent, b"b" * 12)
    state = write(State({DeviceId("row-0000"): where}, (), START))
    keys = [customer_key(f"row-{number}") for number in range(DEVICES)]
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn))
        runner.run(settle(pool, "row"))

        async def rate(size: int) -> float:
            flush, done, started = min(UPLOADS, PINGS // size), 0, time.perf_counter()
            async with pool.acquire() as connection:
                while (spent := time.perf_counter() - started) < seconds:
                    some = keys[done % DEVICES :][:flush]
                    buckets = [key.bucket for key in some]
                    ids = [key.customer_id for key in some]
                    more = [START] * len(some), [state] * len(some)
                    await connection.execute(_BARE, buckets, ids, *more)
                    done += len(some)
            return size * done / spent

        def measure() -> Measures:
            rates = {f"{size}": runner.run(rate(size)) for size in SIZES}
            return rates | {"transitions": 0, "messages": 0}

        yield Contender({}, measure)
        runner.run(pool.close())


@contextmanager
def postgres() -> Iterator[str]:
    """Start a Postgres that waits for the disk, and forget it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="geopush-bench-"))
    folder.chmod(0o711)  # lets every user through, the one of Postgres too
    refuge = folder / "refuge"
    try:
        with asyncio.Runner() as runner:
            embedded = runner.run(start_cluster(folder / "data", refuge=refuge))
            try:
                runner.run(migrate_database(embedded.dsn))
                yield embedded.dsn
            finally:
                runner.run(embedded.stop())
    finally:
        shutil.rmtree(folder)
