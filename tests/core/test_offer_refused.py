"""Offers that are refused: told what is wrong, all of it, at once."""

from copy import deepcopy

import msgspec
import pytest

from geopush.core.offer import Refusal, parse_offer
from tests.core.sample_offers import ICE_CREAM, a_message, parsed

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
