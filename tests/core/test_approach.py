"""Who comes near is told so once, until they were surely away."""

from datetime import timedelta

from geopush.core.approach import draw_near
from geopush.core.decision import Reason
from geopush.core.presence import Approach, Fix, Kind
from tests.core.world import (
    HERE,
    NOON,
    a_customer,
    a_world,
    a_zone,
    after,
    an_offer,
    ping,
    run,
    taken,
    the_change,
    upload,
)
from zones import Nearness, Point, Zone, ZoneId

SHOP = ZoneId("shop")
ZONE = a_zone(approach_meters=300)
NEAR = Point(longitude=HERE.longitude, latitude=HERE.latitude + 0.0027)  # 200 m away


def near_at(
    *steps: tuple[float, float], accuracy: float = 5.0, zone: Zone = ZONE
) -> list[float]:
    """Steps of (seconds, meters inside; negative is outside) -> when near."""
    approaches: dict[ZoneId, Approach] = {}
    told = []
    for seconds, meters in steps:
        near = {SHOP: Nearness(zone_id=SHOP, meters=meters, inside=meters >= 0)}
        fix = Fix(NOON + timedelta(seconds=seconds), accuracy)
        inside = [SHOP] if meters >= 0 else []
        approaches, happened = draw_near(
            approaches, fix, near, {SHOP: zone}, inside, "anna"
        )
        assert all(one.kind is Kind.APPROACH for one in happened)
        told += [seconds for _ in happened]
    return told


def test_who_comes_near_is_told_so_once() -> None:
    assert near_at((0, -900), (10, -250), (20, -100)) == [10]


def test_who_waits_at_the_rim_does_not_come_near_again() -> None:
    steps = [(at, -315 if at % 20 else -290) for at in range(0, 600, 10)]
    assert near_at(*steps) == [0]


def test_one_wild_fix_takes_nobody_away() -> None:
    assert near_at((0, -200), (10, -900), (20, -200)) == [0]


def test_who_was_surely_away_comes_near_again() -> None:
    assert near_at((0, -200), (10, -900), (20, -900), (30, -200)) == [0, 30]


def test_who_comes_out_of_a_zone_does_not_come_near_to_it() -> None:
    assert near_at((0, 50), (10, -200), (20, -250)) == []


def test_a_fix_that_may_be_anywhere_brings_nobody_near() -> None:
    assert near_at((0, -200), accuracy=5_000.0) == []


def test_a_zone_may_ask_to_be_surer() -> None:
    zone = a_zone(approach_meters=300, min_confidence=3)
    assert near_at((0, -290), (10, -200), accuracy=50.0, zone=zone) == [10]


def test_a_zone_that_is_gone_is_near_nobody() -> None:
    fix = Fix(NOON, 5.0)
    assert draw_near({SHOP: Approach()}, fix, {}, {}, (), "anna") == ({}, [])


def test_nobody_comes_near_a_zone_that_is_switched_off() -> None:
    off = a_zone(approach_meters=300, enabled=False)
    on = a_zone("open", approach_meters=300)
    evaluation = run(a_customer(), upload(ping(0, NEAR)), world=a_world([off, on]))
    assert [one.zone_id for one in taken(evaluation).transitions] == ["open"]


def test_an_offer_may_wait_for_somebody_to_come_near() -> None:
    coming = an_offer(trigger={"on": ["approach"], "zones": {"tags": ["restaurant"]}})
    world = a_world([ZONE], [coming])
    evaluation = run(a_customer(), upload(ping(0, NEAR)), world=world)
    assert [one.kind for one in taken(evaluation).transitions] == [Kind.APPROACH]
    change = the_change(evaluation)
    assert [one.reason for one in change.decided] == [Reason.DECIDED]
    assert len(change.messages) == 1


def test_being_near_outlives_the_request() -> None:
    world = a_world([ZONE], [])
    known = a_customer()
    known = after(known, run(known, upload(ping(0, NEAR)), world=world))
    again = taken(run(known, upload(ping(10, NEAR)), world=world))
    assert again.transitions == ()
