"""The two statements of ingest alone, beside bare ones that touch the same rows."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.bare import Rows
from benchmarks.kernel import load
from benchmarks.postgres import one_core, postgres
from benchmarks.report import Table
from benchmarks.walkers import DEVICES, Laps, settle
from geopush.bench.contest import Contender, Measures, compete
from geopush.bench.rounds import Rounds
from geopush.core.change import Upload
from geopush.core.evaluate import evaluate
from geopush.store import presences
from geopush.store.pool import Connection, open_pool

FLUSHES = (1, 16, 128, 1_000)  # customers a statement
WAYS = {"load": "bare SELECT", "commit": "bare UPDATE"}
COLUMNS = (
    "statement",
    *(f"us at {flush}" for flush in FLUSHES),
    *(f"x bare at {flush}" for flush in FLUSHES),
)
MEANING = """\
- **statement**: `load` is `presences.load`, one query and what it says as values;
  `commit` is `presences.commit`, what is to be written as one statement, with 5 % of
  transitions. `bare SELECT` and `bare UPDATE` only read or advance as many rows.
- **us at N**: microseconds a customer, at N customers a statement.
- **x bare at N**: that of the bare statement over this one's.
"""


def run(quick: bool) -> list[Table]:
    """Measure on a durable Postgres, all on one core."""
    seconds, rounds = (0.05, 1) if quick else (0.3, 7)
    with one_core(), postgres() as dsn:
        openers = {
            "ours": partial(open_ours, dsn, seconds),
            "bare": partial(open_bare, dsn, seconds),
        }
        scores = compete(openers, rounds, hurry=quick)
    rows = []
    for ours, bare in WAYS.items():
        for name, one in ((ours, scores["ours"]), (bare, scores["bare"])):
            asked = [f"{ours} {flush}" for flush in FLUSHES]
            spent = [Rounds(one.of(what)) for what in asked]
            ratios = [Rounds(scores["bare"].over(one, what)) for what in asked]
            rows.append([name, *spent, *ratios])
    note = f"{DEVICES:,} customers; PostgreSQL on the same core waits for the disk."
    return [Table("store: two statements", note, COLUMNS, rows, MEANING)]


@contextmanager
def open_ours(dsn: str, seconds: float) -> Iterator[Contender]:
    """Read, decide and commit as ingest does, and time what the store takes."""
    laps = Laps(1_000, load())
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn))
        runner.run(settle(pool, "walker"))

        async def flushes(flush: int) -> tuple[float, float]:
            load = commit = 0.0
            done = 0
            queue: list[Upload] = []
            async with pool.acquire() as connection:
                while load + commit < 2 * seconds:
                    queue = queue or laps.next(1)
                    uploads, queue = queue[:flush], queue[flush:]
                    started = time.perf_counter()
                    keys = [one.customer for one in uploads]
                    known = await presences.load(connection, keys)
                    load += time.perf_counter() - started
                    made = evaluate(uploads, known, laps.world, laps.clock())
                    started = time.perf_counter()
                    await presences.commit(connection, made.changes)
                    commit += time.perf_counter() - started
                    done += len(uploads)
            return 1e6 * load / done, 1e6 * commit / done

        def measure() -> Measures:
            measures = {}
            for flush in FLUSHES:
                load, commit = runner.run(flushes(flush))
                measures |= {f"load {flush}": load, f"commit {flush}": commit}
            return measures

        yield Contender({}, measure)
        runner.run(pool.close())


@contextmanager
def open_bare(dsn: str, seconds: float) -> Iterator[Contender]:
    """Read and advance rows with nothing else."""
    rows = Rows("row")
    ways: dict[str, Callable[[Connection, int], Awaitable[int]]] = {
        "load": rows.read,
        "commit": rows.advance,
    }
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn))
        runner.run(settle(pool, "row"))

        async def spent(way: str, flush: int) -> float:
            done, started = 0, time.perf_counter()
            async with pool.acquire() as connection:
                while (took := time.perf_counter() - started) < seconds:
                    done += await ways[way](connection, flush)
            return 1e6 * took / done

        def measure() -> Measures:
            return {
                f"{way} {flush}": runner.run(spent(way, flush))
                for way in ways
                for flush in FLUSHES
            }

        yield Contender({}, measure)
        runner.run(pool.close())
