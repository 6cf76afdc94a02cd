"""Of several offers one goes out, and the others say to which they lost."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from geopush.core.change import Decided
from geopush.core.customer import Preferences
from geopush.core.decision import Reason
from geopush.core.known import Known
from geopush.core.occasion import World
from geopush.core.offer import Offer
from tests.core.world import (
    FAR,
    HERE,
    NOON,
    a_customer,
    a_world,
    a_zone,
    after,
    an_offer,
    ping,
    run,
    the_change,
    upload,
)
from zones import Point

PLAIN = {
    "conditions": None,
    "audience": {},
    "priority": 50,
    "message": {"title": {"en": "Hello"}, "body": {"en": "Come in"}},
}
LIKES = Preferences(topics={"ice": True, "tea": True, "hats": False})


def offer(offer_id: str, *topics: str, **changes: object) -> Offer:
    audience = {"topics": list(topics)} if topics else {}
    return an_offer(offer_id, **PLAIN | {"audience": audience} | changes)


def reasons(
    world: World, known: Known | None = None, seconds: float = 0, place: Point = HERE
) -> dict[str, tuple[Reason, object]]:
    """What each candidate came to, and to whom it lost."""
    rows = decided(world, known, seconds, place)
    return {one.offer_id: (one.reason, one.trace[-1].threshold) for one in rows}


def decided(
    world: World, known: Known | None, seconds: float, place: Point
) -> Sequence[Decided]:
    known = known or a_customer(preferences=LIKES)
    now = NOON + timedelta(seconds=seconds)
    pings = upload(ping(seconds, place))
    return the_change(run(known, pings, world=world, now=now)).decided


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (offer("b", priority=60), offer("a", "ice", "tea")),
        (offer("b", "ice", "tea"), offer("a", "ice")),
        (offer("b", "ice"), offer("a")),
        (offer("b", "ice", "tea"), offer("a", "ice", "hats")),
        (offer("a"), offer("b")),
    ],
)
def test_priority_goes_before_liking_and_liking_before_the_name(
    first: Offer, second: Offer
) -> None:
    found = reasons(a_world(offers=[first, second]))
    assert found[first.offer_id][0] is Reason.DECIDED
    assert found[second.offer_id] == (Reason.OUTRANKED, first.offer_id)


def test_of_two_zones_the_nearer_goes_first() -> None:
    there = Point(longitude=4.9005, latitude=52.3703)  # some 50 m on, so both cover
    zones = [a_zone("near"), a_zone("far", there)]
    offers = [
        offer("b", trigger={"on": ["enter"], "zones": {"ids": ["near"]}}),
        offer("a", trigger={"on": ["enter"], "zones": {"ids": ["far"]}}),
    ]
    found = reasons(a_world(zones, offers))
    assert found["b"][0] is Reason.DECIDED
    assert found["a"] == (Reason.OUTRANKED, "b")


ELSEWHERE = {"trigger": {"on": ["enter"], "zones": {"ids": ["elsewhere"]}}}
SHOPS = [a_zone(), a_zone("elsewhere", FAR)]
HERE_FIRST = offer("here", trigger={"on": ["enter"], "zones": {"ids": ["shop"]}})


def after_the_first(*later: Offer) -> tuple[World, Known]:
    """A world in which one goes out within a minute, and Anna who just got one."""
    world = a_world(SHOPS, [HERE_FIRST, *later])
    world = replace(world, one_within=timedelta(seconds=60))
    known = a_customer(preferences=LIKES)
    return world, after(known, run(known, upload(ping(0)), world=world))


@pytest.mark.parametrize(("seconds", "goes"), [(59, False), (60, True)])
def test_what_comes_up_within_the_window_loses_to_what_went_out(
    seconds: float, goes: bool
) -> None:
    world, known = after_the_first(offer("there", priority=99, **ELSEWHERE))
    found = reasons(world, known, seconds, FAR)["there"]
    assert found == ((Reason.DECIDED, None) if goes else (Reason.OUTRANKED, "here"))


def test_service_waits_for_no_marketing() -> None:
    world, known = after_the_first(
        offer("table", category="service", **ELSEWHERE), offer("there", **ELSEWHERE)
    )
    found = reasons(world, known, 30, FAR)
    assert found["table"][0] is Reason.DECIDED
    assert found["there"] == (Reason.OUTRANKED, "table")


def test_what_was_given_back_leaves_the_window_open() -> None:
    world, known = after_the_first(offer("there", **ELSEWHERE))
    known = replace(known, state=replace(known.state, tallies=()))
    assert reasons(world, known, 30, FAR)["there"][0] is Reason.DECIDED
