"""Stays that come due without a ping."""

import asyncio
from datetime import timedelta

from geopush.flows.deciding import Deciding
from geopush.flows.dwell import Dwell
from geopush.flows.ingest import Ingest
from geopush.metrics import Metrics
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.core.world import FAR, a_world, a_zone, an_offer, ping, upload
from tests.people import look_up, settle_in

STAYED = an_offer(
    trigger={"any": [{"on": ["dwell"], "zones": {"tags": ["restaurant"]}}]}
)
WORLD = a_world([a_zone(dwell_seconds=300)], [STAYED])


def an_ingest(pool: Pool, clock: HandClock) -> Ingest:
    return Ingest(pool, lambda: WORLD, clock, Metrics(), lambda: None)


def a_dwell(pool: Pool, clock: HandClock, woken: asyncio.Event | None = None) -> Dwell:
    wake = (woken or asyncio.Event()).set
    return Dwell(pool, Deciding(lambda: WORLD, clock, Metrics(), wake), clock)


async def kinds(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT kind FROM transition ORDER BY at")
    return [row["kind"] for row in rows]


async def come_in(pool: Pool, clock: HandClock) -> None:
    await settle_in(pool)
    await an_ingest(pool, clock).take(upload(ping(0)))


async def test_a_stay_comes_due_without_a_ping_and_delivery_is_woken(
    pool: Pool, clock: HandClock
) -> None:
    await come_in(pool, clock)
    clock.step(timedelta(seconds=301))
    woken = asyncio.Event()
    assert await a_dwell(pool, clock, woken).run_once() == 1
    assert await kinds(pool) == ["enter", "dwell"]
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1
    assert await pool.fetchval("SELECT count(*) FROM timer") == 0
    assert woken.is_set()


async def test_nothing_is_done_before_the_time(pool: Pool, clock: HandClock) -> None:
    await come_in(pool, clock)
    clock.step(timedelta(seconds=299))
    assert await a_dwell(pool, clock).run_once() == 0


async def test_a_ping_after_the_timer_makes_no_second_dwell(
    pool: Pool, clock: HandClock
) -> None:
    await come_in(pool, clock)
    clock.step(timedelta(seconds=310))
    await a_dwell(pool, clock).run_once()
    await an_ingest(pool, clock).take(upload(ping(305), ping(308)))
    assert await kinds(pool) == ["enter", "dwell"]


async def test_timers_of_several_processes_and_pings_make_one_dwell(
    pool: Pool, clock: HandClock
) -> None:
    await come_in(pool, clock)
    clock.step(timedelta(seconds=310))
    await asyncio.gather(
        *(a_dwell(pool, clock).run_once() for _ in range(3)),
        *(an_ingest(pool, clock).take(upload(ping(300 + at))) for at in range(8)),
    )
    assert await kinds(pool) == ["enter", "dwell"]
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1
    assert await pool.fetchval("SELECT count(*) FROM timer") == 0


async def test_who_was_not_seen_lately_is_asked_about_ever_more_seldom(
    pool: Pool, clock: HandClock
) -> None:
    await come_in(pool, clock)
    clock.step(timedelta(minutes=30))
    assert await a_dwell(pool, clock).run_once() == 1
    assert await kinds(pool) == ["enter"]
    due = await pool.fetchval("SELECT due FROM timer")
    assert due == clock.now + timedelta(minutes=30)


async def test_who_comes_back_into_sight_dwells_by_the_ping(
    pool: Pool, clock: HandClock
) -> None:
    await come_in(pool, clock)
    clock.step(timedelta(minutes=30))
    await a_dwell(pool, clock).run_once()
    await an_ingest(pool, clock).take(upload(ping(1795)))
    assert await kinds(pool) == ["enter", "dwell"]
    assert await pool.fetchval("SELECT count(*) FROM timer") == 0


async def test_leaving_ends_the_timer(pool: Pool, clock: HandClock) -> None:
    await come_in(pool, clock)
    clock.step(timedelta(seconds=310))
    await an_ingest(pool, clock).take(upload(ping(100, FAR), ping(110, FAR)))
    assert await a_dwell(pool, clock).run_once() == 0
    assert await kinds(pool) == ["enter", "exit"]


async def test_the_timer_of_a_customer_who_is_gone_ends(
    pool: Pool, clock: HandClock
) -> None:
    await come_in(pool, clock)
    await pool.execute("DELETE FROM customer")
    clock.step(timedelta(seconds=310))
    await a_dwell(pool, clock).run_once()
    assert await pool.fetchval("SELECT count(*) FROM timer") == 0


async def test_a_dwell_is_kept_with_the_customer(pool: Pool, clock: HandClock) -> None:
    await come_in(pool, clock)
    before = await look_up(pool)
    clock.step(timedelta(seconds=310))
    await a_dwell(pool, clock).run_once()
    assert (await look_up(pool)).version == before.version + 1
