"""Offers: read and compiled once, or refused with everything that is wrong."""

from copy import deepcopy
from datetime import timedelta
from time import perf_counter

import msgspec
import pytest

from geopush.core.customer import Purpose
from geopush.core.message import Delivery
from geopush.core.offer import (
    Category,
    Offer,
    Quiet,
    Refusal,
    Status,
    document,
    needs_weather,
    parse_offer,
    purpose_of,
    wants,
)
from geopush.core.trigger import On
from tests.core.sample_offers import ICE_CREAM, PLAIN, a_message, an_offer, parsed


def ice_cream() -> Offer:
    offer = parse_offer("ice", msgspec.json.encode(ICE_CREAM))
    assert isinstance(offer, Offer), offer
    return offer


def test_an_offer_that_uses_everything_is_taken() -> None:
    offer = ice_cream()
    assert (offer.category, offer.status) == (Category.PROMO, Status.LIVE)
    assert offer.audience.topics == ("ice_cream",)
    assert offer.message.ttl == timedelta(minutes=45)
    assert [trigger.on for trigger in offer.triggers] == [
        (On.ENTER, On.DWELL),
        (On.WHILE_INSIDE,),
    ]
    assert len(offer.caps) == 2
    assert len(offer.stop_when) == 3
    assert offer.experiment is not None
    assert [one.id for one in offer.experiment.variants] == ["a", "b"]


def test_what_an_author_leaves_out_has_a_default() -> None:
    offer = an_offer()
    assert (offer.status, offer.priority, offer.quiet) == (Status.DRAFT, 50, Quiet.DROP)
    assert offer.max_event_age == timedelta(minutes=10)
    assert offer.max_weather_age == timedelta(hours=2)
    assert (offer.caps, offer.apps, offer.conditions) == ((), (), None)


@pytest.mark.parametrize(
    ("category", "delivery", "purpose"),
    [
        (category, Delivery.AT_MOST_ONCE, Purpose.PUSH_MARKETING)
        for category in Category
        if category is not Category.SERVICE
    ]
    + [(Category.SERVICE, Delivery.AT_LEAST_ONCE, Purpose.PUSH_SERVICE)],
)
def test_only_service_needs_no_consent_to_marketing(
    category: Category, delivery: Delivery, purpose: Purpose
) -> None:
    assert purpose_of(category) is purpose
    assert an_offer(category=category).delivery is delivery
    chosen = an_offer(category=category, delivery="at_least_once")
    assert chosen.delivery is Delivery.AT_LEAST_ONCE


def test_what_get_gives_may_be_put_back() -> None:
    offer = ice_cream()
    assert document(offer) == ICE_CREAM
    given = document(offer) | {"offer_id": "ice", "revision": 7, "paused": True}
    assert parse_offer("ice", msgspec.json.encode(given)) == offer


@pytest.mark.parametrize(
    ("zones", "kind", "zone_id", "group", "tags", "wanted"),
    [
        ({}, "enter", "z", None, (), True),
        ({}, "exit", "z", None, (), False),
        ({"tags": ["a", "b"]}, "enter", "z", None, ("b",), True),
        ({"tags": ["a", "b"]}, "enter", "z", None, ("c",), False),
        ({"ids": ["z"]}, "enter", "z", None, (), True),
        ({"ids": ["y"]}, "enter", "z", None, (), False),
        ({"groups": ["g"]}, "enter", "z", "g", (), True),
        ({"groups": ["g"]}, "enter", "z", None, (), False),
        ({"groups": ["g"], "tags": ["a"]}, "enter", "z", "g", (), False),
    ],
)
def test_an_offer_waits_for_some_transitions_at_some_zones(
    zones: dict[str, object],
    kind: str,
    zone_id: str,
    group: str | None,
    tags: tuple[str, ...],
    wanted: bool,
) -> None:
    offer = an_offer(trigger={"on": ["enter", "dwell"], "zones": zones})
    assert wants(offer, kind, zone_id, group, tags) is wanted


def test_an_offer_that_waits_for_an_event_waits_for_no_transition() -> None:
    offer = an_offer(trigger={"event": "purchase"})
    assert offer.triggers[0].event == "purchase"
    assert not wants(offer, "enter", "z", None, ())


def test_an_offer_needs_the_weather_if_its_conditions_ask_for_it() -> None:
    assert needs_weather(ice_cream())
    assert not needs_weather(an_offer(conditions={"zone.open": {"eq": True}}))
    assert not needs_weather(an_offer())


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
        "schedule": {"from": "2026-05-01", "to": "2026-04-01"},
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
