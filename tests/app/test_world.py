"""The policy of the deployment is read at the start, and stops it if it is wrong."""

import pytest

from geopush.app.world import world_of
from geopush.errors import SettingsError
from geopush.flows.refresh import Refresh
from geopush.settings import Settings
from geopush.store.pool import Pool


def test_a_policy_that_cannot_be_read_stops_the_start(pool: Pool) -> None:
    with pytest.raises(SettingsError, match=r"GEOPUSH_POLICY: \$\.promos"):
        world_of(Settings(policy='{"promos": {}}'), Refresh(pool), [b"key"])


def test_a_policy_is_in_force_for_all_that_is_decided(pool: Pool) -> None:
    settings = Settings(policy='{"promo": {}}')
    world = world_of(settings, Refresh(pool), [b"newer", b"first"])()
    assert list(world.policy) == ["promo"]
    assert world.experiment_key == b"first"
