"""Offers that are refused: told what is wrong, all of it, at once and quickly."""

from copy import deepcopy
from time import perf_counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopush.core.compose import compose
from geopush.core.offer import Refusal, parse_offer
from tests.core.sample_offers import ICE_CREAM, PLAIN, a_message, parsed

MISSING = "missing_field"


@pytest.mark.parametrize(
    ("changed", "path", "code"),
    [
        ({"colour": "red"}, "$.colour", "unknown_field"),
        ({"category": "promotion"}, "$.category", "unknown_word"),
        ({"priority": 101}, "$.priority", "out_of_range"),
        ({"trigger": {}}, "$.trigger", "ambiguous_trigger"),
        ({"trigger": {"any": []}}, "$.trigger.any", "wrong_length"),
        ({"trigger": {"on": ["enters"]}}, "$.trigger.on[0]", "unknown_word"),
        (
            {"trigger": {"on": ["enter"], "zones": {"tags": []}}},
            "$.trigger.zones.tags",
            "wrong_length",
        ),
        (
            {"trigger": {"on": ["enter"], "seen_within_seconds": 5}},
            "$.trigger.seen_within_seconds",
            "ambiguous_trigger",
        ),
        ({"message": None}, "$.message", "wrong_type"),
        ({"message": {"title": {"en": "x"}}}, "$.message.body", "missing_field"),
        ({"message": a_message(title={})}, "$.message.title", "wrong_length"),
        (
            {"message": a_message(title={"english": "x"})},
            "$.message.title.english",
            "wrong_type",
        ),
        (
            {"message": a_message(title={"en": "{{ zone.nme }}"})},
            "$.message.title.en",
            "template_unknown_field",
        ),
        ({"message": a_message(url="x")}, "$.message.url", "unsafe_url"),
        (
            {"message": a_message(url="JavaScript:alert(1)")},
            "$.message.url",
            "unsafe_url",
        ),
        (
            {"message": a_message(url="{{ attributes.link }}")},
            "$.message.url",
            "unsafe_url",
        ),
        (
            {"message": a_message(image="http://x/y.png")},
            "$.message.image",
            "wrong_type",
        ),
        ({"trigger": {"answer": {"offer": "x"}}}, "$.trigger.answer.button", MISSING),
        (
            {"trigger": {"on": ["enter"], "answer": {"offer": "x", "button": "y"}}},
            "$.trigger",
            "ambiguous_trigger",
        ),
        (
            {
                "trigger": {
                    "answer": {"offer": "x", "button": "y"},
                    "zones": {"tags": ["a"]},
                }
            },
            "$.trigger.zones",
            "ambiguous_trigger",
        ),
        (
            {"message": a_message(ios={"badge": 10**30})},
            "$.message.ios.badge",
            "out_of_range",
        ),
        (
            {"message": a_message(ios={"interuption-level": "active"})},
            "$.message.ios.interuption-level",
            "unknown_field",
        ),
        (
            {"message": a_message(ios={"interruption-level": "loud"})},
            "$.message.ios.interruption-level",
            "unknown_word",
        ),
        (
            {"message": a_message(ios={"relevance-score": 1.1})},
            "$.message.ios.relevance-score",
            "out_of_range",
        ),
        (
            {"message": a_message(ios={"apns-expiration": 60})},
            "$.message.ios.apns-expiration",
            "wrong_type",
        ),
        (
            {"message": a_message(ios={"apns-priority": 7})},
            "$.message.ios.apns-priority",
            "out_of_range",
        ),
        (
            {
                "message": a_message(
                    ios={"apns-push-type": "background", "apns-priority": 10}
                )
            },
            "$.message.ios.apns-priority",
            "not_in_background",
        ),
        (
            {"message": a_message(ios={"apns-collapse-id": "é" * 33})},
            "$.message.ios.apns-collapse-id",
            "out_of_range",
        ),
        (
            {"message": a_message(android={"tag": "x"})},
            "$.message.android.tag",
            "unknown_field",
        ),
        (
            {"message": a_message(android={"ttl": "60s"})},
            "$.message.android.ttl",
            "wrong_type",
        ),
        (
            {"message": a_message(data={"geopush": "x"})},
            "$.message.data.geopush",
            "reserved_key",
        ),
        (
            {"message": a_message(data={"a": "x" * 1500})},
            "$.message",
            "message_too_long",
        ),
        (
            {"message": a_message(buttons=[{"id": "a", "text": {"en": "A"}}] * 2)},
            "$.message.buttons[1].id",
            "duplicate_id",
        ),
        (
            {"message": a_message(ttl_seconds=5)},
            "$.message.ttl_seconds",
            "out_of_range",
        ),
        (
            {"conditions": {"weather.temp": {"gte": 1}}},
            "$.conditions.weather.temp",
            "condition_unknown_field",
        ),
        (
            {"audience": {"where": {"weather.is_day": {"eq": True}}}},
            "$.audience.where.weather.is_day",
            "condition_unknown_field",
        ),
        ({"schedule": {"timezone": "x"}}, "$.schedule.timezone", "unknown_timezone"),
        (
            {"caps": [{"scope": "all", "limit": 1, "window": {}}]},
            "$.caps[0].window",
            "ambiguous_window",
        ),
        (
            {"caps": [{"scope": "all", "limit": 0, "window": {"rolling": "P1D"}}]},
            "$.caps[0].limit",
            "out_of_range",
        ),
        ({"stop_when": [{}]}, "$.stop_when[0]", "ambiguous_stop"),
        (
            {"stop_when": [{"left_zone": True}], "trigger": {"on": ["exit"]}},
            "$.stop_when[0].left_zone",
            "impossible_stop",
        ),
        (
            {"stop_when": [{"left_zone": True, "within": "P1D"}]},
            "$.stop_when[0].within",
            "ambiguous_stop",
        ),
        (
            {"stop_when": [{"event": "x", "within": "PT0S"}]},
            "$.stop_when[0].within",
            "impossible_duration",
        ),
        (
            {"experiment": {"variants": [{"id": "a", "weight": 0}]}},
            "$.experiment.variants",
            "impossible_weights",
        ),
        (
            {"experiment": {"variants": [{"id": "a", "weight": 1}] * 2}},
            "$.experiment.variants[1].id",
            "duplicate_id",
        ),
        (
            {
                "experiment": {
                    "variants": [
                        {
                            "id": "a",
                            "weight": 1,
                            "message": {"body": {"en": "{% for %}"}},
                        }
                    ]
                }
            },
            "$.experiment.variants[0].message.body.en",
            "template_syntax",
        ),
        (
            {"experiment": {"conversion": {"event": "x", "within": "-P1D"}}},
            "$.experiment.conversion.within",
            "impossible_duration",
        ),
        ({"offer_id": "other"}, "$.offer_id", "other_offer"),
    ],
)
def test_what_is_wrong_with_an_offer_is_told(
    changed: dict[str, object], path: str, code: str
) -> None:
    refusal = parsed(**changed)
    assert isinstance(refusal, Refusal)
    assert [(one.path, one.code) for one in refusal.problems] == [(path, code)]


