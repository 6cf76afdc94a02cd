"""The outbox: claiming and settling, beside the two bare updates that it comes to."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import msgspec

from benchmarks.postgres import postgres
from benchmarks.report import Goal, Table
from benchmarks.senders import WORDS
from geopush.bench.contest import Contender, Measures, compete
from geopush.bench.rounds import Rounds
from geopush.core.message import Accepted
from geopush.core.outbox import settle
from geopush.flows.progress import Progress
from geopush.store import outbox
from geopush.store.outbox import Of
from geopush.store.pool import Connection, Pool, open_connection, open_pool

BATCH = 200  # as many as a lane claims
BATCHES = 30
START = datetime(2026, 7, 4, 12, tzinfo=UTC)
OURS, BARE = "claim and settle", "two bare UPDATEs"
HELD, WHOLE = f"{OURS}, snapshot held", f"{OURS}, snapshot held, from the beginning"
SENT = 20_000  # messages since the snapshot
COLUMNS = ("contender", "messages/s", "x")
MEANING = f"""\
- **contender**: `{OURS}` is what a lane does: a committed claim that finds what is due
  and each one's address, {BATCH} messages decoded, and a settle that is fenced by the
  claim. `{BARE}` write the same columns of as many rows whose keys they are told.
  `snapshot held`: the same, while a transaction from before does not end, after
  {SENT:,} messages that went out meanwhile and cannot be cleared away. `from the
  beginning`: as it would be if a claim did not begin where the last one ended.
- **messages/s**: through both steps in a second. Every commit waits for the disk.
- **x**: the same, over that of `{BARE}`.
"""
_EMPTY = "DELETE FROM outbox WHERE lane = $1"
_FILL = """
    INSERT INTO outbox (bucket, message_id, customer_id, device_id, offer_id, due,
                        expires_at, decided_at, changed_at, delivery, content, lane)
    SELECT n % 256, gen_random_uuid(), 'customer-' || n, 'phone-' || n, 'ice',
           $2::timestamptz - ($4 - n) * interval '1 millisecond',
           $2::timestamptz + interval '1 hour', $2, $2, 'at_most_once', $3, $1
    FROM generate_series(1, $4::int) AS n
"""
_GONE = "UPDATE outbox SET state = 'accepted' WHERE lane = $1"
_DEVICES = """
    INSERT INTO device (bucket, device_id, customer_id, app, platform, secret_hash,
                        address_kind, address, address_since, registered_at, renewed_at)
    SELECT n % 256, 'phone-' || n, 'customer-' || n, 'demo', 'ios', 'x',
           'apns_token', lpad(n::text, 64, '0'), $1, $1, $1
    FROM generate_series(1, $2) AS n
    ON CONFLICT DO NOTHING
"""
_TAKE = """
    UPDATE outbox
    SET state = 'claimed', claim = $3, claimed_until = $4, changed_at = $4,
        attempts = attempts + 1
    FROM unnest($1::smallint[], $2::uuid[]) AS due (bucket, message_id)
    WHERE outbox.bucket = due.bucket AND outbox.message_id = due.message_id
"""
_END = """
    UPDATE outbox
    SET state = 'accepted', reason = 'accepted', changed_at = $3, claim = NULL,
        claimed_until = NULL
    FROM unnest($1::smallint[], $2::uuid[]) AS sent (bucket, message_id)
    WHERE outbox.bucket = sent.bucket AND outbox.message_id = sent.message_id
