"""Caps: what is counted, from when on, and for how long tallies are kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopush.core.cap import (
    DEFAULT_CAPS,
    Cap,
    Scope,
    Tally,
    Unit,
    Window,
    check_window,
    count,
    longest,
)
from zones import Problem

NOW = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)
ROLLING = Window(rolling=timedelta(hours=24))
ABOUT = Tally.about("ice", "promo", "shop")
AMSTERDAM = "Europe/Amsterdam"


def a_tally(
    at: datetime = NOW,
    offer: str = "ice",
    category: str = "promo",
    zone: str | None = "shop",
) -> Tally:
    return Tally(UUID(int=1), at, offer, category, zone)


def counted(
    window: Window,
    at: datetime,
    now: datetime = NOW,
    *,
    customer: str = "UTC",
    zone: str = "UTC",
) -> bool:
    cap = Cap(Scope.ALL, 1, window)
    had = count(cap, [a_tally(at)], ABOUT, now, customer_tz=customer, zone_tz=zone)
    return had == 1


@pytest.mark.parametrize(
    ("scope", "had"),
    [
        (Scope.ALL, 5),
        (Scope.CATEGORY, 4),
        (Scope.OFFER, 3),
        (Scope.OFFER_ZONE, 1),
        (Scope.ZONE, 3),
    ],
)
def test_a_cap_counts_what_is_in_its_scope(scope: Scope, had: int) -> None:
    tallies = [
        a_tally(),
        a_tally(zone="other"),
        a_tally(zone=None),
        a_tally(offer="tea"),
        a_tally(offer="bus", category="service"),
    ]
    cap = Cap(scope, 1, ROLLING)
    assert count(cap, tallies, ABOUT, NOW, customer_tz="UTC", zone_tz="UTC") == had


@pytest.mark.parametrize(
    ("age", "counts"),
    [
        (timedelta(0), True),
        (timedelta(hours=24) - timedelta(microseconds=1), True),
        (timedelta(hours=24), False),
        (timedelta(hours=25), False),
        (timedelta(seconds=-5), True),  # decided by a clock a little ahead
    ],
)
def test_what_is_exactly_as_old_as_a_rolling_window_is_outside(
    age: timedelta, counts: bool
) -> None:
    assert counted(ROLLING, NOW - age) is counts


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("unit", "now", "first"),
    [
        # midnight in Amsterdam is 22:00 UTC in summer and 23:00 in winter
        (Unit.DAY, "2026-07-15 12:00", "2026-07-14 22:00"),
        (Unit.DAY, "2026-07-15 22:30", "2026-07-15 22:00"),
        (Unit.DAY, "2026-01-15 12:00", "2026-01-14 23:00"),
        (Unit.DAY, "2026-03-29 12:00", "2026-03-28 23:00"),  # 23 hours long
        (Unit.DAY, "2026-10-25 12:00", "2026-10-24 22:00"),  # 25 hours long
        (Unit.WEEK, "2026-07-15 12:00", "2026-07-12 22:00"),  # since Monday the 13th
        (Unit.WEEK, "2026-07-13 00:00", "2026-07-12 22:00"),
        (Unit.WEEK, "2026-04-01 12:00", "2026-03-29 22:00"),
        (Unit.MONTH, "2026-07-31 12:00", "2026-06-30 22:00"),
        (Unit.MONTH, "2026-03-31 12:00", "2026-02-28 23:00"),  # over the changed clock
        (Unit.MONTH, "2026-12-31 22:30", "2026-11-30 23:00"),
        (Unit.MONTH, "2026-12-31 23:30", "2026-12-31 23:00"),
    ],
)
def test_a_stretch_of_the_calendar_begins_at_midnight_over_there(
    unit: Unit, now: str, first: str
) -> None:
    window = Window(calendar=unit)
    start = moment(first)
    before = start - timedelta(microseconds=1)
    assert counted(window, start, moment(now), customer=AMSTERDAM)
    assert not counted(window, before, moment(now), customer=AMSTERDAM)


@pytest.mark.parametrize(
    ("tz", "now", "first"),
    [
        # Cairo springs forward at midnight: that day begins at 01:00
        ("Africa/Cairo", "2026-04-24 12:00", "2026-04-23 22:00"),
        # Havana falls back to midnight: 00:00 comes twice, the first one begins the day
        ("America/Havana", "2026-11-01 12:00", "2026-11-01 04:00"),
    ],
)
def test_a_day_begins_once_where_clocks_change_at_midnight(
    tz: str, now: str, first: str
) -> None:
    window = Window(calendar=Unit.DAY)
    before = moment(first) - timedelta(microseconds=1)
    assert counted(window, moment(first), moment(now), customer=tz)
    assert not counted(window, before, moment(now), customer=tz)


def test_a_window_uses_the_time_zone_it_names() -> None:
    at = moment("2026-07-15 02:00")  # still the 14th in New York
    there = "America/New_York"
    by_customer = Window(calendar=Unit.DAY, timezone="customer")
    by_zone = Window(calendar=Unit.DAY, timezone="zone")
    by_name = Window(calendar=Unit.DAY, timezone="America/New_York")
    assert counted(by_customer, at, customer=AMSTERDAM, zone=there)
    assert not counted(by_zone, at, customer=AMSTERDAM, zone=there)
    assert not counted(by_name, at, customer=AMSTERDAM, zone=there)


def test_in_a_time_zone_nobody_knows_the_longest_day_counts() -> None:
    window = Window(calendar=Unit.DAY)
    assert counted(window, NOW - timedelta(hours=47), customer="Mars/Olympus")


def test_tallies_are_kept_as_long_as_any_window_can_see() -> None:
    assert longest([]) == timedelta(0)
    assert longest([ROLLING]) == timedelta(hours=24)
    assert longest([ROLLING, Window(calendar=Unit.MONTH)]) == timedelta(days=32)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 3 * 365 * 24 * 60),
    st.timedeltas(timedelta(0), timedelta(days=40)),
    st.sampled_from([AMSTERDAM, "America/Havana", "Africa/Cairo", "Pacific/Apia"]),
    st.sampled_from(Unit),
)
def test_what_counts_is_never_older_than_tallies_are_kept(
    minutes: int, age: timedelta, tz: str, unit: Unit
) -> None:
    window = Window(calendar=unit)
    now = NOW - timedelta(minutes=minutes)
    if counted(window, now - age, now, customer=tz):
        assert age <= longest([window])


@pytest.mark.parametrize(
    ("window", "path", "code"),
    [
        (Window(), "$", "ambiguous_window"),
        (
            Window(rolling=timedelta(days=1), calendar=Unit.DAY),
            "$",
            "ambiguous_window",
        ),
        (
            Window(rolling=timedelta(days=1), timezone="Mars"),
            "$.timezone",
            "unknown_timezone",
        ),
        (Window(rolling=timedelta(0)), "$.rolling", "impossible_duration"),
        (Window(rolling=timedelta(hours=-1)), "$.rolling", "impossible_duration"),
        (Window(rolling=timedelta(days=367)), "$.rolling", "impossible_duration"),
        (
            Window(calendar=Unit.DAY, timezone="Mars"),
            "$.timezone",
            "unknown_timezone",
        ),
    ],
)
def test_an_impossible_window_is_told(window: Window, path: str, code: str) -> None:
    problems: list[Problem] = []
    check_window(window, "$", problems)
    assert [(one.path, one.code) for one in problems] == [(path, code)]


def test_an_offer_without_caps_is_still_capped_in_every_way_that_annoys() -> None:
    assert {cap.scope for cap in DEFAULT_CAPS} == {
        Scope.OFFER,
        Scope.CATEGORY,
        Scope.ALL,
    }
    problems: list[Problem] = []
    for cap in DEFAULT_CAPS:
        check_window(cap.window, "$", problems)
    assert problems == []
