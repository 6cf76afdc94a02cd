"""One read, one write: together or not at all."""

from datetime import timedelta

from geopush.core.change import Upload
from geopush.core.decision import Reason
from geopush.core.evaluate import evaluate
from geopush.core.known import KnownOf
from geopush.core.ping import DeviceId, customer_key
from geopush.core.sentence import Tongue
from geopush.core.weather import Observation, Weather
from geopush.store import presences
from geopush.store.decisions import DecisionFilter, list_decisions
from geopush.store.pool import Connection, Pool
from tests.core.world import ANNA, FAR, HERE, NOON, a_world, a_zone, ping, run, upload
from tests.people import look_up, settle_in


async def counted(pool: Pool, *tables: str) -> list[int]:
    return [await pool.fetchval(f"SELECT count(*) FROM {one}") for one in tables]


async def test_what_a_ping_caused_is_written_together(pool: Pool) -> None:
    known = await settle_in(pool)
    evaluation = run(known, upload(ping(0)), world=a_world([a_zone(dwell_seconds=60)]))
    async with pool.acquire() as connection:
        won = await presences.commit(connection, evaluation.changes)
    assert won == {ANNA}
    tables = ("presence", "timer", "transition", "decision", "outbox")
    assert await counted(pool, *tables) == [1, 1, 1, 1, 1]
    written = await look_up(pool)
    assert written.version == known.version + 1
    assert written.state == evaluation.changes[0].state


async def test_who_lost_the_race_writes_nothing_at_all(pool: Pool) -> None:
    known = await settle_in(pool)
    first, second = run(known, upload(ping(0))), run(known, upload(ping(5)))
    async with pool.acquire() as connection:
        assert await presences.commit(connection, first.changes) == {ANNA}
        assert await presences.commit(connection, second.changes) == set()
    assert await counted(pool, "transition", "decision", "outbox") == [1, 1, 1]


async def test_leaving_ends_presence_and_timer(pool: Pool) -> None:
    known = await settle_in(pool)
    world = a_world([a_zone(dwell_seconds=60)])
    async with pool.acquire() as connection:
        came = run(known, upload(ping(0)), world=world)
        await presences.commit(connection, came.changes)
        left = run(
            await look_up(pool),
            upload(ping(10, FAR), ping(20, FAR)),
            world=world,
        )
        await presences.commit(connection, left.changes)
    assert await counted(pool, "presence", "timer", "transition") == [0, 0, 2]


async def test_a_dwell_ends_its_timer_and_keeps_the_presence(pool: Pool) -> None:
    known = await settle_in(pool)
    world = a_world([a_zone(dwell_seconds=60)])
    async with pool.acquire() as connection:
        came = run(known, upload(ping(0)), world=world)
        await presences.commit(connection, came.changes)
        stayed = run(
            await look_up(pool),
            upload(ping(70)),
            world=world,
            now=NOON + timedelta(seconds=70),
        )
        await presences.commit(connection, stayed.changes)
    assert await counted(pool, "presence", "timer", "transition") == [1, 0, 2]


async def test_splitting_a_batch_by_bucket_writes_the_same(pool: Pool) -> None:
    uploads = []
    for number in range(12):
        customer = customer_key(f"customer-{number}")
        device = DeviceId(f"phone-{number}")
        address = f"{number:064x}"
        await settle_in(pool, customer=customer, device_id=device, address=address)
        uploads.append(Upload(device, customer, ((0, ping(number)),)))
    async with pool.acquire() as connection:
        known = await presences.load(connection, [one.customer for one in uploads])
    whole = written(known, uploads)
    buckets = sorted({one.customer.bucket for one in uploads})
    parts = {
        key: value
        for bucket in buckets
        for key, value in written(
            known, [one for one in uploads if one.customer.bucket == bucket]
        ).items()
    }
    assert len(buckets) > 1
    assert parts == whole


def written(known: KnownOf, uploads: list[Upload]) -> dict[object, object]:
    evaluation = evaluate(uploads, known, a_world(), NOON)
    return {change.known.customer: change for change in evaluation.changes}


async def test_the_weather_that_was_seen_is_kept_with_the_decision(pool: Pool) -> None:
    known = await settle_in(pool)
    evaluation = run(known, upload(ping(0)))
    async with pool.acquire() as connection:
        await presences.commit(connection, evaluation.changes)
        (row,) = await list_decisions(connection, DecisionFilter(), 10, None, Tongue.EN)
    seen = a_world().weather.near(HERE, NOON, timedelta(hours=1))
    assert isinstance(seen, Observation)
    assert row.weather == seen.seen()


async def test_a_customer_that_was_decided_in_no_weather_has_none_kept(
    pool: Pool,
) -> None:
    known = await settle_in(pool)
    nothing = a_world(sky=Weather({}, radius_km=25))
    async with pool.acquire() as connection:
        await presences.commit(
            connection, run(known, upload(ping(0)), world=nothing).changes
        )
        (row,) = await list_decisions(connection, DecisionFilter(), 10, None, Tongue.EN)
    assert (row.reason, row.weather) == (Reason.WEATHER_UNKNOWN, None)


async def test_coming_back_and_dwelling_in_one_upload_leaves_no_timer(
    pool: Pool,
) -> None:
    known = await settle_in(pool)
    world = a_world([a_zone(dwell_seconds=60)])
    later = NOON + timedelta(seconds=200)
    async with pool.acquire() as connection:
        came = run(known, upload(ping(0)), world=world)
        await presences.commit(connection, came.changes)
        again = run(
            await look_up(pool),
            upload(ping(10, FAR), ping(20, FAR), ping(30), ping(100)),
            world=world,
            now=later,
        )
        assert await presences.commit(connection, again.changes) == {ANNA}
    assert await counted(pool, "presence", "timer", "transition") == [1, 0, 4]


async def test_a_customer_that_is_not_there_is_left_out(pool: Pool) -> None:
    async with pool.acquire() as connection:
        assert await presences.load(connection, [ANNA]) == {}


async def test_the_updates_of_pings_are_hot(pool: Pool) -> None:
    await settle_in(pool)
    async with pool.acquire() as connection:
        before = await updates(connection)
        for second in range(40):
            quiet = run(await look_up(pool), upload(ping(second, FAR)))
            await presences.commit(connection, quiet.changes)
        after = await updates(connection)
    assert [now - then for now, then in zip(after, before, strict=True)] == [40, 40]


async def updates(connection: Connection) -> list[int]:
    """How many updates there were of customers, and how many of them were HOT."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    row = await connection.fetchrow(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
        " WHERE relname = 'customer'"
    )
    return list(row.values())


async def test_a_late_ping_corrects_the_visit_that_was_written(pool: Pool) -> None:
    known = await settle_in(pool)
    async with pool.acquire() as connection:
        await presences.commit(connection, run(known, upload(ping(240))).changes)
        late = run(await look_up(pool), upload(ping(60)))
        await presences.commit(connection, late.changes)
        left = run(
            await look_up(pool),
            upload(ping(280, FAR), ping(290, FAR)),
            now=NOON + timedelta(minutes=5),
        )
        await presences.commit(connection, left.changes)
    rows = await pool.fetch("SELECT zone_id, began, left_at FROM visit")
    began, ended = NOON + timedelta(seconds=60), NOON + timedelta(seconds=280)
    assert [tuple(row) for row in rows] == [("shop", began, ended)]