def test_everything_wrong_with_an_offer_is_told_at_once() -> None:
    raw: dict[str, object] = deepcopy(ICE_CREAM)
    del raw["name"]
    raw |= {
        "colour": "red",
        "conditions": {"weather.temp": {"gte": 1}},
        "schedule": {
            "from": "2026-05-01",
            "to": "2026-04-01",
            "days": ["someday"],
            "timezone": "Mars",
        },
        "caps": [{"scope": "all", "limit": 1, "window": {}}, {"scope": "al"}],
        "message": a_message(title={"en": "{{ x }}"}, body={"en": "{% y %}"}),
    }
    refusal = parse_offer("ice", msgspec.json.encode(raw))
    assert isinstance(refusal, Refusal)
    assert {one.path for one in refusal.problems} == {
        "$.name",
        "$.colour",
        "$.conditions.weather.temp",
        "$.schedule.to",
        "$.schedule.days[0]",
        "$.schedule.timezone",
        "$.caps[0].window",
        "$.caps[1].scope",
        "$.caps[1].limit",
        "$.caps[1].window",
        "$.message.title.en",
        "$.message.body.en",
    }


@pytest.mark.parametrize(
    ("changed", "unreadable"),
    [
        ({"colour": "red"}, True),
        ({"priority": "high"}, True),
        ({"conditions": {"weather.temp": {"gte": 1}}}, False),
        ({"message": a_message(body={"en": "{% for %}"})}, False),
        ({"schedule": {"timezone": "x"}}, False),
        ({"schedule": {"timezone": "x"}, "colour": "red"}, True),
    ],
)
def test_what_has_not_the_shape_of_an_offer_is_told_from_what_cannot_be(
    changed: dict[str, object], unreadable: bool
) -> None:
    refusal = parsed(**changed)
    assert isinstance(refusal, Refusal)
    assert refusal.unreadable is unreadable


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'"\\ud800"',
        b'{"priority": NaN}',
        b'{"priority": 1e400}',
        b"[" * 100_000,
        b'{"name": ' + b"[" * 100_000,
        b"1" * 100_000,
        b"null",
        b"[]",
        b'"text"',
        b" " * 300_000,
        msgspec.json.encode({f"x{number}": 1 for number in range(20_000)}),
        msgspec.json.encode(
            PLAIN
            | {"message": a_message(title={f"a{n}": "{{x}}" for n in range(9000)})}
        ),
        msgspec.json.encode(PLAIN | {"message": a_message(data=[[[[[]]]]])}),
    ],
    ids=range(16),
)
def test_a_body_that_is_no_offer_is_refused_quickly_whatever_it_is(body: bytes) -> None:
    began = perf_counter()
    refusal = parse_offer("x", body)
    assert perf_counter() - began < 2
    assert isinstance(refusal, Refusal)
    assert refusal.unreadable
    assert refusal.problems


