"""Explaining is deciding: the same gates, the same reason, and nothing kept."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from geopush.core.decision import Reason, Verdict
from geopush.core.explain import Case, Explanation, NotConsidered, explain
from geopush.core.known import Known
from geopush.core.occasion import World
from geopush.core.offer import Offer
from geopush.core.sentence import Tongue
from tests.core.world import (
    FAR,
    HERE,
    NOON,
    PHONE,
    a_customer,
    a_world,
    a_zone,
    after,
    an_offer,
    consents,
    ping,
    run,
    the_change,
    upload,
    weather,
)
from zones import Point


def why(
    known: Known | None = None,
    offer: Offer | None = None,
    world: World | None = None,
    place: Point = HERE,
    minutes: float = 0,
) -> Explanation:
    """Explain the ice cream offer to Anna at the restaurant at noon."""
    at = NOON + timedelta(minutes=minutes)
    case = Case(known or a_customer(), offer or an_offer(), place, at)
    return explain(case, world or a_world(), Tongue.EN)


@pytest.mark.parametrize(
    ("known", "world"),
    [
        (a_customer(), a_world()),
        (a_customer(consents(push_marketing=False)), a_world()),
        (a_customer(has_address=False), a_world()),
        (a_customer(), a_world(sky=weather(15.0))),
        (a_customer(), a_world(sky=weather(None))),
        (a_customer(), a_world(offers=[an_offer(), an_offer("a", priority=90)])),
        (a_customer(), a_world(offers=[an_offer(status="shadow")])),
    ],
)
def test_an_explanation_is_what_a_ping_there_comes_to(
    known: Known, world: World
) -> None:
    (offer,) = (one for one in world.catalog.offers if one.offer_id == "ice-cream")
    change = the_change(run(known, upload(ping(0)), world=world))
    (decided,) = (one for one in change.decided if one.offer_id == "ice-cream")
    (explained,) = why(known, offer, world).candidates
    assert (explained.verdict, explained.reason) == (decided.verdict, decided.reason)
    assert explained.gates == decided.trace
    assert explained.weather == decided.weather
    sent = decided.verdict is Verdict.DECIDED
    assert explained.message == (change.messages[0].content if sent else None)
    assert explained.sentence.startswith("Sent" if sent else ("Not", "Would"))


def test_what_was_sent_since_is_not_counted_for_a_moment_before() -> None:
    known = a_customer()
    later = after(known, run(known, upload(ping(600)), now=NOON + timedelta(0, 600)))
    assert why(later).candidates[0].reason is Reason.DECIDED
    assert why(later, minutes=20).candidates[0].reason is Reason.CAPPED


@pytest.mark.parametrize(
    ("explanation", "reason", "zones"),
    [
        (why(place=FAR), NotConsidered.IN_NO_ZONE, []),
        (
            why(offer=an_offer(trigger={"on": ["enter"], "zones": {"ids": ["other"]}})),
            NotConsidered.WAITS_ELSEWHERE,
            [],
        ),
        (
            why(offer=an_offer(trigger={"event": "purchase"})),
            NotConsidered.WAITS_ELSEWHERE,
            [],
        ),
        (why(offer=an_offer(status="draft")), NotConsidered.NOT_LIVE, ["shop"]),
        (why(offer=an_offer(status="paused")), NotConsidered.NOT_LIVE, ["shop"]),
        (
            why(
                replace(a_customer(), profile=replace(a_customer().profile, devices={}))
            ),
            NotConsidered.NO_DEVICE,
            [],
        ),
        (why(), None, ["shop"]),
    ],
)
def test_an_offer_that_would_not_be_considered_says_why(
    explanation: Explanation, reason: NotConsidered | None, zones: list[str]
) -> None:
    assert explanation.not_considered is reason
    assert [one.zone_id for one in explanation.candidates] == zones


@pytest.mark.parametrize(
    ("on", "occasion"),
    [
        (["dwell", "exit"], "dwell"),
        (["while_inside"], "while_inside"),
        (["exit"], "exit"),
    ],
)
def test_it_is_explained_on_the_occasion_that_the_offer_waits_for(
    on: list[str], occasion: str
) -> None:
    offer = an_offer(trigger={"on": on, "zones": {"tags": ["restaurant"]}})
    (explained,) = why(offer=offer).candidates
    assert explained.occasion == occasion
    assert explained.verdict is Verdict.DECIDED


def test_who_is_near_is_explained_an_approach() -> None:
    world = a_world([a_zone(approach_meters=5000)])
    offer = an_offer(trigger={"on": ["enter", "approach"]})
    (explained,) = why(place=FAR, offer=offer, world=world).candidates
    assert explained.occasion == "approach"


def test_the_device_with_an_address_that_was_seen_last_is_told() -> None:
    assert why().device_id == PHONE
