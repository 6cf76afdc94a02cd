"""Addresses that died: only those that were not named again since."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from geopush.core.message import Message
from geopush.store import outbox
from geopush.store.addresses import lose_address
from geopush.store.pool import Pool
from tests.core.world import NOON
from tests.people import look_up
from tests.store.test_outbox import LEASE, queue_one

MINUTE = timedelta(minutes=1)


async def claimed(pool: Pool) -> Message:
    """A message to the address that Anna's phone named at noon."""
    await queue_one(pool)
    async with pool.acquire() as connection:
        (message,) = await outbox.claim(connection, 1, UUID(int=1), NOON, LEASE)
    return message


@pytest.mark.parametrize(
    ("since", "dies"),
    [
        (NOON - MINUTE, False),  # it was named again later
        (NOON, True),
        (NOON + MINUTE, True),
        (None, True),
    ],
)
async def test_an_address_named_after_the_gateway_lost_it_is_kept(
    pool: Pool, since: datetime | None, dies: bool
) -> None:
    message = await claimed(pool)
    async with pool.acquire() as connection, connection.transaction():
        await lose_address(connection, message, NOON + MINUTE, since)
    dead_at = await pool.fetchval("SELECT address_dead_at FROM device")
    (phone,) = (await look_up(pool)).profile.devices.values()
    assert (dead_at is not None, phone.has_address) == (dies, not dies)
