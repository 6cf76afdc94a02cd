"""Timers: claimed by one, asked again unless they are done."""

from datetime import timedelta

from geopush.core.ping import DeviceId
from geopush.core.timer import Timer
from geopush.store import timers
from geopush.store.pool import Pool
from tests.core.world import ANNA, NOON, PHONE
from tests.store.plans import by_index
from zones import ZoneId

UNTIL = NOON + timedelta(minutes=1)
SHOP = Timer(ANNA, PHONE, ZoneId("shop"))
PARK = Timer(ANNA, DeviceId("phone-2"), ZoneId("park"))


async def set_timers(pool: Pool, *those: Timer) -> None:
    await pool.executemany(
        "INSERT INTO timer VALUES ($1, $2, $3, $4, $5)",
        [
            (
                one.customer.bucket,
                one.customer.customer_id,
                one.device_id,
                one.zone_id,
                NOON,
            )
            for one in those
        ],
    )


async def test_a_timer_is_claimed_by_one_of_two(pool: Pool) -> None:
    await set_timers(pool, SHOP)
    async with (
        pool.acquire() as one,
        pool.acquire() as other,
        one.transaction(),
        other.transaction(),
    ):
        assert await timers.claim(one, 10, NOON, UNTIL) == [SHOP]
        assert await timers.claim(other, 10, NOON, UNTIL) == []


async def test_a_timer_is_due_again_when_whoever_claimed_it_is_gone(pool: Pool) -> None:
    await set_timers(pool, SHOP)
    async with pool.acquire() as connection:
        await timers.claim(connection, 10, NOON, UNTIL)
        just_before = UNTIL - timedelta(seconds=1)
        assert await timers.claim(connection, 10, just_before, UNTIL) == []
        assert await timers.claim(connection, 10, UNTIL, UNTIL) == [SHOP]


async def test_what_is_not_done_is_put_off_and_what_is_over_ends(pool: Pool) -> None:
    await set_timers(pool, SHOP, PARK)
    later = NOON + timedelta(minutes=9)
    async with pool.acquire() as connection:
        await timers.claim(connection, 10, NOON, UNTIL)
        await timers.put_off(connection, {SHOP: later, PARK: None}, UNTIL)
    rows = await pool.fetch("SELECT zone_id, due FROM timer")
    assert [tuple(row) for row in rows] == [("shop", later)]


async def test_a_stay_that_began_meanwhile_keeps_its_timer(pool: Pool) -> None:
    await set_timers(pool, SHOP, PARK)
    async with pool.acquire() as connection:
        await timers.claim(connection, 10, NOON, UNTIL)
        anew = NOON + timedelta(minutes=5)
        await connection.execute("UPDATE timer SET due = $1", anew)
        await timers.put_off(connection, {SHOP: NOON, PARK: None}, UNTIL)
    dues = await pool.fetch("SELECT DISTINCT due FROM timer")
    assert [row["due"] for row in dues] == [anew]


async def test_a_range_of_buckets_leaves_the_others_alone(pool: Pool) -> None:
    await set_timers(pool, SHOP)
    before, after = (0, ANNA.bucket - 1), (ANNA.bucket, ANNA.bucket)
    async with pool.acquire() as connection:
        assert await timers.claim(connection, 10, NOON, UNTIL, before) == []
        assert await timers.claim(connection, 10, NOON, UNTIL, after) == [SHOP]


async def test_the_claim_uses_its_index(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await by_index(connection)
        plan = await connection.fetch(
            "EXPLAIN SELECT bucket, customer_id, device_id, zone_id FROM timer"
            " WHERE due <= now() AND bucket BETWEEN 0 AND 255"
            " ORDER BY due, bucket LIMIT 100 FOR UPDATE SKIP LOCKED"
        )
    assert any("timer_by_due" in row[0] for row in plan)
    assert not any("Sort" in row[0] for row in plan)
