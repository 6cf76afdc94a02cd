"""What quiet hours put off, through the database and back."""

import asyncio
from datetime import timedelta

from geopush.core.customer import Preferences
from geopush.core.schedule import QuietHours
from geopush.flows.deciding import Deciding
from geopush.flows.defer import Defer
from geopush.flows.ingest import Ingest
from geopush.metrics import Metrics
from geopush.store.deferrals import CLAIM
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.core.world import a_customer, a_world, an_offer, ping, upload
from tests.people import look_up, settle_in
from tests.store.plans import by_index

WORLD = a_world(offers=[an_offer(quiet="defer")])
# It is 14:00 in Amsterdam.
QUIET = Preferences(
    topics={"ice_cream": True}, quiet_hours=QuietHours("13:00", "14:30")
)


def a_defer(pool: Pool, clock: HandClock) -> Defer:
    return Defer(pool, Deciding(lambda: WORLD, clock, Metrics(), lambda: None), clock)


async def come_in(pool: Pool, clock: HandClock) -> Ingest:
    """Anna comes in at two o'clock and is seen again shortly before half past."""
    await settle_in(pool, a_customer(preferences=QUIET))
    ingest = Ingest(pool, lambda: WORLD, clock, Metrics(), lambda: None)
    await ingest.take(upload(ping(0)))
    clock.step(timedelta(minutes=29))
    await ingest.take(upload(ping(29 * 60)))
    return ingest


async def rows(pool: Pool) -> list[tuple[str, str]]:
    found = await pool.fetch("SELECT verdict, reason FROM decision ORDER BY at")
    return [(row["verdict"], row["reason"]) for row in found]


async def test_it_waits_and_is_sent_when_they_are_over(
    pool: Pool, clock: HandClock
) -> None:
    await come_in(pool, clock)
    assert await rows(pool) == [("deferred", "quiet_hours")]
    assert await a_defer(pool, clock).run_once() == 0
    clock.step(timedelta(minutes=1))
    assert await a_defer(pool, clock).run_once() == 1
    assert await rows(pool) == [("decided", "decided")]
    message = await pool.fetchval("SELECT message_id FROM outbox")
    assert message == await pool.fetchval("SELECT decision_id FROM decision")
    assert (await look_up(pool)).state.deferred == ()
    assert await a_defer(pool, clock).run_once() == 0


async def test_several_processes_and_pings_decide_once(
    pool: Pool, clock: HandClock
) -> None:
    ingest = await come_in(pool, clock)
    clock.step(timedelta(minutes=1))
    await asyncio.gather(
        *(a_defer(pool, clock).run_once() for _ in range(3)),
        *(ingest.take(upload(ping(29 * 60 + at))) for at in range(1, 8)),
    )
    assert await rows(pool) == [("decided", "decided")]
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1
    assert len((await look_up(pool)).state.tallies) == 1


async def test_who_dies_with_a_claim_is_asked_again(
    pool: Pool, clock: HandClock
) -> None:
    await come_in(pool, clock)
    clock.step(timedelta(minutes=1))
    now = clock()
    async with pool.acquire() as connection:
        lease = now + timedelta(seconds=60)
        assert len(await connection.fetch(CLAIM, 10, now, lease, 0, 255)) == 1
    assert await a_defer(pool, clock).run_once() == 0
    clock.step(timedelta(seconds=60))
    assert await a_defer(pool, clock).run_once() == 1
    assert await rows(pool) == [("decided", "decided")]


async def test_what_waited_for_somebody_who_is_gone_ends(
    pool: Pool, clock: HandClock
) -> None:
    await come_in(pool, clock)
    await pool.execute("DELETE FROM customer")
    clock.step(timedelta(minutes=1))
    assert await a_defer(pool, clock).run_once() == 1
    assert await rows(pool) == [("withheld", "customer_gone")]


async def test_a_claim_is_found_by_an_index(pool: Pool, clock: HandClock) -> None:
    await come_in(pool, clock)
    now = clock()
    async with pool.acquire() as connection, connection.transaction():
        await by_index(connection)
        plan = await connection.fetch(f"EXPLAIN {CLAIM}", 10, now, now, 0, 255)
    assert "decision_due" in "".join(row[0] for row in plan)
