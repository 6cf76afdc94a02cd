"""Builds the house: the only room that knows every other.

Read from top to bottom it is the start of the service, and backwards its end.
"""

import asyncio
import gc
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum, auto
from importlib import import_module

from litestar.types import ASGIApp

from geopush import log
from geopush.api import health
from geopush.api.build import build_api
from geopush.api.front import Front
from geopush.api.routes import ROUTES
from geopush.app.database import Database, open_database
from geopush.app.ground import Ground, open_ground
from geopush.app.kernel import speed_up
from geopush.app.knobs import lease_of
from geopush.app.parts import parts_of
from geopush.app.webhooks import open_webhooks
from geopush.app.world import latest_of
from geopush.clock import Clock, utc_now
from geopush.flows.deciding import Deciding
from geopush.flows.defer import Defer
from geopush.flows.deliver import Deliver, Gateways
from geopush.flows.dwell import Dwell
from geopush.flows.ingest import Ingest
from geopush.flows.lane import Means
from geopush.flows.loops import Loop, Loops
from geopush.flows.recheck import Recheck
from geopush.flows.refresh import Refresh
from geopush.settings import Settings
from geopush.store.pool import Pool


class Role(StrEnum):
    """Which part of the service a process is."""

    ALL = auto()
    API = auto()
    DELIVER = auto()
    LOOPS = auto()


@dataclass(frozen=True)
class Running:
    """The service with all its rooms, ready to be served."""

    front: ASGIApp
    deliver: Deliver
    refresh: Refresh
    pool: Pool
    identities: Mapping[str, Sequence[bytes]]


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    role: Role = Role.ALL,
    migrating: bool = False,
    durable: bool = True,
) -> AsyncIterator[Running]:
    """Start the service, hand it over, and end it without losing anything taken.

    Only a database that is thrown away at the end need not be ``durable``.
    Call it from the main thread: the embedded database ends when its starter does.
    """
    async with AsyncExitStack() as stack:
        _keep_garbage(stack)
        database = await open_database(
            settings, stack, migrating=migrating, durable=durable
        )
        dsn = _supervised(stack, database)
        ground = await open_ground(stack, settings, clock, dsn)
        _beside(stack, ground.refresh.run(dsn))
        deliver = _deliver(stack, ground)
        deciding = Deciding(ground.world, clock, ground.metrics, deliver.wake)
        ingest = Ingest(ground.pool, ground.world, clock, ground.metrics, deliver.wake)
        loops = _loops(ground, deciding) | _webhooks(stack, ground)
        _begin(stack, role, deliver, Loops(dsn, loops, lambda: ingest.is_busy))
        _speed_up(stack, role, ground)
        stack.push_async_callback(ingest.drain)
        parts = parts_of(
            ground, database, deliver=deliver, deciding=deciding, ingest=ingest
        )
        if role in (Role.DELIVER, Role.LOOPS):
            front: ASGIApp = build_api(parts, routes=health.ROUTES)
        else:
            front = Front(parts.pings, build_api(parts, routes=ROUTES))
        _look_for_garbage()
        yield Running(front, deliver, ground.refresh, ground.pool, ground.identities)


def _supervised(stack: AsyncExitStack, database: Database) -> str:
    """See to it that the database runs; return how to reach it."""
    if isinstance(database, str):
        return database
    _beside(stack, database.supervise(_note))
    return database.dsn


def _keep_garbage(stack: AsyncExitStack) -> None:
    """Look for none while so much is loaded that is none."""
    gc.disable()
    stack.callback(gc.enable)


def _look_for_garbage() -> None:
    """Look for some from now on, but not among what is there: it stays."""
    gc.freeze()
    gc.enable()


def _deliver(stack: AsyncExitStack, ground: Ground) -> Deliver:
    """What takes messages to the gateways."""
    means = Means(
        pool=ground.pool,
        world=latest_of(ground.world, ground.refresh),
        clock=ground.clock,
        metrics=ground.metrics,
        tokens=ground.tokens,
        lease=lease_of(ground.settings),
    )
    return Deliver(means, _gateways(ground.settings, ground.clock, stack))


def _loops(ground: Ground, deciding: Deciding) -> dict[str, Loop]:
    """What happens without a ping, in one process at a time."""
    pool, clock = ground.pool, ground.clock
    return {
        "dwell": Dwell(pool, deciding, clock).run_once,
        "defer": Defer(pool, deciding, clock).run_once,
        "recheck": Recheck(pool, ground.world, deciding, clock).run_once,
    }


def _webhooks(stack: AsyncExitStack, ground: Ground) -> dict[str, Loop]:
    private = ground.settings.webhook_private
    webhooks = open_webhooks(
        stack, ground.pool, ground.clock, ground.metrics, private=private
    )
    return {"webhooks": webhooks.run_once}


def _begin(stack: AsyncExitStack, role: Role, deliver: Deliver, loops: Loops) -> None:
    """Run beside us what belongs to the role."""
    if role in (Role.ALL, Role.DELIVER):
        _beside(stack, deliver.run(), deliver.stop)
    if role in (Role.ALL, Role.LOOPS):
        _beside(stack, loops.run(), loops.stop)


def _speed_up(stack: AsyncExitStack, role: Role, ground: Ground) -> None:
    """Where pings are matched, match them faster as soon as that can be."""
    settings = ground.settings
    if settings.compiled and role in (Role.ALL, Role.API):
        _beside(stack, speed_up(ground.refresh, ground.metrics, settings.kernels))


def _gateways(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Gateways:
    """The gateways, whose libraries take long to load, if there are any."""
    named = settings.apns_key, settings.apns_certificate, settings.fcm_service_account
    if not any(named):
        return {}
    module = import_module("geopush.app.gateways")
    gateways: Gateways = module.open_gateways(settings, clock, stack)
    return gateways


def _beside(
    stack: AsyncExitStack,
    loop: Coroutine[None, None, None],
    stop: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run a loop beside us until the house is left; then stop it, gently if it can."""
    task = asyncio.create_task(loop)
    task.add_done_callback(_tell)

    async def end() -> None:
        if stop is None:
            task.cancel()
        else:
            await stop()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


def _tell(loop: asyncio.Task[None]) -> None:
    """Write down why a loop ended that should not have."""
    if not loop.cancelled() and (error := loop.exception()) is not None:
        log.failed("loop.ended", error)


def _note(text: str) -> None:
    log.info("database.note", text=text)
