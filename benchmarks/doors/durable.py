"""The door with its database: by our ingest, or with a transaction a request."""

import asyncio
from typing import Any

import msgspec

from benchmarks.doors.echo import build as build_echo
from benchmarks.doors.front import endless, speakers
from benchmarks.kernel import load
from benchmarks.walkers import make_world
from geopush.api.front import Front
from geopush.api.ping_door import PingDoor
from geopush.clock import utc_now
from geopush.core.change import Answer, Upload
from geopush.core.evaluate import evaluate
from geopush.core.occasion import World
from geopush.flows.ingest import Ingest
from geopush.metrics import Metrics
from geopush.store import presences
from geopush.store.pool import Pool, open_pool


class Argument(msgspec.Struct):
    """Which database, how many zones, and whether each request is a transaction."""

    dsn: str
    zones: int
    each: bool


class Each:
    """Does what ingest does, with a transaction for each request."""

    def __init__(self, pool: Pool, world: World) -> None:
        self._pool = pool
        self._world = world

    async def take(self, upload: Upload) -> Answer:
        """Read, decide and write; again if another request was faster."""
        async with self._pool.acquire() as connection:
            while True:
                known = await presences.load(connection, [upload.customer])
                evaluation = evaluate([upload], known, self._world, utc_now())
                won = await presences.commit(connection, evaluation.changes)
                if len(won) == len(evaluation.changes):
                    return evaluation.answers[0]


async def build(argument: str) -> Any:
    """Return the front over this database."""
    asked = msgspec.json.decode(argument, type=Argument)
    pool = await open_pool(asked.dsn)
    world = await asyncio.to_thread(make_world, asked.zones, load())
    ours = Ingest(pool, lambda: world, utc_now, Metrics(), lambda: None)
    taking = Each(pool, world) if asked.each else ours
    return Front(PingDoor(speakers(), taking, utc_now, endless()), build_echo(""))
