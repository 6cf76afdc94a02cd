"""Timers: a stay comes due without a ping, once, while the phone was seen lately."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from geopush.core.change import Change
from geopush.core.decision import Reason
from geopush.core.known import Known
from geopush.core.occasion import World
from geopush.core.ping import DeviceId
from geopush.core.presence import Kind
from geopush.core.timer import Timer, ring
from tests.core.world import (
    ANNA,
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
)
from zones import Point, ZoneId

TABLET = DeviceId("tablet-1")
TIMER = Timer(ANNA, PHONE, ZoneId("shop"))
STAYED = an_offer(
    trigger={"any": [{"on": ["dwell"], "zones": {"tags": ["restaurant"]}}]}
)
WORLD = a_world([a_zone(dwell_seconds=300)], [STAYED])
DUE = NOON + timedelta(seconds=300)
EDGE = Point(longitude=4.9, latitude=52.3712)  # some 130 m from the middle


def inside(known: Known | None = None, world: World = WORLD) -> Known:
    """Anna, who came in at noon."""
    known = known or a_customer()
    return after(known, run(known, upload(ping(0)), world=world))


def rung(known: Known, now: datetime = DUE, world: World = WORLD) -> Change:
    (change,) = ring([TIMER], {ANNA: known}, world, now).changes
    return change


def asked_again(
    known: Known, now: datetime = DUE, world: World = WORLD
) -> datetime | None:
    answer = ring([TIMER], {ANNA: known}, world, now)
    assert answer.changes == ()
    return answer.later[TIMER]


def test_who_stays_as_long_as_the_zone_asks_dwells_without_a_ping() -> None:
    late = DUE + timedelta(seconds=4)
    change = rung(inside(), late)
    (happened,) = change.happened
    assert happened.transition.kind is Kind.DWELL
    assert happened.transition.at == DUE
    assert [one.zone_id for one in change.dwelt] == ["shop"]
    assert [one.offer_id for one in change.messages] == ["ice-cream"]


def test_a_timer_and_a_later_ping_never_make_two_dwells() -> None:
    known = inside()
    known = replace(known, state=rung(known).state)
    again = run(known, upload(ping(320)), world=WORLD, now=DUE + timedelta(seconds=20))
    assert the_change(again).happened == ()
    assert asked_again(known) is None


def test_a_timer_after_a_ping_that_dwelt_is_over() -> None:
    known = inside()
    known = after(known, run(known, upload(ping(301)), world=WORLD, now=DUE))
    assert asked_again(known, DUE + timedelta(seconds=2)) is None


def test_before_its_time_a_timer_waits_for_it() -> None:
    assert asked_again(inside(), DUE - timedelta(seconds=1)) == DUE


def test_who_was_not_seen_lately_is_not_taken_to_have_stayed() -> None:
    late = NOON + timedelta(minutes=16)
    assert asked_again(inside(), late) == late + timedelta(minutes=16)


def test_who_was_last_seen_outside_is_not_taken_to_have_stayed() -> None:
    known = inside()
    known = after(known, run(known, upload(ping(200, FAR)), world=WORLD, now=DUE))
    assert asked_again(known) == DUE + timedelta(seconds=60)


def test_who_lets_nobody_use_their_location_has_no_dwell() -> None:
    known = inside()
    profile = replace(known.profile, consents=consents(location=False))
    assert asked_again(replace(known, profile=profile)) is not None


def test_a_zone_that_is_gone_has_no_dwell() -> None:
    assert asked_again(inside(), world=a_world([])) is not None


def test_a_zone_that_asks_for_no_dwell_any_more_ends_its_timers() -> None:
    assert asked_again(inside(), world=a_world([a_zone()], [STAYED])) is None


def test_a_zone_that_is_switched_off_has_no_dwell() -> None:
    off = a_world([a_zone(dwell_seconds=300, enabled=False)], [STAYED])
    assert asked_again(inside(), world=off) is not None


def test_a_decision_without_a_ping_keeps_its_weather() -> None:
    (decided,) = rung(inside()).decided
    assert decided.weather is not None
    assert decided.weather.temperature_c == 24


def test_a_customer_who_is_gone_is_not_asked_again() -> None:
    assert ring([TIMER], {}, WORLD, DUE).later == {TIMER: None}


def test_a_timer_that_rings_too_late_sends_nothing() -> None:
    known = inside()
    late = DUE + timedelta(minutes=11)
    known = after(known, run(known, upload(ping(290)), world=WORLD, now=late))
    assert [one.reason for one in rung(known, late).decided] == [Reason.EVENT_TOO_OLD]


@pytest.mark.parametrize(("reachable", "told"), [(True, TABLET), (False, PHONE)])
def test_the_device_inside_that_was_seen_last_is_told_if_it_can_be(
    reachable: bool, told: DeviceId
) -> None:
    known = inside()
    phone = known.profile.devices[PHONE]
    tablet = replace(phone, has_address=reachable)
    where = known.state.devices[PHONE]
    seen = replace(where, recorded_at=NOON + timedelta(seconds=60))
    known = replace(
        known,
        profile=replace(known.profile, devices={PHONE: phone, TABLET: tablet}),
        state=replace(known.state, devices={PHONE: where, TABLET: seen}),
    )
    change = rung(known)
    assert [one.device_id for one in change.happened] == [PHONE]
    assert [one.device_id for one in change.messages] == [told]


def test_the_weather_of_a_large_zone_is_that_of_the_cell_last_seen() -> None:
    wide = a_zone("shop", HERE, radius=10_000, dwell_seconds=300)
    known = inside(world=a_world([wide], [STAYED]))
    change = rung(known, world=a_world([wide], [STAYED]))
    assert [one.reason for one in change.decided] == [Reason.DECIDED]
