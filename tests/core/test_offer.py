"""Offers: read and compiled once, or refused with everything that is wrong."""

from datetime import timedelta

import msgspec
import pytest

from geopush.core.customer import Purpose
from geopush.core.message import Delivery
from geopush.core.offer import (
    Category,
    Offer,
    Quiet,
    Status,
    needs_weather,
    parse_offer,
    purpose_of,
    wants,
)
from geopush.core.trigger import On
from tests.core.sample_offers import ICE_CREAM, an_offer


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
    assert offer.document == ICE_CREAM
    given = offer.document | {"offer_id": "ice", "revision": 7, "paused": True}
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
