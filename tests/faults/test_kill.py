"""What was answered 2xx survives kill -9, of the service and of its Postgres."""

import pytest

from tests.faults.campaign import Plan, run, table


@pytest.mark.parametrize("kills", [{"kills": 1}, {"postgres_kills": 1}], ids=str)
async def test_nothing_acknowledged_is_lost_and_what_was_promised_arrives(
    kills: dict[str, int],
) -> None:
    none = {"kills": 0, "postgres_kills": 0}
    slow = Plan(**none | kills, decisions=120, phones=12, together=1, latency=300)
    report = await run(slow)
    assert report.books.wrong == [], table(report)
    assert report.turned_away > 0
    assert all(one.decided > 0 for one in report.books.promised.values())
