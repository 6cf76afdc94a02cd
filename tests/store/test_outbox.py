"""The outbox: claim, settle, lapse, withdraw."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from geopush.core.known import State as KnownState
from geopush.core.message import (
    UNSENT,
    Accepted,
    Rejected,
    State,
    Throttled,
    Transient,
)
from geopush.core.outbox import settle
from geopush.core.ping import customer_key
from geopush.store import customers, outbox, presences
from geopush.store.outbox import DUE_IN_LANE, Of
from geopush.store.pool import Pool
from geopush.store.tallies import give_back, take_again
from tests.core.world import ANNA, NOON, a_world, an_offer, ping, run, upload
from tests.people import TOKEN, look_up, settle_in
from tests.store.plans import by_index

CLAIM = UUID(int=1)
OTHER_CLAIM = UUID(int=2)
LEASE = timedelta(seconds=90)


async def queue_one(pool: Pool, **offer: object) -> None:
    known = await settle_in(pool)
    world = a_world(offers=[an_offer(**offer)])
    async with pool.acquire() as connection:
        await presences.commit(
            connection, run(known, upload(ping(0)), world=world).changes
        )


async def state_of(pool: Pool) -> tuple[str, str]:
    row = await pool.fetchrow("SELECT state, reason FROM outbox")
    return row["state"], row["reason"]


async def test_a_claim_holds_what_is_due_with_its_address(pool: Pool) -> None:
    await queue_one(pool)
    async with pool.acquire() as connection:
        (message,) = await outbox.claim(connection, 10, CLAIM, NOON, LEASE)
        assert await outbox.claim(connection, 10, OTHER_CLAIM, NOON, LEASE) == []
    assert message.address is not None
    assert (message.address.value, message.app, message.attempts) == (TOKEN, "demo", 1)
    assert await state_of(pool) == ("claimed", "queued")


async def test_two_workers_never_claim_the_same(pool: Pool) -> None:
    await queue_one(pool)
    async with (
        pool.acquire() as one,
        pool.acquire() as other,
        one.transaction(),
        other.transaction(),
    ):
        mine = await outbox.claim(one, 10, CLAIM, NOON, LEASE)
        theirs = await outbox.claim(other, 10, OTHER_CLAIM, NOON, LEASE)
    assert (len(mine), len(theirs)) == (1, 0)


async def test_a_claim_takes_only_its_range_of_buckets(pool: Pool) -> None:
    await queue_one(pool)
    bucket = ANNA.bucket
    async with pool.acquire() as connection:
        below = Of(buckets=(0, bucket - 1))
        assert await outbox.claim(connection, 10, CLAIM, NOON, LEASE, below) == []
        mine = Of(buckets=(bucket, bucket))
        assert len(await outbox.claim(connection, 10, CLAIM, NOON, LEASE, mine)) == 1


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted(), State.ACCEPTED),
        (Rejected("bad_topic"), State.REJECTED),
        (Throttled("too_many_requests"), State.RETRY),
        (Transient("timeout", ambiguous=True), State.UNKNOWN),
        (Transient("refused", ambiguous=False), State.RETRY),
    ],
)
async def test_what_the_gateway_said_is_written(
    pool: Pool, outcome: Accepted | Rejected | Throttled | Transient, state: State
) -> None:
    await queue_one(pool)
    async with pool.acquire() as connection:
        (message,) = await outbox.claim(connection, 10, CLAIM, NOON, LEASE)
        settled = await outbox.settle(
            connection, [settle(message, outcome, NOON)], NOON
        )
    assert [one.state for one in settled] == [state][: state in UNSENT]
    assert (await state_of(pool))[0] == state


async def test_a_retry_is_not_due_before_its_time(pool: Pool) -> None:
    await queue_one(pool)
    async with pool.acquire() as connection:
        (message,) = await outbox.claim(connection, 10, CLAIM, NOON, LEASE)
        fate = settle(message, Throttled("slow", retry_after=timedelta(60)), NOON)
        assert fate.state is State.EXPIRED
        fate = settle(message, Throttled("slow"), NOON)
        await outbox.settle(connection, [fate], NOON)
        early = fate.due - timedelta(seconds=1)
        assert await outbox.claim(connection, 10, OTHER_CLAIM, early, LEASE) == []
        assert (
            len(await outbox.claim(connection, 10, OTHER_CLAIM, fate.due, LEASE)) == 1
        )


async def test_a_claim_that_was_lost_settles_nothing(pool: Pool) -> None:
    await queue_one(pool, delivery="at_least_once")
    async with pool.acquire() as connection:
        (slow,) = await outbox.claim(connection, 10, CLAIM, NOON, LEASE)
        later = NOON + LEASE + timedelta(seconds=1)
        await outbox.lapse(connection, later)
        await outbox.claim(connection, 10, OTHER_CLAIM, later, LEASE)
        fate = settle(slow, Rejected("too late"), later)
        assert await outbox.settle(connection, [fate], later) == []
    assert (await state_of(pool))[0] == "claimed"


@pytest.mark.parametrize(
    ("delivery", "state"), [("at_most_once", "unknown"), ("at_least_once", "queued")]
)
async def test_a_claim_whose_worker_died_lapses(
    pool: Pool, delivery: str, state: str
) -> None:
    await queue_one(pool, delivery=delivery)
    async with pool.acquire() as connection:
        await outbox.claim(connection, 10, CLAIM, NOON, LEASE)
        await outbox.lapse(connection, NOON + LEASE)
        assert (await state_of(pool))[0] == "claimed"
        await outbox.lapse(connection, NOON + LEASE + timedelta(seconds=1))
    assert await state_of(pool) == (state, "claim_lapsed")


async def test_what_is_withdrawn_gives_its_caps_back(pool: Pool) -> None:
    await queue_one(pool)
    assert len((await look_up(pool)).state.tallies) == 1
    async with pool.acquire() as connection, connection.transaction():
        settled = await outbox.withdraw(connection, "ice-cream", NOON)
        await give_back(connection, settled)
    assert await state_of(pool) == ("withdrawn", "offer_paused")
    assert (await look_up(pool)).state.tallies == ()


async def test_caps_are_given_back_to_whom_a_customer_turned_out_to_be(
    pool: Pool,
) -> None:
    await queue_one(pool)
    named = customer_key("anna-smith")
    known = await look_up(pool)
    async with pool.acquire() as connection, connection.transaction():
        (message,) = await outbox.claim(connection, 10, CLAIM, NOON, LEASE)
        await customers.save(connection, replace(known, customer=named, version=-1))
        await customers.forward(connection, ANNA, named)
        fates = [settle(message, Rejected("bad_topic"), NOON)]
        await give_back(connection, await outbox.settle(connection, fates, NOON))
    assert (await look_up(pool, named)).state.tallies == ()


async def test_caps_are_taken_again_from_whom_a_customer_turned_out_to_be(
    pool: Pool,
) -> None:
    await queue_one(pool)
    named = customer_key("anna-smith")
    known = await look_up(pool)
    (tally,) = known.state.tallies
    fresh = replace(known, customer=named, version=-1, state=KnownState())
    async with pool.acquire() as connection, connection.transaction():
        await customers.save(connection, fresh)
        await customers.forward(connection, ANNA, named)
        await take_again(connection, ANNA, tally, lambda _: None)
    assert (await look_up(pool, named)).state.tallies == (tally,)


async def test_a_message_in_doubt_keeps_its_place_in_the_caps_for_good(
    pool: Pool,
) -> None:
    await queue_one(pool, delivery="at_least_once")
    async with pool.acquire() as connection, connection.transaction():
        (message,) = await outbox.claim(connection, 10, CLAIM, NOON, LEASE)
        fate = settle(message, Transient("timeout", ambiguous=True), NOON)
        await outbox.settle(connection, [fate], NOON)
        (again,) = await outbox.claim(connection, 10, OTHER_CLAIM, fate.due, LEASE)
        assert again.in_doubt
        await outbox.settle(
            connection, [settle(again, Throttled("slow"), fate.due)], NOON
        )
        await give_back(
            connection, await outbox.withdraw(connection, "ice-cream", NOON)
        )
    assert await state_of(pool) == ("unknown", "offer_paused")
    assert len((await look_up(pool)).state.tallies) == 1


async def test_what_was_claimed_by_a_worker_that_died_may_have_left(pool: Pool) -> None:
    await queue_one(pool, delivery="at_least_once")
    later = NOON + LEASE + timedelta(seconds=1)
    async with pool.acquire() as connection:
        await outbox.claim(connection, 10, CLAIM, NOON, LEASE)
        await outbox.lapse(connection, later)
        (again,) = await outbox.claim(connection, 10, OTHER_CLAIM, later, LEASE)
    assert again.in_doubt


async def test_what_was_accepted_keeps_its_place_in_the_caps(pool: Pool) -> None:
    await queue_one(pool)
    async with pool.acquire() as connection, connection.transaction():
        (message,) = await outbox.claim(connection, 10, CLAIM, NOON, LEASE)
        fates = [settle(message, Accepted(), NOON)]
        await give_back(connection, await outbox.settle(connection, fates, NOON))
    assert len((await look_up(pool)).state.tallies) == 1


async def test_claiming_looks_through_an_index(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await by_index(connection)
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        types = "integer, timestamptz, timestamptz, smallint, smallint, text"
        await connection.execute(f"PREPARE due ({types}) AS {DUE_IN_LANE}")
        plan = await connection.fetch(
            "EXPLAIN EXECUTE due (100, now(), now(), 0, 255, 'demo/ios')"
        )
    assert any("outbox_due" in row[0] for row in plan)
    assert not any("Sort" in row[0] for row in plan)
