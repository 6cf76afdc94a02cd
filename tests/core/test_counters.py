"""What conditions may ask of the clock, and of what a customer was sent lately."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from geopush.core.cap import Tally
from geopush.core.decision import Reason
from geopush.core.known import Known, State
from tests.core.world import (
    NOON,
    a_customer,
    a_world,
    a_zone,
    an_offer,
    ping,
    run,
    the_change,
    upload,
)


def reason(
    asked: dict[str, object], known: Known | None = None, **where: object
) -> Reason:
    """What became of an offer with one more condition, at noon of a Saturday, UTC."""
    world = a_world([a_zone(**where)], [an_offer(conditions=asked)])
    change = the_change(run(known or a_customer(), upload(ping(0)), world=world))
    return change.decided[0].reason


def sent(*ago: timedelta, offer_id: str = "other") -> Known:
    """Anna, who was sent something so long ago."""
    tallies = tuple(
        Tally(UUID(int=number), NOON - one, offer_id, "reward", None)
        for number, one in enumerate(ago)
    )
    return replace(a_customer(), state=State(tallies=tallies))


@pytest.mark.parametrize(
    ("asked", "timezone", "expected"),
    [
        ({"time.hour": {"gte": 12, "lt": 13}}, "UTC", Reason.DECIDED),
        ({"time.hour": {"eq": 14}}, "Europe/Amsterdam", Reason.DECIDED),
        ({"time.hour": {"eq": 14}}, "UTC", Reason.CONDITIONS_DIFFER),
        ({"time.weekday": {"in": ["sat", "sun"]}}, "UTC", Reason.DECIDED),
        ({"time.weekday": {"eq": "sun"}}, "Pacific/Kiritimati", Reason.DECIDED),
    ],
)
def test_a_condition_may_ask_what_the_clock_of_the_zone_shows(
    asked: dict[str, object], timezone: str, expected: Reason
) -> None:
    assert datetime.strftime(NOON, "%a %H") == "Sat 12"
    assert reason(asked, timezone=timezone) is expected


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        ({"counters.all_24h": {"lt": 1}}, sent(), Reason.DECIDED),
        ({"counters.all_24h": {"lt": 1}}, sent(HOUR), Reason.CONDITIONS_DIFFER),
        ({"counters.all_24h": {"lt": 1}}, sent(2 * DAY), Reason.DECIDED),
        ({"counters.all_7d": {"eq": 2}}, sent(DAY, 2 * DAY, 9 * DAY), Reason.DECIDED),
        ({"counters.offer_7d": {"gte": 1}}, sent(DAY), Reason.CONDITIONS_DIFFER),
        (
            {"counters.offer_7d": {"gte": 1}},
            sent(2 * DAY, offer_id="ice-cream"),
            Reason.DECIDED,
        ),
        ({"counters.category_7d": {"eq": 0}}, sent(DAY), Reason.DECIDED),
    ],
)
def test_a_condition_may_ask_how_much_was_sent_lately(
    asked: dict[str, object], known: Known, expected: Reason
) -> None:
    assert reason(asked, known) is expected
