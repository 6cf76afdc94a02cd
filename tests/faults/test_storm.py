"""Gateways that storm lose nothing, double nothing, and are left alone meanwhile."""

from datetime import timedelta
from pathlib import Path

import pytest

from geopush.store.pool import Pool
from tests.faults.storm import Scale, weather
from tests.faults.weathers import STORMS, Storm

SHORT = Scale(step=timedelta(seconds=30))


@pytest.mark.parametrize("storm", STORMS, ids=lambda storm: storm.name)
async def test_after_a_storm_the_books_balance_and_all_is_well_again(
    storm: Storm, pool: Pool, tmp_path: Path
) -> None:
    done = await weather(storm, pool, tmp_path, SHORT)
    assert done.wrong == []
    assert done.decided > 0
