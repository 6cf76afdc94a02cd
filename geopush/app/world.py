"""The world that everything is decided in, as of the moment of asking."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from geopush.core.occasion import World
from geopush.core.policy import NO_POLICY, Policy, parse_policy
from geopush.errors import SettingsError
from geopush.flows.refresh import Refresh
from geopush.settings import Settings


def world_of(
    settings: Settings, refresh: Refresh, experiment_keys: Sequence[bytes]
) -> Callable[[], World]:
    """What is the same for everybody, as of the moment of asking."""
    policy = _policy(settings)
    return lambda: World(
        catalog=refresh.catalog,
        weather=refresh.weather,
        timezone=settings.timezone,
        dwell_seen=timedelta(seconds=settings.dwell_seen_seconds),
        contact_lock=timedelta(seconds=settings.contact_lock_seconds),
        experiment_key=experiment_keys[-1],  # the first there ever was
        one_within=timedelta(seconds=settings.one_message_seconds),
        policy=policy,
    )


def _policy(settings: Settings) -> Policy:
    """What the deployment asks of all; ``SettingsError`` if that cannot be read."""
    policy = NO_POLICY if settings.policy is None else parse_policy(settings.policy)
    if isinstance(policy, list):
        wrong = "; ".join(f"{one.path} {one.text}" for one in policy)
        raise SettingsError(f"GEOPUSH_POLICY: {wrong}")
    return policy


def latest_of(
    world: Callable[[], World], refresh: Refresh
) -> Callable[[], Awaitable[World]]:
    """The same with every change that is committed by now, by whatever process."""

    async def latest() -> World:
        await refresh.run_once()
        return world()

    return latest
