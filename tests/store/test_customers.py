"""Customers' rows: written only as they were read, found by the id they had before."""

import pytest
from msgspec.structs import replace

from geopush.core.merge import UNBORN
from geopush.core.ping import customer_key
from geopush.store import customers
from geopush.store.again import Raced
from geopush.store.pool import Pool
from tests.core.people import NOON, customer, phone


async def test_a_row_is_read_as_it_was_written(pool: Pool) -> None:
    ann = customer("ann", phones={"a": phone()}, version=UNBORN)
    async with pool.acquire() as connection:
        await customers.save(connection, ann)
        assert await customers.find(connection, "ann") == replace(ann, version=0)
        assert await connection.fetchval("SELECT seen FROM customer") == NOON


@pytest.mark.parametrize("version", [UNBORN, 1])
async def test_a_row_that_changed_meanwhile_is_not_overwritten(
    pool: Pool, version: int
) -> None:
    async with pool.acquire() as connection:
        await customers.save(connection, customer("ann", version=UNBORN))
        with pytest.raises(Raced):
            await customers.save(connection, customer("ann", version=version))
        assert await connection.fetchval("SELECT version FROM customer") == 0


async def test_a_customer_is_forwarded_to_whom_they_turned_out_to_be(
    pool: Pool,
) -> None:
    ann, anonymous = customer_key("ann"), customer_key("anon-1")
    async with pool.acquire() as connection, connection.transaction():
        await customers.save(connection, customer("ann", version=UNBORN))
        await customers.save(connection, customer("anon-1", version=UNBORN))
        await customers.forward(connection, anonymous, ann)
        assert await customers.resolve(connection, "anon-1") == ann
        assert await customers.resolve(connection, "nobody") == customer_key("nobody")
        known = await customers.find(connection, "anon-1")
        assert known is not None
        assert known.customer == ann
        with pytest.raises(Raced):
            await customers.hold(connection, [ann, anonymous])
