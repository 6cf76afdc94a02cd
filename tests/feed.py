"""The feed in tests: whoever else uses the server may hold it up for a moment."""

import asyncio

from geopush.store.feed import edge
from geopush.store.pool import Connection
from tests.waiting import PATIENCE


async def let_settle(connection: Connection) -> None:
    """Return once everything that is committed now may be told."""
    now = await connection.fetchval("SELECT pg_current_xact_id()::text::bigint")
    async with asyncio.timeout(PATIENCE):
        while (await edge(connection)).xact <= now:
            pass  # each look is a round trip
