"""The revision of the catalog: one writer at a time, each a number further."""

import pytest

from geopush.errors import Overloaded
from geopush.store import changes
from geopush.store.pool import Pool


async def test_each_change_is_a_number_further(pool: Pool) -> None:
    async with pool.acquire() as connection:
        first = await changes.advance(connection)
        assert await changes.advance(connection) == first + 1
        assert await changes.current(connection) == first + 1


async def test_a_change_undone_takes_no_number(pool: Pool) -> None:
    async with pool.acquire() as connection:
        before = await changes.current(connection)
        transaction = connection.transaction()
        await transaction.start()
        await changes.advance(connection)
        await transaction.rollback()
        assert await changes.current(connection) == before


async def test_a_writer_that_waits_too_long_is_told_to_come_back(pool: Pool) -> None:
    async with pool.acquire() as busy, pool.acquire() as late:
        async with busy.transaction():
            await changes.lock_catalog(busy)
            await late.execute("SET lock_timeout = '20ms'")
            with pytest.raises(Overloaded):
                await changes.lock_catalog(late)
            await late.execute("RESET lock_timeout")
        await changes.lock_catalog(late)
