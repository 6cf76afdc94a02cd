"""Told to stop, the service answers what is under way, and only then ends."""

import asyncio
import signal
import socket
from pathlib import Path

import httpx
import pytest

from geopush.clock import utc_now
from geopush.core.access import Role
from geopush.core.known import read_state
from geopush.flows.keys import KeyAsked, create_key
from geopush.store.pool import Pool
from tests.cli.served import PATIENCE, Served, serving
from tests.faults.walkers import Walker, register, until_known

STATES = "SELECT state FROM customer WHERE alias_of IS NULL"
WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE NOT granted AND datname = current_database()
"""
pytestmark = pytest.mark.slow


async def phone(pool: Pool, served: Served) -> Walker:
    """A phone that is known to the service."""
    asked = KeyAsked(role=Role.OPERATOR, name="operator")
    made = await create_key(pool, asked, now=utc_now())
    headers = {"Authorization": f"Bearer {made.key}"}
    walker = Walker(1, utc_now())
    async with httpx.AsyncClient(base_url=served.url, headers=headers) as client:
        await until_known(client)
        walker.token = await register(client, walker)
    return walker


async def post(served: Served, walker: Walker) -> httpx.Response:
    async with httpx.AsyncClient(base_url=served.url, timeout=PATIENCE) as client:
        headers = {"Authorization": f"Bearer {walker.token}"}
        return await client.post("/v1/pings", headers=headers, json=walker.ping())


async def until_it_waits(pool: Pool) -> None:
    """Wait until somebody waits for a lock here."""
    async with asyncio.timeout(PATIENCE):
        while not await pool.fetchval(WAITING):
            pass


async def until_nobody_listens(served: Served) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", served.port)) != 0:
                    return
            await asyncio.sleep(0)


async def recorded(pool: Pool, walker: Walker) -> bool:
    """Whether any ping of a phone is in the database."""
    states = [read_state(one["state"]) for one in await pool.fetch(STATES)]
    return any(
        (where := state.devices.get(walker.device_id)) is not None
        and where.recorded_at is not None
        for state in states
    )


async def test_a_ping_that_is_under_way_is_answered_and_kept(
    pool: Pool, database_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path, GEOPUSH_DATABASE_URL=database_url) as served:
        walker = await phone(pool, served)
        async with pool.acquire() as other, other.transaction():
            await other.execute("LOCK TABLE customer IN SHARE MODE")
            answer = asyncio.create_task(post(served, walker))
            await until_it_waits(pool)
            served.process.send_signal(signal.SIGTERM)
            await until_nobody_listens(served)
        status = (await answer).status_code
        # On a machine that is too slow for its patience it is told to come back.
        assert status in (202, 503)
        assert status == 503 or await recorded(pool, walker)
        assert await asyncio.to_thread(served.process.wait, PATIENCE) == 0
