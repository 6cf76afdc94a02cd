"""What was answered 2xx survives kill -9, of the service and of its Postgres."""

import pytest

from tests.faults.campaign import Plan, run


@pytest.mark.parametrize(
    ("victim", "delivery"),
    [
        ("service", "at_most_once"),
        ("postgres", "at_most_once"),
        ("service", "at_least_once"),
    ],
)
async def test_nothing_acknowledged_is_lost_and_what_was_promised_arrives(
    victim: str, delivery: str
) -> None:
    slow = Plan(2.0, victim, phones=12, delivery=delivery, latency=300)
    report = await run(slow)
    assert report.wrong == []
    assert report.times_turned_away > 0
    assert report.decided >= 12
    assert report.transitions == 2 * report.decided
