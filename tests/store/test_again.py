"""A transaction that lost a race is done again, and leaves nothing of the first try."""

import asyncpg
import pytest

from geopush.errors import Overloaded
from geopush.store.again import ATTEMPTS, Raced, transact
from geopush.store.pool import Connection, Pool


@pytest.mark.parametrize(
    "race", [Raced("lost"), asyncpg.DeadlockDetectedError("two wait for each other")]
)
async def test_a_lost_race_is_run_again(pool: Pool, race: Exception) -> None:
    tries = []

    async def work(connection: Connection) -> int:
        tries.append(race)
        await connection.execute("UPDATE catalog SET revision = revision + 1")
        if len(tries) < 3:
            raise race
        return len(tries)

    assert await transact(pool, work) == 3
    assert await pool.fetchval("SELECT revision FROM catalog") == 1


async def test_whoever_loses_every_race_is_told_to_come_back(pool: Pool) -> None:
    tries = []

    async def work(connection: Connection) -> None:
        tries.append(connection)
        raise Raced("lost")

    with pytest.raises(Overloaded):
        await transact(pool, work)
    assert len(tries) == ATTEMPTS


async def test_any_other_fault_is_not_tried_again(pool: Pool) -> None:
    tries = []

    async def work(connection: Connection) -> None:
        tries.append(connection)
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        await transact(pool, work)
    assert len(tries) == 1
