"""Claims that do not look behind: as quick with a snapshot held open, and none lost."""

import asyncio
import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from geopush.core.message import Accepted, Platform
from geopush.core.outbox import settle
from geopush.flows.deliver import Deliver
from geopush.flows.progress import LATE, Progress
from geopush.store import outbox
from geopush.store.outbox import DUE_IN_LANE, EVER, Of
from geopush.store.pool import Connection, Pool
from tests.clock import HandClock
from tests.core.test_outbox import a_message
from tests.core.world import NOON
from tests.flows.test_deliver import KeepingGateway, decide_one, means_of
from tests.store.plans import by_index
from tests.waiting import until

IOS = "demo/ios"
SECOND = timedelta(seconds=1)
FEW = 20  # messages in one claim of these tests

# A second apart, and each on another page than the one before and the one after.
_MANY = """
    INSERT INTO outbox (bucket, message_id, customer_id, device_id, offer_id, due,
                        expires_at, decided_at, changed_at, delivery, content, lane)
    SELECT 7, gen_random_uuid(), 'anna', 'phone-1', 'ice-cream',
           $1::timestamptz + (n * 37 % 1000) * interval '1 second',
           $1::timestamptz + interval '1 day', $1, $1, 'at_most_once',
           '{"title": "Sun", "body": "Ice"}', 'demo/ios'
    FROM generate_series(0, 999) AS n
"""
_ONE_MORE = """
    INSERT INTO outbox (bucket, message_id, customer_id, device_id, offer_id, zone_id,
        due, expires_at, decided_at, changed_at, delivery, content, lane)
    SELECT bucket, $1, customer_id, device_id, offer_id, zone_id, $2, expires_at,
        decided_at, changed_at, delivery, content, lane
    FROM outbox LIMIT 1
"""


async def pages(connection: Connection, since: datetime, now: datetime) -> int:
    """How many pages a claim looks at to find what is due."""
    of = FEW, now, since, 0, 255, IOS
    explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)"
    transaction = connection.transaction()
    await transaction.start()
    await by_index(connection)
    (row,) = await connection.fetch(f"{explain} {DUE_IN_LANE}", *of)
    await transaction.rollback()
    plan = json.loads(row[0])[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def test_a_snapshot_held_open_makes_no_claim_dearer(pool: Pool) -> None:
    await pool.execute(_MANY, NOON)
    progress, looks = Progress(), []
    now = NOON + timedelta(hours=1)
    async with (
        pool.acquire() as holding,
        holding.transaction(isolation="repeatable_read"),
        pool.acquire() as connection,
    ):
        await holding.fetchval("SELECT count(*) FROM outbox")
        for number in range(1000 // FEW - 1):
            asked = progress.begin(FEW, now, 0)
            looks.append(await pages(connection, asked.since, now))
            of = Of(lane=IOS, since=asked.since)
            claim = connection, FEW, UUID(int=number), now, SECOND
            claimed = await outbox.claim(*claim, of)
            assert len(claimed) == FEW
            progress.end(asked, claimed, 0)
            fates = [settle(message, Accepted(), NOON) for message in claimed]
            await outbox.settle(connection, fates, NOON)
        assert max(looks) < 4 * looks[0]
        assert await pages(connection, EVER, now) > 8 * looks[0]


@pytest.mark.parametrize(("found", "reached"), [(2, 5), (1, 60), (0, 60)])
def test_a_look_begins_a_little_before_where_the_last_one_ended(
    found: int, reached: int
) -> None:
    progress = Progress()
    messages = [a_message(due=NOON + n * SECOND) for n in (5, 3)]
    asked = progress.begin(2, NOON + 60 * SECOND, 0)
    assert asked.since == EVER
    progress.end(asked, messages[:found], 0)
    after = progress.begin(2, NOON + 61 * SECOND, 0)
    assert after.since == NOON + reached * SECOND - LATE


@pytest.mark.parametrize(
    ("took", "again"), [(0.0, 1.0), (0.01, 1.0), (0.1, 2.0), (2.0, 40.0), (9.0, 60.0)]
)
def test_looks_at_everything_take_a_small_part_of_the_time(
    took: float, again: float
) -> None:
    progress = Progress()
    progress.end(progress.begin(2, NOON, 0), [], took)
    assert progress.begin(2, NOON, took + again - 0.01).since != EVER
    assert progress.begin(2, NOON, took + again).since == EVER


async def test_a_clock_that_is_set_back_hides_nothing(pool: Pool) -> None:
    progress = Progress()
    progress.end(progress.begin(2, NOON, 0), [], 0)
    before = NOON - timedelta(hours=1)
    asked = progress.begin(2, before, 0.5)
    progress.end(asked, [], 0.5)
    assert progress.begin(2, before, 0.6).since == before - LATE


async def test_what_comes_to_stand_behind_is_found_by_the_next_look_at_everything(
    pool: Pool, clock: HandClock
) -> None:
    await decide_one(pool)
    ticks = [100.0]
    means = replace(means_of(pool, clock), ticks=lambda: ticks[0])
    gateway = KeepingGateway()
    deliver = Deliver(means, {("demo", Platform.IOS): gateway})
    running = asyncio.create_task(deliver.run())
    await sent(gateway, 1)
    late, punctual = UUID(int=1), UUID(int=2)
    await pool.execute(_ONE_MORE, late, NOON - 60 * SECOND)
    await pool.execute(_ONE_MORE, punctual, NOON)
    await sent(gateway, 2)
    assert gateway.kept[-1].message_id == punctual
    ticks[0] += 1
    await sent(gateway, 3)
    assert gateway.kept[-1].message_id == late
    await deliver.stop()
    await running


async def sent(gateway: KeepingGateway, count: int) -> None:
    """Wait until so many messages were sent."""
    await until(lambda: len(gateway.kept) >= count)
