"""The weather turns while people are inside: the right ones are told, once."""

from tests.faults.edge import run


async def test_exactly_those_who_may_be_told_are_told_once_while_pings_go_on() -> None:
    report = await run(250, phones=3)
    assert report.wrong == []
    assert (report.told, report.arrived) == (150, 150)
    assert report.withheld == {"no_consent": 25, "topic_not_chosen": 25, "capped": 25}
    assert report.not_seen_lately == 25
    assert report.pings_during > 0
