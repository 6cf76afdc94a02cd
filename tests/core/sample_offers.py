"""Offers to try things on: each test changes only what it is about."""

import msgspec

from geopush.core.offer import Offer, Refusal, parse_offer

ICE_CREAM_MESSAGE: dict[str, object] = {
    "title": {"en": "Ice cream weather, {{ customer.first_name | default: 'hello' }}"},
    "body": {
        "en": "{{ weather.temperature_c | round }} degrees at {{ zone.name }}: go"
    },
    "url": "app://offers/ice",
    "buttons": [
        {"id": "like", "text": {"en": "Like"}},
        {"id": "mute_zone", "text": {"en": "Not here"}},
    ],
    "ttl_seconds": 2700,
    "inbox": True,
}

ICE_CREAM: dict[str, object] = {
    "name": "20% off ice cream in the sun",
    "category": "promo",
    "priority": 60,
    "status": "live",
    "audience": {
        "topics": ["ice_cream"],
        "where": {"attributes.member": {"eq": True}},
        "identified": False,
    },
    "trigger": {
        "any": [
            {"on": ["enter", "dwell"], "zones": {"tags": ["restaurant"]}},
            {
                "on": ["while_inside"],
                "zones": {"tags": ["restaurant"]},
                "seen_within_seconds": 900,
            },
        ]
    },
    "conditions": {
        "all": [
            {"weather.temperature_c": {"gte": 22, "off_below": 21}},
            {"weather.sky": {"in": ["clear", "mostly_clear"]}},
            {"weather.is_day": {"eq": True}},
            {"zone.open": {"eq": True}},
        ]
    },
    "schedule": {
        "from": "2026-05-01",
        "to": "2026-09-30",
        "days": ["fri", "sat", "sun"],
        "between": ["11:00", "21:00"],
        "timezone": "zone",
    },
    "caps": [
        {
            "scope": "offer",
            "limit": 1,
            "window": {"calendar": "day", "timezone": "customer"},
        },
        {"scope": "category", "limit": 2, "window": {"rolling": "PT24H"}},
    ],
    "experiment": {
        "holdout": 0.1,
        "variants": [
            {"id": "a", "weight": 0.5},
            {"id": "b", "weight": 0.5, "message": {"title": {"en": "Sun!"}}},
        ],
        "conversion": {"event": "purchase", "within": "PT24H", "value": "total"},
    },
    "message": ICE_CREAM_MESSAGE,
    "stop_when": [
        {"event": "purchase", "within": "PT6H"},
        {"left_zone": True},
        {"conditions_no_longer_hold": True},
    ],
    "delivery": "at_most_once",
}

PLAIN: dict[str, object] = {
    "name": "Hello",
    "category": "promo",
    "trigger": {"on": ["enter"]},
    "message": {"title": {"en": "Hello"}, "body": {"en": "Come in"}},
}


def parsed(**changed: object) -> Offer | Refusal:
    """Read a plain offer with some fields changed."""
    return parse_offer("hello", msgspec.json.encode(PLAIN | changed))


def an_offer(**changed: object) -> Offer:
    """Read a plain offer that is fine, with some fields changed."""
    offer = parsed(**changed)
    assert isinstance(offer, Offer), offer
    return offer


def a_message(**changed: object) -> dict[str, object]:
    """Write a plain message with some fields changed."""
    return {"title": {"en": "Hello"}, "body": {"en": "Come in"}} | changed
