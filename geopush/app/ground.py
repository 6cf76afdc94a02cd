"""What all parts of the service stand on: the database, the catalog, time, secrets."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from geopush.app.world import world_of
from geopush.clock import Clock, mint_secret
from geopush.core.occasion import World
from geopush.core.token import TokenRing
from geopush.flows.refresh import Refresh
from geopush.metrics import Metrics
from geopush.settings import Settings
from geopush.store.pool import Pool, open_pool
from geopush.store.secrets import ensure_secret
from geopush.store.suppressions import Suppressions


@dataclass(frozen=True)
class Ground:
    """What is there before anything is taken in or sent."""

    settings: Settings
    clock: Clock
    pool: Pool
    refresh: Refresh
    world: Callable[[], World]
    metrics: Metrics
    tokens: TokenRing
    suppressions: Suppressions
    identities: Mapping[str, Sequence[bytes]]


async def open_ground(
    stack: AsyncExitStack, settings: Settings, clock: Clock, dsn: str
) -> Ground:
    """Connect to the database, and load what is held in memory."""
    pool = await open_pool(dsn, size=settings.pool_size)
    stack.push_async_callback(pool.close)
    refresh = Refresh(pool, radius_km=settings.weather_radius_km)
    await refresh.run_once()

    async def secrets(name: str) -> list[bytes]:
        async with pool.acquire() as connection:
            fresh = mint_secret().encode()
            return await ensure_secret(connection, name, fresh, clock())

    return Ground(
        settings=settings,
        clock=clock,
        pool=pool,
        refresh=refresh,
        world=world_of(settings, refresh, await secrets("experiment")),
        metrics=_metrics(refresh),
        tokens=TokenRing(await secrets("token")),
        suppressions=Suppressions(await secrets("suppression")),
        identities={
            app: await secrets(f"identity:{app}") for app in settings.app_names
        },
    )


def _metrics(refresh: Refresh) -> Metrics:
    metrics = Metrics()
    metrics.revision.set_function(lambda: refresh.revision)
    return metrics