"""


def run(quick: bool) -> list[Table]:
    """Measure all on Postgres of their own, that are durable.

    Where a snapshot is held nothing can be cleared away, so that is another server.
    """
    with postgres() as dsn, postgres() as other:
        openers = {
            OURS: partial(open_outbox, dsn, OURS),
            BARE: partial(open_outbox, dsn, BARE),
        }
        if not quick:
            openers[HELD] = partial(open_held, other, HELD)
            openers[WHOLE] = partial(open_held, other, WHOLE)
        scores = compete(openers, rounds=1 if quick else 9, hurry=quick)
    rows = [
        [name, Rounds(one.of("rate")), Rounds(one.over(scores[BARE], "rate"))]
        for name, one in scores.items()
    ]
    note = f"{BATCH} at a time, one connection, embedded PostgreSQL on the same cores."
    share = Rounds(scores[OURS].over(scores[BARE], "rate"))
    goal = Goal("outbox, claim and settle against two bare updates", 0.5, 0.8, share)
    return [Table("deliver: the outbox", note, COLUMNS, rows, MEANING, [goal])]


@contextmanager
def open_outbox(dsn: str, name: str) -> Iterator[Contender]:
    """Fill a lane anew for each measuring, and empty it by one way or the other."""
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn))

        async def rate() -> float:
            async with pool.acquire() as connection:
                await _fill(connection, name)
                started = time.perf_counter()
                if name == BARE:
                    done = await _bare(connection)
                else:
                    done = await _ours(connection, name, START, Progress())
                return done / (time.perf_counter() - started)

        def measure() -> Measures:
            return {"rate": runner.run(rate())}

        yield Contender({}, measure)
        runner.run(pool.close())


@contextmanager
def open_held(dsn: str, lane: str) -> Iterator[Contender]:
    """Fill a lane for each measuring, of which nothing is ever cleared away."""
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn))
        holding = runner.run(open_connection(dsn))
        runner.run(_hold(pool, holding, lane))
        progress, now = Progress(), [START]

        async def rate() -> float:
            now[0] += timedelta(hours=1)
            async with pool.acquire() as connection:
                await _add(connection, lane, BATCH * BATCHES, now[0])
                started = time.perf_counter()
                known = progress if lane == HELD else None
                done = await _ours(connection, lane, now[0], known)
                return done / (time.perf_counter() - started)

        def measure() -> Measures:
            return {"rate": runner.run(rate())}

        yield Contender({}, measure)
        runner.run(holding.close())
        runner.run(pool.close())


async def _hold(pool: Pool, holding: Connection, lane: str) -> None:
    """Look at the database and do not let go, and have messages go out meanwhile."""
    async with pool.acquire() as connection:
        await connection.execute(_DEVICES, START, BATCH * BATCHES)
        await _add(connection, lane, SENT, START)
        await holding.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await holding.fetchval("SELECT count(*) FROM outbox")
        await connection.execute(_GONE, lane)


async def _fill(connection: Connection, lane: str) -> None:
    count = BATCH * BATCHES
    await connection.execute(_DEVICES, START, count)
    await connection.execute(_EMPTY, lane)
    await _add(connection, lane, count, START)


async def _add(connection: Connection, lane: str, count: int, due: datetime) -> None:
    content = msgspec.json.encode(WORDS)
    await connection.execute(_FILL, lane, due, content, count)
    await connection.execute("VACUUM ANALYZE outbox")


async def _ours(
    connection: Connection, lane: str, now: datetime, known: Progress | None
) -> int:
    """Claim as a lane does; if no progress is known, each time from the beginning."""
    done, lease = 0, timedelta(seconds=90)
    while True:
        progress = known or Progress()
        asked = progress.begin(BATCH, now, time.monotonic())
        of = Of(lane=lane, since=asked.since)
        claimed = await outbox.claim(connection, BATCH, uuid4(), now, lease, of)
        progress.end(asked, claimed, time.monotonic())
        if not claimed:
            return done
        fates = [settle(message, Accepted(), now) for message in claimed]
        await outbox.settle(connection, fates, now)
        done += len(fates)


async def _bare(connection: Connection) -> int:
    found = await connection.fetch(
        "SELECT bucket, message_id FROM outbox WHERE lane = $1", BARE
    )
    for first in range(0, len(found), BATCH):
        some = found[first : first + BATCH]
        keys = [row["bucket"] for row in some], [row["message_id"] for row in some]
        await connection.execute(_TAKE, *keys, uuid4(), START)
        await connection.execute(_END, *keys, START)
    return len(found)
