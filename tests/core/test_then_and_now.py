"""What must hold when a ping was recorded and still when it is decided about."""

from datetime import datetime, timedelta

import pytest

from geopush.core.change import NotPermitted
from geopush.core.customer import Consent, Purpose
from geopush.core.decision import Reason
from geopush.core.ping import Refused
from tests.core.world import (
    FAR,
    NOON,
    a_customer,
    a_world,
    after,
    an_offer,
    consents,
    ping,
    run,
    taken,
    the_change,
    upload,
)
from zones import Point

BETWEEN = NOON + timedelta(seconds=30)
NOW = NOON + timedelta(seconds=60)
BESIDE = Point(longitude=4.9, latitude=52.37144)  # 60 m beyond the edge


def answered(granted: bool, at: datetime) -> Consent:
    return Consent(granted=granted, at=at, since=at)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answered(True, NOON), Reason.DECIDED),
        (answered(True, BETWEEN), Reason.NO_CONSENT),
        (answered(False, BETWEEN), Reason.NO_CONSENT),
    ],
)
def test_a_message_needs_a_consent_that_held_then_and_holds_now(
    answer: Consent, reason: Reason
) -> None:
    known = a_customer({**consents(), Purpose.PUSH_MARKETING: answer})
    change = the_change(run(known, upload(ping(0)), now=NOW))
    assert [one.reason for one in change.decided] == [reason]
    assert len(change.messages) == (reason is Reason.DECIDED)


def test_a_place_from_before_the_consent_to_it_is_not_looked_at() -> None:
    known = a_customer({**consents(), Purpose.LOCATION: answered(True, BETWEEN)})
    evaluation = run(known, upload(ping(0), ping(45, FAR)), now=NOW)
    refused = [(one.index, one.reason) for one in taken(evaluation).rejected]
    assert refused == [(0, Refused.LOCATION_NOT_PERMITTED)]
    assert (the_change(evaluation).happened, the_change(evaluation).visits) == ((), ())


def test_a_place_from_before_a_withdrawal_is_not_looked_at_after_it() -> None:
    known = a_customer({**consents(), Purpose.LOCATION: answered(False, BETWEEN)})
    evaluation = run(known, upload(ping(0)), now=NOW)
    assert (evaluation.answers, evaluation.changes) == ((NotPermitted(),), ())


@pytest.mark.parametrize(
    ("most", "age", "reason"),
    [
        (None, 600, Reason.DECIDED),
        (None, 601, Reason.EVENT_TOO_OLD),
        (30, 30, Reason.DECIDED),
        (30, 31, Reason.EVENT_TOO_OLD),
        (3_600, 3_600, Reason.DECIDED),
    ],
)
def test_only_what_is_as_fresh_as_the_offer_asks_is_told(
    most: int | None, age: int, reason: Reason
) -> None:
    asked = {} if most is None else {"max_event_age_seconds": most}
    world = a_world(offers=[an_offer(**asked)])
    evaluation = run(
        a_customer(), upload(ping(0)), world=world, now=NOON + timedelta(seconds=age)
    )
    assert [one.reason for one in the_change(evaluation).decided] == [reason]


@pytest.mark.parametrize(
    ("accuracy", "kinds"), [(5.0, ["exit"]), (0.0, []), (-1.0, []), (None, [])]
)
def test_who_does_not_say_how_accurate_they_are_is_not_taken_to_be_exact(
    accuracy: float | None, kinds: list[str]
) -> None:
    known = a_customer()
    known = after(known, run(known, upload(ping(0))))
    pings = [ping(at, BESIDE, accuracy) for at in (10, 20, 30)]
    told = taken(run(known, upload(*pings), now=NOW)).transitions
    assert [one.kind for one in told] == kinds
