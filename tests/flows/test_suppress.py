"""Who says stop is stopped at once and for ever, and is not kept by name."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from geopush.core.decision import Reason
from geopush.core.ping import customer_key
from geopush.core.suppression import Stop
from geopush.flows.profile import Profiles
from geopush.flows.suppress import Suppress
from geopush.store import presences
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.core.world import NOON, PHONE, ping, run, upload
from tests.flows.people import CRM, Desk, open_desk
from tests.flows.people import PHONE as SAID
from tests.people import SUPPRESSIONS, look_up, settle_in

PEOPLE = ("customer", "device", "consent_log", "outbox", "decision")


@pytest.fixture
def desk(pool: Pool, clock: HandClock) -> Desk:
    return open_desk(pool, clock)


@pytest.fixture
def suppress(pool: Pool, clock: HandClock) -> Suppress:
    return Suppress(pool, SUPPRESSIONS, clock)


async def forget_everybody(pool: Pool) -> None:
    for table in PEOPLE:
        await pool.execute(f"DELETE FROM {table}")


async def test_what_is_queued_is_withdrawn_and_given_back(
    pool: Pool, suppress: Suppress
) -> None:
    evaluation = run(await settle_in(pool), upload(ping(0)))
    async with pool.acquire() as connection:
        await presences.commit(connection, evaluation.changes)
    await suppress.stop("anna")
    row = await pool.fetchrow("SELECT state, reason FROM outbox")
    assert tuple(row) == ("withdrawn", "stopped_by_customer")
    known = await look_up(pool)
    assert (known.profile.stop, known.state.tallies) == (Stop(NOON), ())


async def test_what_may_have_left_is_held_back_and_counts(
    pool: Pool, suppress: Suppress
) -> None:
    evaluation = run(await settle_in(pool), upload(ping(0)))
    async with pool.acquire() as connection:
        await presences.commit(connection, evaluation.changes)
    await pool.execute("UPDATE outbox SET state = 'retry', in_doubt = true")
    await suppress.stop("anna")
    assert await pool.fetchval("SELECT state FROM outbox") == "unknown"
    assert len((await look_up(pool)).state.tallies) == 1


async def test_a_decision_in_flight_fails_and_the_next_one_is_withheld(
    pool: Pool, suppress: Suppress
) -> None:
    evaluation = run(await settle_in(pool), upload(ping(0)))
    await suppress.stop("anna")
    async with pool.acquire() as connection:
        assert await presences.commit(connection, evaluation.changes) == set()
    again = run(await look_up(pool), upload(ping(0)))
    (decided,) = again.changes[0].decided
    assert decided.reason is Reason.STOPPED_BY_CUSTOMER


async def test_saying_it_again_changes_nothing(
    pool: Pool, suppress: Suppress, clock: HandClock
) -> None:
    known = await settle_in(pool)
    first = await suppress.stop("anna")
    version = (await look_up(pool)).version
    clock.step(timedelta(hours=1))
    assert await suppress.stop("anna") == first
    assert (await look_up(pool)).version == version == known.version + 1


async def test_it_outlives_all_that_is_known_of_somebody(
    pool: Pool, suppress: Suppress, desk: Desk, clock: HandClock
) -> None:
    await desk.name("anna")
    first = await suppress.stop("anna")
    await forget_everybody(pool)
    await desk.name("anna")
    assert (await look_up(pool)).profile.stop == Stop(first.stopped_at)
    await forget_everybody(pool)
    profiles = Profiles(pool, SUPPRESSIONS, clock)
    await profiles.describe("anna", {"member": True}, test=False)
    assert (await look_up(pool)).profile.stop == Stop(first.stopped_at)


async def test_nobody_who_is_not_known_need_be_written_down_to_be_stopped(
    pool: Pool, suppress: Suppress, desk: Desk
) -> None:
    await suppress.stop("anna")
    assert await pool.fetchval("SELECT count(*) FROM customer") == 0
    rows = await pool.fetch("SELECT * FROM suppression")
    assert len(rows) == 1
    assert b"anna" not in rows[0]["mark"]
    await desk.take(replace(SAID, customer_id="anna"), CRM)
    assert (await look_up(pool)).profile.stop is not None


async def test_who_says_it_before_they_are_named_is_stopped_under_their_name(
    pool: Pool, suppress: Suppress, desk: Desk
) -> None:
    anonymous = await desk.take(SAID)
    await suppress.stop(anonymous.customer_id)
    await desk.name("anna")
    assert (await look_up(pool)).profile.stop == Stop(NOON)
    await forget_everybody(pool)
    await desk.name("anna")
    assert (await look_up(pool)).profile.stop == Stop(NOON)


async def test_logging_out_stays_silent_and_silences_nobody_else(
    pool: Pool, suppress: Suppress, desk: Desk
) -> None:
    await desk.name("anna")
    await suppress.stop("anna")
    alone = await desk.take(replace(SAID, customer_id=None))
    assert (await desk.customer(alone.customer_id)).profile.stop is not None
    await desk.name("bob")
    assert (await desk.customer("bob")).profile.stop is None


async def test_of_a_stop_and_a_registration_at_once_the_stop_is_never_lost(
    pool: Pool, suppress: Suppress, desk: Desk
) -> None:
    for number in range(10):
        name = f"anna-{number}"
        phone = replace(SAID, device_id=f"{PHONE}-{number}")
        await asyncio.gather(desk.name(name, phone), suppress.stop(name))
        known = await look_up(pool, customer_key(name))
        assert known.profile.stop is not None