def places(
    raw: object, path: tuple[str | int, ...] = ()
) -> list[tuple[str | int, ...]]:
    """List every place in a document."""
    items: list[tuple[str | int, object]] = []
    if isinstance(raw, dict):
        items = list(raw.items())
    elif isinstance(raw, list):
        items = list(enumerate(raw))
    below = [place for key, one in items for place in places(one, (*path, key))]
    return [path, *below]


def with_change(raw: object, path: tuple[str | int, ...], change: object) -> object:
    """Copy a document with another value at a place."""
    if not path:
        return change
    if isinstance(raw, dict):
        key = str(path[0])
        return raw | {key: with_change(raw[key], path[1:], change)}
    assert isinstance(raw, list)
    return [
        with_change(one, path[1:], change) if index == path[0] else one
        for index, one in enumerate(raw)
    ]


PLACES = places(ICE_CREAM)
ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 10**30, 1.5, 1e300, "", "x", "\x00", "{{", "{% if %}", "PT0S"]
) | st.sampled_from([[], {}, [[]], [None], {"": None}, {"all": {}}, {"en": "{{x}}"}])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=3))
def test_whatever_stands_anywhere_is_either_taken_or_told(
    changes: list[tuple[tuple[str | int, ...], object]],
) -> None:
    raw: object = ICE_CREAM
    for place, change in changes:
        if place in places(raw):
            raw = with_change(raw, place, change)
    answer = parse_offer("ice", msgspec.json.encode(raw))
    if isinstance(answer, Refusal):
        assert answer.problems
        assert all(one.path.startswith("$") and one.text for one in answer.problems)
    else:
        assert answer.document == raw
        assert b"\x00" not in repr(answer).encode()
        rule = answer.conditions
        msgspec.msgpack.encode(None if rule is None else rule.condition)
        compose(answer, {"zone.name": "x", "weather.temperature_c": 22.5}, "en")


def test_a_body_larger_than_any_offer_needs_is_not_even_read() -> None:
    refusal = parse_offer("x", msgspec.json.encode(PLAIN) + b" " * 262_144)
    assert isinstance(refusal, Refusal)
    assert [one.code for one in refusal.problems] == ["too_large"]
