"""The statements of the outbox make the moves of its table, and no others."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from geopush.core.message import State
from geopush.core.outbox import NEXT, Event
from geopush.store import outbox
from geopush.store.pool import Connection, Pool
from tests.core.world import NOON
from tests.store.test_outbox import queue_one, state_of

LATER = NOON + timedelta(minutes=1)
Act = Callable[[Connection], Awaitable[object]]


async def claim(connection: Connection) -> object:
    return await outbox.claim(connection, 10, UUID(int=1), LATER, timedelta(0))


async def withdraw(connection: Connection) -> object:
    return await outbox.withdraw(connection, "ice-cream", LATER)


async def withdraw_at(connection: Connection) -> object:
    return await outbox.withdraw_at(connection, "ice-cream", "shop", LATER)


async def expire(connection: Connection) -> object:
    return await outbox.expire(connection, NOON + timedelta(days=1))


async def lapse(connection: Connection) -> object:
    return await outbox.lapse(connection, LATER)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(
    ("act", "event", "delivery"),
    [
        (claim, Event.CLAIMED, "at_most_once"),
        (withdraw, Event.TAKEN_BACK, "at_most_once"),
        (withdraw_at, Event.TAKEN_BACK, "at_most_once"),
        (lapse, Event.LAPSED_IN_DOUBT, "at_most_once"),
        (lapse, Event.LAPSED, "at_least_once"),
    ],
)
async def test_a_statement_moves_what_the_table_says(
    pool: Pool, state: State, act: Act, event: Event, delivery: str
) -> None:
    await queue_one(pool, delivery=delivery)
    await pool.execute("UPDATE outbox SET state = $1, claimed_until = $2", state, NOON)
    async with pool.acquire() as connection:
        await act(connection)
    assert (await state_of(pool))[0] == NEXT.get((state, event), state)


@pytest.mark.parametrize("state", sorted(set(State) - {State.CLAIMED}))
async def test_what_waits_expires_and_nothing_else(pool: Pool, state: State) -> None:
    await queue_one(pool)
    await pool.execute("UPDATE outbox SET state = $1", state)
    async with pool.acquire() as connection:
        await expire(connection)
    assert (await state_of(pool))[0] == NEXT.get((state, Event.TOO_LATE), state)


@pytest.mark.parametrize("state", [State.QUEUED, State.RETRY])
@pytest.mark.parametrize("act", [withdraw, withdraw_at, expire])
async def test_what_may_have_arrived_ends_unknown_whatever_ends_it(
    pool: Pool, state: State, act: Act
) -> None:
    await queue_one(pool)
    await pool.execute("UPDATE outbox SET state = $1, in_doubt = true", state)
    async with pool.acquire() as connection:
        await act(connection)
    assert (await state_of(pool))[0] == NEXT[state, Event.ENDED_IN_DOUBT]
