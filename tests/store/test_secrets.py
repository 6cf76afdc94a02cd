"""Secrets: the newest first, and one first for all."""

import asyncio
from datetime import timedelta

from geopush.store.pool import Pool
from geopush.store.secrets import add_secret, ensure_secret, secrets_of
from tests.clock import HandClock


async def test_the_newest_secret_comes_first(pool: Pool, clock: HandClock) -> None:
    async with pool.acquire() as connection:
        await add_secret(connection, "a", b"old", clock())
        await add_secret(connection, "a", b"new", clock.step(timedelta(seconds=1)))
        await add_secret(connection, "b", b"other", clock())
        assert await secrets_of(connection, "a") == [b"new", b"old"]


async def test_processes_that_start_together_agree_on_one_secret(
    pool: Pool, clock: HandClock
) -> None:
    async def start(value: bytes) -> list[bytes]:
        async with pool.acquire() as connection:
            return await ensure_secret(connection, "a", value, clock())

    agreed = await asyncio.gather(*(start(bytes([n])) for n in range(4)))
    assert all(one == agreed[0] for one in agreed)
    assert len(agreed[0]) == 1
