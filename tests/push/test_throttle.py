"""How fast a gateway may go, and when it is left alone."""

from datetime import timedelta

import pytest

from geopush.core.message import (
    Accepted,
    AddressDead,
    AddressSuspect,
    AuthFailed,
    Objection,
    Outcome,
    Rejected,
    State,
    Throttled,
    Transient,
)
from geopush.push.throttle import Pace, Throttle

DOWN = Transient("unavailable", ambiguous=False)
TOO_MUCH = Throttled("quota", scope="project")
PACE = Pace(first=8, most=64, failures=4, first_rest=1, longest_rest=4, pause=60)


def hear(throttle: Throttle, outcome: Outcome, now: float, count: int = 1) -> None:
    """Have so many messages in flight end at once."""
    for _ in range(count):
        throttle.begin()
    for _ in range(count):
        throttle.end(outcome, now)


def test_what_is_in_flight_takes_up_room() -> None:
    throttle = Throttle(PACE)
    throttle.begin()
    assert throttle.room(0) == 7
    throttle.end(Accepted(), 0)
    assert throttle.room(0) == 8


def test_a_gateway_that_is_well_is_given_more_up_to_the_most() -> None:
    throttle = Throttle(PACE)
    for second in range(20):
        hear(throttle, Accepted(), second, count=throttle.room(second))
    assert throttle.limit == 64


def test_more_is_allowed_only_where_what_is_allowed_is_used() -> None:
    throttle = Throttle(PACE)
    for second in range(100):
        hear(throttle, Accepted(), second)
    assert throttle.limit == 8


def test_too_much_halves_once_for_all_answers_of_one_moment() -> None:
    throttle = Throttle(PACE)
    hear(throttle, TOO_MUCH, 0, count=8)
    assert throttle.limit == 4
    hear(throttle, TOO_MUCH, 2, count=4)
    assert throttle.limit == 2


def test_after_a_halving_the_pace_grows_slowly() -> None:
    throttle = Throttle(PACE)
    hear(throttle, TOO_MUCH, 0, count=8)
    hear(throttle, Accepted(), 5, count=4)
    assert throttle.limit == 4
    for second in range(6, 12):
        hear(throttle, Accepted(), second, count=throttle.room(second))
    assert 5 <= throttle.limit <= 12


def test_the_pace_never_comes_to_nothing() -> None:
    throttle = Throttle(PACE)
    for second in range(0, 100, 2):
        hear(throttle, TOO_MUCH, second)
    assert throttle.room(100) == 1


def test_a_gateway_that_asks_for_time_gets_it() -> None:
    throttle = Throttle(PACE)
    asked = Throttled("quota", scope="project", retry_after=timedelta(seconds=30))
    hear(throttle, asked, 0)
    assert [throttle.room(29.0), throttle.room(30.0)] == [0, 1]
    assert throttle.trouble(0) == "paused: quota"


@pytest.mark.parametrize(
    "outcome",
    [
        Accepted(),
        AddressDead("unregistered"),
        AddressSuspect("bad_device_token"),
        Rejected("bad_topic"),
        Throttled("too_many_requests", scope="device"),
        Objection(State.WITHDRAWN, "no_consent"),
    ],
)
def test_what_is_wrong_with_one_message_opens_no_breaker(outcome: Outcome) -> None:
    throttle = Throttle(PACE)
    hear(throttle, outcome, 0, count=200)
    assert throttle.room(0) >= 8


def test_too_much_of_all_slows_us_down_and_opens_no_breaker() -> None:
    throttle = Throttle(PACE)
    hear(throttle, Throttled("quota_exceeded", scope="project"), 0, count=200)
    assert throttle.room(0) > 0
    assert throttle.trouble(0) is None


@pytest.mark.parametrize(
    "outcome",
    [
        Transient("unavailable", ambiguous=False),
        Transient("connection_lost", ambiguous=True),
        Transient("unreachable", ambiguous=False, detail="whoever it is"),
    ],
)
def test_failures_of_the_line_and_of_the_gateway_open_it(outcome: Transient) -> None:
    throttle = Throttle(PACE)
    hear(throttle, outcome, 0, count=4)
    assert throttle.room(0) == 0
    shown = f" ({outcome.detail})" if outcome.detail else ""
    assert throttle.trouble(0) == f"paused: {outcome.reason}{shown}"


def test_a_gateway_that_fails_is_left_alone_and_then_tried_with_one_message() -> None:
    throttle = Throttle(PACE)
    hear(throttle, DOWN, 0, count=4)
    assert throttle.trouble(0) == "paused: unavailable"
    assert [throttle.room(0.0), throttle.room(0.9), throttle.room(1.0)] == [0, 0, 1]
    throttle.begin()
    assert throttle.room(1.0) == 0


def test_a_probe_that_works_opens_the_way_again() -> None:
    throttle = Throttle(PACE)
    hear(throttle, DOWN, 0, count=4)
    hear(throttle, Accepted(), 1)
    assert throttle.trouble(1) is None
    assert throttle.room(1) == 4


def test_a_probe_that_fails_doubles_the_rest_up_to_the_longest() -> None:
    throttle = Throttle(PACE)
    hear(throttle, DOWN, 0, count=4)
    at, rests = 1.0, []
    for _ in range(4):
        hear(throttle, DOWN, at)
        began = at
        while throttle.room(at) == 0:
            at += 0.5
        rests.append(at - began)
    assert rests == [2, 4, 4, 4]


def test_an_answer_that_was_on_its_way_before_a_rest_ends_it_not() -> None:
    throttle = Throttle(PACE)
    throttle.begin()
    hear(throttle, DOWN, 0, count=4)
    throttle.end(Accepted(), 0.5)
    assert throttle.room(0.5) == 0


def test_some_failures_among_many_answers_open_no_breaker() -> None:
    throttle = Throttle(PACE)
    for tenth in range(300):
        hear(throttle, DOWN if tenth % 3 == 0 else Accepted(), tenth / 10)
    assert throttle.trouble(30) is None


def test_failures_of_long_ago_are_forgotten() -> None:
    throttle = Throttle(PACE)
    hear(throttle, DOWN, 0, count=3)
    hear(throttle, DOWN, 60, count=3)
    assert throttle.trouble(60) is None


def test_a_gateway_that_does_not_know_us_is_asked_once_a_pause() -> None:
    throttle = Throttle(PACE)
    hear(throttle, AuthFailed("invalid_provider_token"), 0)
    assert throttle.trouble(0) == "paused: invalid_provider_token"
    assert [throttle.room(59.0), throttle.room(60.0)] == [0, 1]
    hear(throttle, AuthFailed("invalid_provider_token"), 60)
    assert throttle.room(119.0) == 0
    hear(throttle, Accepted(), 120)
    assert throttle.trouble(120) is None


def test_many_refused_addresses_in_a_minute_raise_an_alarm() -> None:
    throttle = Throttle(PACE)
    hear(throttle, Accepted(), 0, count=20)
    hear(throttle, AddressSuspect("bad_device_token"), 10, count=5)
    assert not throttle.suspects_us(10)
    hear(throttle, AddressSuspect("bad_device_token"), 20)
    assert throttle.suspects_us(20)
    assert "refused" in (throttle.trouble(20) or "")
    assert not throttle.suspects_us(90)


def test_a_few_refused_addresses_alone_are_no_alarm() -> None:
    throttle = Throttle(PACE)
    hear(throttle, AddressSuspect("bad_device_token"), 0, count=4)
    assert not throttle.suspects_us(0)
