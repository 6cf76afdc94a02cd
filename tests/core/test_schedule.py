"""Schedules and quiet hours: wall clocks, midnight, and clocks that change."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geopush.core.schedule import (
    Day,
    QuietHours,
    Schedule,
    check_hours,
    check_schedule,
    is_quiet,
    quiet_until,
    runs_at,
)
from zones import Problem

AMSTERDAM = "Europe/Amsterdam"
NEW_YORK = "America/New_York"


def schedule(**fields: object) -> Schedule:
    names = {"from_": "from"}
    raw = {names.get(name, name): value for name, value in fields.items()}
    return msgspec.convert(raw, Schedule)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def runs(one: Schedule, at: str, *, zone: str = "UTC", customer: str = "UTC") -> bool:
    return runs_at(one, utc(at), zone, customer)


@pytest.mark.parametrize(
    ("fields", "at", "answer"),
    [
        ({}, "2026-05-01 12:00", True),
        ({"from_": "2026-05-01"}, "2026-04-30 23:59", False),
        ({"from_": "2026-05-01"}, "2026-05-01 00:00", True),
        ({"to": "2026-05-31"}, "2026-05-31 23:59", True),
        ({"to": "2026-05-31"}, "2026-06-01 00:00", False),
        ({"days": ["fri"]}, "2026-05-01 12:00", True),
        ({"days": ["sat"]}, "2026-05-01 12:00", False),
        ({"between": ["11:00", "21:00"]}, "2026-05-01 10:59", False),
        ({"between": ["11:00", "21:00"]}, "2026-05-01 11:00", True),
        ({"between": ["11:00", "21:00"]}, "2026-05-01 20:59", True),
        ({"between": ["11:00", "21:00"]}, "2026-05-01 21:00", False),
        ({"between": ["18:00", "24:00"]}, "2026-05-01 23:59", True),
        ({"between": ["18:00", "24:00"]}, "2026-05-02 00:00", False),
        ({"between": ["00:00", "24:00"]}, "2026-05-02 00:00", True),
    ],
)
def test_a_schedule_runs_on_its_dates_days_and_hours(
    fields: dict[str, object], at: str, answer: bool
) -> None:
    assert runs(schedule(**fields), at) is answer


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("2026-05-01 21:59", False),  # Friday evening
        ("2026-05-01 22:00", True),
        ("2026-05-02 01:59", True),  # Saturday, still the Friday night
        ("2026-05-02 02:00", False),
        ("2026-05-02 23:00", False),  # Saturday night is not among the days
        ("2026-05-01 01:00", False),  # the night of Thursday
        ("2026-05-30 01:00", True),  # the night of Friday the 29th, the last date
        ("2026-05-29 23:00", True),
    ],
)
def test_a_night_belongs_to_the_day_it_began_on(at: str, answer: bool) -> None:
    nights = schedule(
        from_="2026-05-01", to="2026-05-29", days=["fri"], between=["22:00", "02:00"]
    )
    assert runs(nights, at) is answer


@pytest.mark.parametrize(
    ("timezone", "answer"),
    [("zone", True), ("customer", False), (NEW_YORK, False), ("UTC", False)],
)
def test_hours_are_those_of_the_time_zone_that_was_named(
    timezone: str, answer: bool
) -> None:
    lunch = schedule(between=["12:00", "14:00"], timezone=timezone)
    assert runs(lunch, "2026-05-01 10:30", zone=AMSTERDAM, customer=NEW_YORK) is answer


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("2026-03-28 08:30", False),  # 09:30 winter time
        ("2026-03-28 09:30", True),  # 10:30 winter time
        ("2026-03-29 08:30", True),  # 10:30 summer time, an hour earlier in UTC
        ("2026-03-29 09:30", False),
        ("2026-10-24 08:30", True),  # 10:30 summer time
        ("2026-10-25 08:30", False),  # 09:30 winter time
        ("2026-10-25 09:30", True),
    ],
)
def test_hours_stay_where_they_are_on_the_wall_when_clocks_change(
    at: str, answer: bool
) -> None:
    coffee = schedule(between=["10:00", "11:00"])
    assert runs(coffee, at, zone=AMSTERDAM) is answer


def minutes_of(window: tuple[str, str], day: str) -> int:
    """Count the quarters of an hour of a UTC day in which a window runs."""
    one = schedule(between=list(window))
    return sum(
        runs(one, f"{day} {hour:02}:{minute:02}", zone=AMSTERDAM)
        for hour in range(24)
        for minute in (0, 15, 30, 45)
    )


def test_an_hour_that_is_skipped_has_no_window_and_one_that_repeats_has_two() -> None:
    assert minutes_of(("02:00", "03:00"), "2026-03-28") == 4
    assert minutes_of(("02:00", "03:00"), "2026-03-29") == 0
    assert minutes_of(("02:00", "03:00"), "2026-10-25") == 8


def test_a_day_of_the_calendar_is_that_of_the_time_zone() -> None:
    friday = schedule(days=["fri"], from_="2026-05-01", to="2026-05-01")
    assert runs(friday, "2026-04-30 23:00", zone=AMSTERDAM)
    assert not runs(friday, "2026-05-01 22:30", zone=AMSTERDAM)


def test_with_a_time_zone_nobody_knows_nothing_runs_and_all_is_quiet() -> None:
    assert not runs(schedule(), "2026-05-01 12:00", zone="Mars/Olympus")
    night = QuietHours("22:00", "08:00")
    assert is_quiet(night, utc("2026-05-01 12:00"), "Mars/Olympus")


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("2026-05-01 19:59", False),
        ("2026-05-01 20:00", True),  # 22:00 in Amsterdam
        ("2026-05-02 05:59", True),
        ("2026-05-02 06:00", False),
    ],
)
def test_quiet_hours_pass_midnight_in_the_customers_time_zone(
    at: str, answer: bool
) -> None:
    assert is_quiet(QuietHours("22:00", "08:00"), utc(at), AMSTERDAM) is answer


def test_quiet_hours_of_some_days_leave_the_others_alone() -> None:
    weekend = msgspec.convert(
        {"from": "22:00", "to": "10:00", "days": ["fri", "sat"]}, QuietHours
    )
    assert is_quiet(weekend, utc("2026-05-03 09:00"), "UTC")  # Sunday, Saturday's night
    assert not is_quiet(weekend, utc("2026-05-03 23:00"), "UTC")


@pytest.mark.parametrize(
    ("hours", "now", "over"),
    [
        (("22:00", "08:00"), "2026-07-04 21:00", "2026-07-05 06:00"),
        (("22:00", "08:00"), "2026-07-04 12:00", "2026-07-04 12:00"),
        (("13:00", "15:30"), "2026-07-04 11:30", "2026-07-04 13:30"),
        # The clock is set forward in the night, from 02:00 to 03:00, at 01:00 UTC.
        (("22:00", "08:00"), "2026-03-28 22:00", "2026-03-29 06:00"),
        (("22:00", "02:30"), "2026-03-29 00:30", "2026-03-29 01:00"),
        # And back, from 03:00 to 02:00, at 01:00 UTC: half past two comes twice.
        (("22:00", "08:00"), "2026-10-24 21:00", "2026-10-25 07:00"),
        (("22:00", "02:30"), "2026-10-24 23:30", "2026-10-25 00:30"),
        (("22:00", "02:30"), "2026-10-25 01:10", "2026-10-25 01:30"),
    ],
)
def test_quiet_hours_end_when_the_clock_on_the_wall_says_so(
    hours: tuple[str, str], now: str, over: str
) -> None:
    assert quiet_until(QuietHours(*hours), utc(now), AMSTERDAM) == utc(over)


def test_days_of_quiet_that_follow_on_one_another_end_once() -> None:
    weekend = QuietHours("00:00", "24:00", (Day.SAT, Day.SUN))
    monday = utc("2026-07-05 22:00")
    assert quiet_until(weekend, utc("2026-07-04 12:00"), AMSTERDAM) == monday


def test_quiet_that_never_ends_has_no_end() -> None:
    always = QuietHours("00:00", "24:00")
    assert quiet_until(always, utc("2026-07-04 12:00"), AMSTERDAM) is None
    nights = QuietHours("22:00", "08:00")
    assert quiet_until(nights, utc("2026-07-04 12:00"), "Mars/Olympus") is None


CLOCK_TIMES = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")


@given(
    hours=st.tuples(CLOCK_TIMES, CLOCK_TIMES).filter(lambda both: both[0] != both[1]),
    quarters=st.integers(0, 4 * 24 * 3),
    night=st.sampled_from(["2026-03-28 00:00", "2026-10-24 00:00"]),
    tz=st.sampled_from([AMSTERDAM, "America/New_York", "Australia/Lord_Howe"]),
)
def test_all_is_quiet_until_quiet_hours_end_and_not_then(
    hours: tuple[str, str], quarters: int, night: str, tz: str
) -> None:
    quiet = QuietHours(*hours)
    now = utc(night) + timedelta(minutes=15 * quarters)
    over = quiet_until(quiet, now, tz)
    assert over is not None
    assert not is_quiet(quiet, over, tz)
    while now < over:
        assert is_quiet(quiet, now, tz)
        now += timedelta(minutes=15)


@pytest.mark.parametrize(
    ("fields", "path", "code"),
    [
        ({"timezone": "Europe/Amsterdm"}, "$.timezone", "unknown_timezone"),
        ({"timezone": "../etc/passwd"}, "$.timezone", "unknown_timezone"),
        ({"timezone": ""}, "$.timezone", "unknown_timezone"),
        ({"from_": "2026-05-02", "to": "2026-05-01"}, "$.to", "dates_reversed"),
        ({"between": ["11:00", "11:00"]}, "$.between", "empty_hours"),
        ({"between": ["24:00", "11:00"]}, "$.between", "empty_hours"),
    ],
)
def test_an_impossible_schedule_is_told(
    fields: dict[str, object], path: str, code: str
) -> None:
    problems: list[Problem] = []
    check_schedule(schedule(**fields), "$", problems)
    assert [(one.path, one.code) for one in problems] == [(path, code)]


def test_a_possible_schedule_has_no_problems() -> None:
    problems: list[Problem] = []
    one = schedule(from_="2026-05-01", to="2026-05-01", timezone=AMSTERDAM)
    check_schedule(one, "$", problems)
    check_hours(("22:00", "02:00"), "$", problems)
    assert problems == []


@pytest.mark.parametrize(
    "raw",
    [
        {"between": ["25:00", "26:00"]},
        {"between": ["9:00", "10:00"]},
        {"between": ["09:00\n", "10:00"]},
        {"between": ["09:00"]},
        {"days": []},
        {"days": ["friday"]},
        {"hours": []},
    ],
)
def test_what_is_no_schedule_does_not_read(raw: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(raw, Schedule)
