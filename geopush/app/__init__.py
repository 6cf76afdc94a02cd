"""Builds the house: the only room that knows every other.

Read from top to bottom it is the start of the service, and backwards its end.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum, auto

from geopush import log
from geopush.api import (
    customers,
    decisions,
    devices,
    health,
    keys,
    messages,
    offers,
    pings,
    weather,
)
from geopush.api import zones as zone_routes
from geopush.api.build import build_api
from geopush.api.front import Front
from geopush.api.parts import Knobs, Parts
from geopush.api.pings import PingDoor
from geopush.app.database import database_check, open_database
from geopush.app.gateways import open_gateways
from geopush.clock import Clock, mint_id, mint_secret, utc_now
from geopush.core.fold import House, World
from geopush.core.token import TokenRing
from geopush.flows.deliver import Deliver
from geopush.flows.ingest import Ingest
from geopush.flows.publish import Publish
from geopush.flows.refresh import Refresh
from geopush.metrics import Metrics
from geopush.settings import Settings
from geopush.store.pool import open_pool
from zones import Limits


class Role(StrEnum):
    """Which part of the service a process is."""

    ALL = auto()
    API = auto()
    DELIVER = auto()


@dataclass(frozen=True)
class Running:
    """The service with all its rooms, ready to be served."""

    front: Front
    parts: Parts
    deliver: Deliver
    dsn: str


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    role: Role = Role.ALL,
    durable: bool = True,
    migrating: bool = False,
) -> AsyncIterator[Running]:
    """Start the service, hand it over, and end it without losing anything taken.

    Call it from the main thread: the embedded database ends when its starter does.
    """
    async with AsyncExitStack() as stack:
        database = await _database(settings, stack, durable, migrating)
        dsn = database if isinstance(database, str) else database.dsn
        pool = await open_pool(dsn, size=settings.pool_size)
        stack.push_async_callback(pool.close)
        refresh = Refresh(pool, radius_km=settings.weather_radius_km)
        await refresh.run_once()
        await _start(stack, refresh.run(dsn))
        metrics = Metrics()
        gateways = open_gateways(settings, clock, stack)
        deliver = Deliver(
            pool, gateways, lambda: refresh.catalog, clock, mint_id, metrics
        )
        if role is not Role.API:
            await _start(stack, deliver.run(), deliver.stop)
        house = House(timezone=settings.timezone)
        ingest = Ingest(
            pool,
            lambda: World(refresh.catalog, refresh.weather, house),
            clock,
            metrics,
            deliver.wake,
        )
        stack.push_async_callback(ingest.drain)
        tokens = TokenRing(await token_keys(pool, mint_secret))
        door = PingDoor(tokens, ingest, clock)
        parts = Parts(
            clock=clock,
            mint=mint_id,
            mint_secret=mint_secret,
            pool=pool,
            refresh=refresh,
            publish=Publish(pool, refresh, clock),
            tokens=tokens,
            knobs=_knobs(settings),
            checks={"database": _database_check(database)},
            metrics=lambda: metrics.render(refresh.revision),
            pings=door,
        )
        yield Running(Front(door, build_api(parts, routes=ROUTES)), parts, deliver, dsn)


async def _start(
    stack: AsyncExitStack,
    loop: Coroutine[None, None, None],
    stop: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run a loop beside us until the house is left; then stop it, gently if it can."""
    task = asyncio.create_task(loop)

    async def end() -> None:
        if stop is None:
            task.cancel()
        else:
            await stop()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)
