"""What was answered 2xx survives kill -9 of all there is, and arrives as promised."""

from msgspec.structs import replace

from tests.faults.campaign import Plan, Report, run, table

NOBODY = Plan(kills=0, postgres_kills=0, freezes=0)
SLOW = replace(NOBODY, decisions=60, phones=12, together=1, latency=300)


async def test_one_process_that_is_killed_with_its_database_loses_nothing() -> None:
    plan = replace(SLOW, workers=0, kills=1, postgres_kills=1)
    report = await run(plan)
    assert_well(report)
    assert report.turned_away > 0


async def test_a_door_and_a_worker_that_are_killed_lose_nothing() -> None:
    report = await run(replace(SLOW, workers=2, kills=2))
    assert_well(report)
    assert {one.victim for one in report.strikes} == {"api", "deliver-1"}


def assert_well(report: Report) -> None:
    """Nothing is wrong, and there was something to go wrong."""
    assert report.books.wrong == [], table(report)
    assert all(one.decided > 0 for one in report.books.promised.values())
