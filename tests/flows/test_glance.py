"""Customers read anew for messages about to leave: together if they ask together."""

import asyncio

from geopush.core.occasion import World
from geopush.flows.glance import Glance
from geopush.store.pool import Pool
from tests.core.world import ANNA, a_world
from tests.people import settle_in, withdraw_consent


async def latest() -> World:
    return a_world()


async def test_those_who_ask_at_the_same_time_are_told_the_same(pool: Pool) -> None:
    await settle_in(pool)
    glance = Glance(pool, latest)
    looks = glance.look(ANNA), glance.look(ANNA)
    (_, first), (_, second) = await asyncio.gather(*looks)
    assert first is not None
    assert first is second


async def test_who_asks_later_is_told_what_changed_meanwhile(pool: Pool) -> None:
    await settle_in(pool)
    glance = Glance(pool, latest)
    _, before = await glance.look(ANNA)
    await withdraw_consent(pool, push_marketing=False)
    _, after = await glance.look(ANNA)
    assert before is not None
    assert after is not None
    assert after.profile.consents != before.profile.consents


async def test_a_database_that_fails_is_asked_again_the_next_time(pool: Pool) -> None:
    await settle_in(pool)
    glance = Glance(pool, latest)
    async with pool.acquire() as connection:
        await connection.execute("ALTER TABLE customer RENAME TO elsewhere")
        failed = await asyncio.gather(glance.look(ANNA), return_exceptions=True)
        await connection.execute("ALTER TABLE elsewhere RENAME TO customer")
    assert isinstance(failed[0], Exception)
    _, found = await glance.look(ANNA)
    assert found is not None
