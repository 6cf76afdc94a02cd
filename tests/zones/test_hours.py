"""When a place is open, and what cannot be read as that."""

from datetime import date, datetime

import pytest

from zones import Code, OpeningHours, Problem, Span, is_open, parse_opening_hours
from zones.hours import spell_opening_hours


def read(raw: object) -> OpeningHours:
    problems: list[Problem] = []
    hours = parse_opening_hours(raw, "$.h", problems)
    assert problems == []
    assert hours is not None
    return hours


def at(local: str) -> datetime:
    return datetime.fromisoformat(local)


WEEK = read(
    {
        "mon": [["09:00", "12:00"], ["13:00", "18:00"]],
        "fri": [["18:00", "02:00"]],
        "sat": [["00:00", "24:00"]],
        "dates": {"2026-12-25": [], "2026-12-31": [["20:00", "04:00"]]},
    }
)


@pytest.mark.parametrize(
    ("local", "opened"),
    [
        ("2026-11-23T08:59:59", False),  # a Monday
        ("2026-11-23T09:00:00", True),
        ("2026-11-23T11:59:59", True),
        ("2026-11-23T12:00:00", False),
        ("2026-11-23T17:59", True),
        ("2026-11-24T10:00", False),
        ("2026-11-27T17:59", False),  # a Friday
        ("2026-11-27T23:59", True),
        ("2026-11-28T00:00", True),
        ("2026-11-28T12:00", True),
        ("2026-11-28T23:59", True),
        ("2026-11-29T00:00", False),
        ("2026-12-25T19:00", False),  # a Friday that is a date of its own
        ("2026-12-26T01:00", True),
        ("2026-12-31T21:00", True),
        ("2027-01-01T03:59", True),
        ("2027-01-01T04:00", False),
        ("2027-01-02T01:00", True),
    ],
)
def test_it_is_open_when_the_hours_say_so(local: str, opened: bool) -> None:
    assert is_open(WEEK, at(local)) is opened


def test_a_closed_date_ends_nothing_that_began_the_day_before() -> None:
    hours = read({"thu": [["20:00", "03:00"]], "dates": {"2026-12-25": []}})
    assert is_open(hours, at("2026-12-25T02:59"))
    assert not is_open(hours, at("2026-12-25T03:00"))


def test_a_date_closed_takes_the_night_after_it_along() -> None:
    hours = read({"thu": [["20:00", "03:00"]], "dates": {"2026-12-24": []}})
    assert not is_open(hours, at("2026-12-25T02:59"))


def test_it_is_closed_on_the_first_day_there_is() -> None:
    assert not is_open(read({}), at("0001-01-01T01:00"))


def test_opening_hours_are_spelt_as_they_are_read() -> None:
    raw = {
        "tue": [["09:00", "24:00"], ["22:30", "02:00"]],
        "dates": {"2026-12-25": [], "2028-02-29": [["00:00", "01:05"]]},
    }
    assert spell_opening_hours(read(raw)) == raw
    assert read(raw).of(date(2028, 2, 29)) == (Span(0, 65),)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("always", "$.h"),
        ([], "$.h"),
        ({"monday": []}, "$.h.monday"),
        ({"mon": None}, "$.h.mon"),
        ({"mon": ["09:00"]}, "$.h.mon[0]"),
        ({"mon": [["09:00"]]}, "$.h.mon[0]"),
        ({"mon": [["09:00", "18:00", "19:00"]]}, "$.h.mon[0]"),
        ({"mon": [["9:00", "18:00"]]}, "$.h.mon[0]"),
        ({"mon": [["09:00", "25:00"]]}, "$.h.mon[0]"),
        ({"mon": [["09:00", "24:01"]]}, "$.h.mon[0]"),
        ({"mon": [["24:00", "02:00"]]}, "$.h.mon[0]"),
        ({"mon": [["09:00", "09:00"]]}, "$.h.mon[0]"),
        ({"mon": [["٠٩:٠٠", "18:00"]]}, "$.h.mon[0]"),
        ({"mon": [[9, 18]]}, "$.h.mon[0]"),
        ({"mon": [["09:00", "18:00"]] * 25}, "$.h.mon"),
        ({"dates": []}, "$.h.dates"),
        ({"dates": {"25-12-2026": []}}, "$.h.dates.25-12-2026"),
        ({"dates": {"2026-02-30": []}}, "$.h.dates.2026-02-30"),
        ({"dates": {"2026-12-25": "closed"}}, "$.h.dates.2026-12-25"),
    ],
)
def test_hours_that_cannot_be_read_are_never_taken(raw: object, path: str) -> None:
    problems: list[Problem] = []
    assert parse_opening_hours(raw, "$.h", problems) is None
    assert [(problem.path, problem.code) for problem in problems] == [
        (path, Code.BAD_OPENING_HOURS)
    ]
