"""A cap holds across processes, two phones of one person, repeats and kill -9."""

from tests.faults.caps import LIMIT, Plan, run


async def test_everybody_gets_what_their_cap_has_room_for_and_no_more() -> None:
    plan = Plan(pings=200, processes=2, customers=10, kills=1, at_once=5)
    report = await run(plan)
    assert report.wrong == []
    assert (report.over, report.missed) == (0, 0)
    assert report.pings_acknowledged == 400
    assert report.decided == 10 * LIMIT
