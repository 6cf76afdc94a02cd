"""Consents and preferences: what holds, since when, and what is refused."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import msgspec
import pytest

from geopush.core.cap import Unit, Window
from geopush.core.customer import (
    Consent,
    ConsentGiven,
    MaxMessages,
    Preferences,
    Purpose,
    has_consent,
    parse_consents,
    parse_preferences,
    record,
    stricter,
)
from geopush.core.schedule import QuietHours

NOW = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)
LOCATION = Purpose.LOCATION


def at(minute: int) -> datetime:
    return NOW + timedelta(minutes=minute)


def after(*answers: tuple[bool, int]) -> dict[Purpose, Consent]:
    consents: dict[Purpose, Consent] = {}
    for granted, minute in answers:
        consents = record(consents, LOCATION, granted, at(minute))
    return consents


def test_who_was_never_asked_did_not_agree() -> None:
    assert not has_consent({}, LOCATION, NOW)


def test_consent_holds_from_when_it_was_given() -> None:
    consents = after((True, 5))
    assert not has_consent(consents, LOCATION, at(4))
    assert has_consent(consents, LOCATION, at(5))
    assert not has_consent(consents, Purpose.PUSH_MARKETING, at(5))


def test_the_latest_answer_holds_in_whatever_order_answers_come() -> None:
    answers = [(True, 1), (False, 3), (True, 2)]
    for order in permutations(answers):
        assert not has_consent(after(*order), LOCATION, at(9))


def test_the_same_answer_again_keeps_since_when_it_holds() -> None:
    assert after((True, 1), (True, 5)) == {LOCATION: Consent(True, at(5), at(1))}
    assert has_consent(after((True, 1), (True, 5)), LOCATION, at(3))
    assert after((True, 5), (True, 1)) == {LOCATION: Consent(True, at(5), at(5))}


def test_a_new_grant_does_not_cover_what_was_before_it() -> None:
    consents = after((True, 1), (False, 3), (True, 5))
    assert not has_consent(consents, LOCATION, at(4))
    assert has_consent(consents, LOCATION, at(5))


def test_a_refusal_that_comes_late_still_breaks_what_it_fell_into() -> None:
    answers = [(True, 1), (False, 3), (True, 5)]
    for order in permutations(answers):
        consents = after(*order)
        assert not has_consent(consents, LOCATION, at(4))
        assert has_consent(consents, LOCATION, at(5))


def test_of_two_answers_at_once_the_refusal_holds() -> None:
    assert not has_consent(after((True, 1), (False, 1)), LOCATION, at(2))
    assert not has_consent(after((False, 1), (True, 1)), LOCATION, at(2))


@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        ((True, 1), None, Consent(True, at(1), at(1))),
        (None, (False, 1), Consent(False, at(1), at(1))),
        ((True, 1), (True, 4), Consent(True, at(4), at(4))),
        ((False, 1), (False, 4), Consent(False, at(4), at(1))),
        ((False, 1), (True, 4), Consent(False, at(4), at(1))),
        ((True, 1), (False, 4), Consent(False, at(4), at(4))),
    ],
)
def test_merging_keeps_the_stricter_answer(
    one: tuple[bool, int] | None, other: tuple[bool, int] | None, merged: Consent
) -> None:
    a = after(one) if one else {}
    b = after(other) if other else {}
    assert stricter(a, b) == {LOCATION: merged}
    assert stricter(b, a) == {LOCATION: merged}


def test_an_answer_older_than_a_merge_does_not_undo_it() -> None:
    merged = stricter(after((False, 1)), after((True, 4)))
    assert not has_consent(record(merged, LOCATION, True, at(4)), LOCATION, at(9))
    assert has_consent(record(merged, LOCATION, True, at(5)), LOCATION, at(9))


def test_consents_are_read_in_full_and_in_short() -> None:
    raw = {
        "location": {
            "granted": True,
            "text_version": "v3",
            "at": "2026-07-15T13:00:00+02:00",
            "language": "nl",
            "source": "settings",
        },
        "push_marketing": False,
    }
    assert parse_consents(raw, NOW, require_at=False) == {
        LOCATION: ConsentGiven(True, at(-60), "v3", "nl", "settings"),
        Purpose.PUSH_MARKETING: ConsentGiven(False, NOW),
    }


def test_a_clock_a_little_ahead_is_taken_for_now() -> None:
    raw = {"location": {"granted": True, "at": at(1).isoformat()}}
    assert parse_consents(raw, NOW, require_at=True) == {
        LOCATION: ConsentGiven(True, NOW)
    }


@pytest.mark.parametrize(
    ("raw", "path", "code"),
    [
        (None, "$", "wrong_type"),
        ({"locaton": True}, "$.locaton", "unknown_field"),
        ({"location": "yes"}, "$.location", "wrong_type"),
        ({"location": {}}, "$.location.granted", "missing_field"),
        ({"location": True}, "$.location.at", "missing_field"),
        ({"location": {"granted": True}}, "$.location.at", "missing_field"),
        (
            {"location": {"granted": True, "at": "2026-07-15T12:01:01Z"}},
            "$.location.at",
            "in_the_future",
        ),
        (
            {"location": {"granted": True, "at": "2026-07-15T12:00:00"}},
            "$.location.at",
            "wrong_type",
        ),
        (
            {"location": {"granted": True, "at": "2026-07-15T12:00:00Z", "by": 1}},
            "$.location.by",
            "unknown_field",
        ),
    ],
)
def test_what_is_no_consent_is_told(raw: object, path: str, code: str) -> None:
    problems = parse_consents(raw, NOW, require_at=True)
    assert isinstance(problems, list)
    assert [(one.path, one.code) for one in problems] == [(path, code)]


def test_all_that_is_wrong_with_consents_is_told_at_once() -> None:
    problems = parse_consents({"a": 1, "location": 2}, NOW, require_at=False)
    assert isinstance(problems, list)
    assert [one.path for one in problems] == ["$.a", "$.location"]


def test_a_newer_phone_is_understood_as_far_as_it_goes() -> None:
    raw = {"location": {"granted": True, "mood": "good"}, "telepathy": True}
    assert parse_consents(raw, NOW, require_at=False, known_only=True) == {
        LOCATION: ConsentGiven(True, NOW)
    }
    assert parse_preferences({"colour": "red"}, known_only=True) == Preferences()


FULL = {
    "topics": {"ice_cream": True, "soup": False},
    "max_messages": {"limit": 2, "window": {"calendar": "week"}},
    "quiet_hours": {"from": "22:00", "to": "08:00", "days": ["fri"]},
    "paused_until": "2026-08-01T00:00:00Z",
    "muted_zones": ["shop-1"],
}


def test_preferences_are_read_and_written_the_same() -> None:
    preferences = parse_preferences(FULL)
    assert isinstance(preferences, Preferences)
    assert preferences.max_messages == MaxMessages(2, Window(calendar=Unit.WEEK))
    assert preferences.quiet_hours is not None
    assert (preferences.quiet_hours.from_, preferences.quiet_hours.to) == (
        "22:00",
        "08:00",
    )
    packed = msgspec.msgpack.encode(preferences)
    assert msgspec.msgpack.decode(packed, type=Preferences) == preferences
    assert msgspec.json.decode(msgspec.json.encode(preferences)) == FULL


def test_no_preferences_are_preferences_too() -> None:
    assert parse_preferences({}) == Preferences()
    assert QuietHours("22:00", "08:00").days is None


@pytest.mark.parametrize(
    ("changed", "path", "code"),
    [
        ({"topics": {"a": "yes"}}, "$.topics.a", "wrong_type"),
        ({"topics": {"": True}}, "$.topics.", "out_of_range"),
        ({"quiet_hour": {}}, "$.quiet_hour", "unknown_field"),
        ({"quiet_hours": {"from": "22:00"}}, "$.quiet_hours.to", "missing_field"),
        (
            {"quiet_hours": {"from": "22:00", "to": "8"}},
            "$.quiet_hours.to",
            "wrong_type",
        ),
        (
            {"quiet_hours": {"from": "22:00", "to": "22:00"}},
            "$.quiet_hours",
            "empty_hours",
        ),
        ({"paused_until": "tomorrow"}, "$.paused_until", "wrong_type"),
        ({"muted_zones": ["a\x00"]}, "$.muted_zones[0]", "out_of_range"),
        (
            {"max_messages": {"limit": -1, "window": {"rolling": "P1D"}}},
            "$.max_messages.limit",
            "out_of_range",
        ),
        (
            {"max_messages": {"limit": 1, "window": {}}},
            "$.max_messages.window",
            "ambiguous_window",
        ),
        (
            {"max_messages": {"limit": 1, "window": {"rolling": "1 day"}}},
            "$.max_messages.window.rolling",
            "wrong_type",
        ),
    ],
)
def test_what_is_no_preference_is_told(
    changed: dict[str, object], path: str, code: str
) -> None:
    problems = parse_preferences(FULL | changed)
    assert isinstance(problems, list)
    assert [(one.path, one.code) for one in problems] == [(path, code)]
