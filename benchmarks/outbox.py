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
from geopush.store import outbox
from geopush.store.outbox import Of
from geopush.store.pool import Connection, open_pool

BATCH = 200  # as many as a lane claims
BATCHES = 10
START = datetime(2026, 7, 4, 12, tzinfo=UTC)
OURS, BARE = "claim and settle", "two bare UPDATEs"
COLUMNS = ("contender", "messages/s", "x")
MEANING = f"""\
- **contender**: `{OURS}` is what a lane does: a committed claim that finds what is due
  and each one's address, {BATCH} messages decoded, and a settle that is fenced by the
  claim. `{BARE}` write the same columns of as many rows whose keys they are told.
- **messages/s**: through both steps in a second. Every commit waits for the disk.
- **x**: the same, over that of `{BARE}`.
"""
_EMPTY = "DELETE FROM outbox WHERE lane = $1"
_FILL = """
    INSERT INTO outbox (bucket, message_id, customer_id, device_id, offer_id, due,
                        expires_at, decided_at, changed_at, delivery, content, lane)
    SELECT n % 256, gen_random_uuid(), 'customer-' || n, 'phone-' || n, 'ice',
           $2::timestamptz,
           $2::timestamptz + interval '1 hour', $2, $2, 'at_most_once', $3, $1
    FROM generate_series(1, $4) AS n
"""
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
    """Measure both on a Postgres of its own, that is durable."""
    with postgres() as dsn:
        openers = {
            OURS: partial(open_outbox, dsn, OURS),
            BARE: partial(open_outbox, dsn, BARE),
        }
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
    empty = {OURS: _ours, BARE: _bare}[name]
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn))

        async def rate() -> float:
            async with pool.acquire() as connection:
                await _fill(connection, name)
                started = time.perf_counter()
                done = await empty(connection)
                return done / (time.perf_counter() - started)

        def measure() -> Measures:
            return {"rate": runner.run(rate())}

        yield Contender({}, measure)
        runner.run(pool.close())


async def _fill(connection: Connection, lane: str) -> None:
    count = BATCH * BATCHES
    await connection.execute(_DEVICES, START, count)
    await connection.execute(_EMPTY, lane)
    content = msgspec.json.encode(WORDS)
    await connection.execute(_FILL, lane, START, content, count)
    await connection.execute("VACUUM ANALYZE outbox")


async def _ours(connection: Connection) -> int:
    done, lease, of = 0, timedelta(seconds=90), Of(lane=OURS)
    while claimed := await outbox.claim(connection, BATCH, uuid4(), START, lease, of):
        fates = [settle(message, Accepted(), START) for message in claimed]
        await outbox.settle(connection, fates, START)
        done += len(fates)
    return done


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
