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
from geopush.api.parts import Parts
from geopush.api.routes import ROUTES
from geopush.app.database import Database, database_check, open_database
from geopush.app.door import open_door
from geopush.app.kernel import speed_up
from geopush.app.knobs import knobs_of, lease_of, rules_of
from geopush.app.webhooks import open_webhooks
from geopush.app.world import latest_of, world_of
from geopush.clock import Clock, mint_id, mint_secret, utc_now
from geopush.core.occasion import World
from geopush.core.token import TokenRing
from geopush.flows.arrivals import Arrivals
from geopush.flows.contacts import Contacts
from geopush.flows.deciding import Deciding
from geopush.flows.defer import Defer
from geopush.flows.deliver import Deliver, Gateways
from geopush.flows.dwell import Dwell
from geopush.flows.ingest import Ingest
from geopush.flows.lane import Means
from geopush.flows.letters import Letters
from geopush.flows.loops import Loop, Loops
from geopush.flows.profile import Profiles
from geopush.flows.publish import Publish
from geopush.flows.receipts import Receipts
from geopush.flows.recheck import Recheck
from geopush.flows.refresh import Refresh
from geopush.flows.register import Register
from geopush.flows.suppress import Suppress
from geopush.metrics import Metrics
from geopush.settings import Settings
from geopush.store.pool import Pool, open_pool
from geopush.store.secrets import ensure_secret
from geopush.store.suppressions import Suppressions


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
        pool = await open_pool(dsn, size=settings.pool_size)
        stack.push_async_callback(pool.close)
        refresh = Refresh(pool, radius_km=settings.weather_radius_km)
        await refresh.run_once()
        metrics = _metrics(refresh)
        _beside(stack, refresh.run(dsn))
        tokens = TokenRing(await _secrets(pool, "token", clock))
        suppressions = Suppressions(await _secrets(pool, "suppression", clock))
        world = world_of(settings, refresh, await _secrets(pool, "experiment", clock))
        latest, lease = latest_of(world, refresh), lease_of(settings)
        deliver = Deliver(
            Means(pool, latest, clock, metrics, tokens, lease),
            _gateways(settings, clock, stack),
        )
        deciding = Deciding(world, clock, metrics, deliver.wake)
        ingest = Ingest(pool, world, clock, metrics, deliver.wake)
        _begin(
            stack,
            role,
            deliver,
            Loops(
                dsn,
                _loops(pool, world, deciding, clock)
                | _webhooks(stack, settings, pool, clock, metrics),
                lambda: ingest.is_busy,
            ),
        )
        _speed_up(stack, role, settings, refresh, metrics)
        stack.push_async_callback(ingest.drain)
        identities = {
            app: await _secrets(pool, f"identity:{app}", clock)
            for app in settings.app_names
        }
        door, quotas = open_door(settings, tokens, refresh, ingest, metrics, clock)
        parts = Parts(
            clock=clock,
            pool=pool,
            refresh=refresh,
            world=world,
            publish=Publish(pool, refresh, clock),
            register=Register(
                pool,
                suppressions,
                tokens,
                rules_of(settings, identities),
                clock,
                mint_id,
            ),
            profiles=Profiles(pool, suppressions, clock),
            suppress=Suppress(pool, suppressions, clock),
            contacts=Contacts(pool, clock),
            arrivals=Arrivals(pool, suppressions, clock),
            letters=Letters(pool, lambda: refresh.catalog, clock),
            receipts=Receipts(pool, lambda: refresh.catalog, deciding, clock),
            pings=door,
            quotas=quotas,
            tokens=tokens,
            knobs=knobs_of(settings),
            checks=_checks(database, refresh, ingest),
            metrics=_measured(deliver, metrics),
            troubles=deliver.troubles,
        )
        if role in (Role.DELIVER, Role.LOOPS):
            front: ASGIApp = build_api(parts, routes=health.ROUTES)
        else:
            front = Front(door, build_api(parts, routes=ROUTES))
        _look_for_garbage()
        yield Running(front, deliver, refresh, pool, identities)


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


def _loops(
    pool: Pool, world: Callable[[], World], deciding: Deciding, clock: Clock
) -> dict[str, Loop]:
    """What happens without a ping, in one process at a time."""
    return {
        "dwell": Dwell(pool, deciding, clock).run_once,
        "defer": Defer(pool, deciding, clock).run_once,
        "recheck": Recheck(pool, world, deciding, clock).run_once,
    }


def _webhooks(
    stack: AsyncExitStack,
    settings: Settings,
    pool: Pool,
    clock: Clock,
    metrics: Metrics,
) -> dict[str, Loop]:
    private = settings.webhook_private
    webhooks = open_webhooks(stack, pool, clock, metrics, private=private)
    return {"webhooks": webhooks.run_once}


def _begin(stack: AsyncExitStack, role: Role, deliver: Deliver, loops: Loops) -> None:
    """Run beside us what belongs to the role."""
    if role in (Role.ALL, Role.DELIVER):
        _beside(stack, deliver.run(), deliver.stop)
    if role in (Role.ALL, Role.LOOPS):
        _beside(stack, loops.run(), loops.stop)


def _speed_up(
    stack: AsyncExitStack,
    role: Role,
    settings: Settings,
    refresh: Refresh,
    metrics: Metrics,
) -> None:
    """Where pings are matched, match them faster as soon as that can be."""
    if settings.compiled and role in (Role.ALL, Role.API):
        _beside(stack, speed_up(refresh, metrics, settings.kernels))


def _gateways(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Gateways:
    """The gateways, whose libraries take long to load, if there are any."""
    named = settings.apns_key, settings.apns_certificate, settings.fcm_service_account
    if not any(named):
        return {}
    module = import_module("geopush.app.gateways")
    gateways: Gateways = module.open_gateways(settings, clock, stack)
    return gateways


def _metrics(refresh: Refresh) -> Metrics:
    (metrics := Metrics()).revision.set_function(lambda: refresh.revision)
    return metrics


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


async def _secrets(pool: Pool, name: str, clock: Clock) -> list[bytes]:
    async with pool.acquire() as connection:
        return await ensure_secret(connection, name, mint_secret().encode(), clock())


def _checks(
    database: Database, refresh: Refresh, ingest: Ingest
) -> dict[str, Callable[[], str | None]]:
    return {
        "database": database_check(database),
        "catalog": refresh.trouble,
        "ingest": ingest.trouble,
    }


def _measured(deliver: Deliver, metrics: Metrics) -> Callable[[], bytes]:
    def render() -> bytes:
        deliver.measure()
        return metrics.render()

    return render


def _note(text: str) -> None:
    log.info("database.note", text=text)
