"""What was answered 2xx survives kill -9, of the service and of its Postgres."""

import pytest

from tests.faults.campaign import run


@pytest.mark.parametrize("victim", ["service", "postgres"])
async def test_nothing_acknowledged_is_lost_and_nothing_arrives_twice(
    victim: str,
) -> None:
    report = await run(2.0, victim, phones=12)
    assert report.wrong == []
    assert report.times_turned_away > 0
    assert report.decided >= 12
    assert report.transitions == 2 * report.decided
