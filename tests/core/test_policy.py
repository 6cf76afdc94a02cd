"""The strictest of customer, offer and deployment wins, and no cap is ever passed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geopush.core.cap import Cap, Scope, Unit, Window
from geopush.core.customer import MaxMessages, Preferences
from geopush.core.decision import Reason
from geopush.core.known import Known
from geopush.core.occasion import World
from geopush.core.offer import Category
from geopush.core.policy import NO_POLICY, Policy, Rules, parse_policy, rules_for
from geopush.core.schedule import QuietHours
from tests.core.world import (
    FAR,
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

LIKES = Preferences(topics={"ice_cream": True})
DAY = Window(rolling=timedelta(days=1))
PLAIN = {
    "conditions": None,
    "max_event_age_seconds": 604_800,
    "message": {"title": {"en": "Hello"}, "body": {"en": "Come in"}},
}


def reason(policy: Policy, preferences: Preferences = LIKES, **offer: object) -> Reason:
    """What becomes of an offer for Anna at noon, which is 14:00 where she is."""
    world = replace(a_world(offers=[an_offer(**PLAIN | offer)]), policy=policy)
    known = a_customer(preferences=preferences)
    (row,) = the_change(run(known, upload(ping(0)), world=world)).decided
    return row.reason


AT_TWO = Rules(quiet_hours=QuietHours("13:00", "15:00"))
AT_NIGHT = Rules(quiet_hours=QuietHours("22:00", "08:00"))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (NO_POLICY, Reason.DECIDED),
        ({"all": AT_NIGHT}, Reason.DECIDED),
        ({"all": AT_TWO}, Reason.QUIET_HOURS),
        ({"promo": AT_TWO}, Reason.QUIET_HOURS),
        ({"service": AT_TWO}, Reason.DECIDED),
    ],
)
def test_quiet_hours_of_the_deployment_hold_for_their_kind(
    policy: Policy, expected: Reason
) -> None:
    assert reason(policy) is expected


def test_the_quiet_hours_of_the_customer_hold_beside_those_of_the_deployment() -> None:
    hers = replace(LIKES, quiet_hours=QuietHours("13:30", "16:00"))
    assert reason({"all": AT_NIGHT}, hers) is Reason.QUIET_HOURS


def test_what_waits_waits_until_nobody_asks_for_quiet() -> None:
    hers = replace(LIKES, quiet_hours=QuietHours("14:30", "16:00"))
    world = a_world(offers=[an_offer(**PLAIN, quiet="defer")])
    world = replace(world, policy={"all": AT_TWO})
    known = a_customer(preferences=hers)
    (row,) = the_change(run(known, upload(ping(0)), world=world)).decided
    assert row.due == NOON + timedelta(hours=2)


def test_rules_are_those_for_all_and_those_of_the_kind() -> None:
    policy = {"all": AT_TWO, "promo": AT_NIGHT}
    assert rules_for(policy, Category.PROMO) == (AT_TWO, AT_NIGHT)
    assert rules_for(policy, Category.SERVICE) == (AT_TWO,)


WRITTEN = {
    "all": {"caps": [{"scope": "all", "limit": 3, "window": {"rolling": "PT24H"}}]},
    "promo": {"quiet_hours": {"from": "21:00", "to": "09:00"}},
}


def test_a_policy_is_read_from_json() -> None:
    policy = parse_policy(msgspec.json.encode(WRITTEN).decode())
    assert policy == {
        "all": Rules((Cap(Scope.ALL, 3, DAY),)),
        "promo": Rules(quiet_hours=QuietHours("21:00", "09:00")),
    }


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("{", ["$"]),
        ("[]", ["$"]),
        ('{"promos": {}, "all": {"cap": []}}', ["$.promos", "$.all.cap"]),
        (
            '{"all": {"quiet_hours": {"from": "09:00", "to": "09:00"}}}',
            ["$.all.quiet_hours"],
        ),
        (
            '{"all": {"caps": [{"scope": "all", "limit": 1, "window": {}}]}}',
            ["$.all.caps[0].window"],
        ),
    ],
)
def test_what_is_wrong_with_a_policy_is_told(text: str, paths: list[str]) -> None:
    problems = parse_policy(text)
    assert isinstance(problems, list)
    assert [one.path for one in problems] == paths


WINDOWS = st.sampled_from(
    [
        Window(rolling=timedelta(hours=1)),
        Window(rolling=timedelta(hours=30)),
        Window(calendar=Unit.DAY, timezone="UTC"),
        Window(calendar=Unit.WEEK, timezone="UTC"),
    ]
)
CAPS = st.lists(
    st.builds(Cap, st.sampled_from(Scope), st.integers(1, 3), WINDOWS), max_size=2
)
PLACES = {"shop": a_zone(), "other": a_zone("other", FAR)}
AWAY = Point(longitude=5.2, latitude=52.6)
KINDS = {"ice": "promo", "tea": "promo", "coffee": "reward"}


def at_zone(name: str) -> dict[str, object]:
    return {"on": ["enter"], "zones": {"ids": [name]}}


Sent = tuple[datetime, str, str, str]  # when, which offer, of which kind, where


def is_same(scope: Scope, one: Sent, other: Sent) -> bool:
    """Whether two messages count for the same cap of a scope."""
    _, offer, kind, zone = one
    _, other_offer, other_kind, other_zone = other
    return {
        Scope.ALL: True,
        Scope.CATEGORY: kind == other_kind,
        Scope.OFFER: offer == other_offer,
        Scope.ZONE: zone == other_zone,
        Scope.OFFER_ZONE: (offer, zone) == (other_offer, other_zone),
    }[scope]


def is_within(window: Window, then: datetime, now: datetime) -> bool:
    if window.rolling is not None:
        return now - then < window.rolling
    if window.calendar is Unit.DAY:
        return then.date() == now.date()
    return then.isocalendar()[:2] == now.isocalendar()[:2]


def has_room(caps: Sequence[Cap], sent: Sequence[Sent], new: Sent) -> bool:
    """Whether every cap has room for one more, by looking at every message."""
    return all(
        sum(
            is_same(cap.scope, one, new) and is_within(cap.window, one[0], new[0])
            for one in sent
        )
        < cap.limit
        for cap in caps
    )


STEPS = st.lists(
    st.tuples(st.sampled_from([1, 3, 30, 180, 900]), st.sampled_from(sorted(PLACES))),
    max_size=14,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.tuples(CAPS, CAPS, CAPS),
    st.tuples(CAPS, CAPS),
    st.none() | st.builds(MaxMessages, st.integers(0, 4), WINDOWS),
    STEPS,
)
def test_a_message_goes_out_if_and_only_if_every_cap_has_room(
    offered: tuple[list[Cap], list[Cap], list[Cap]],
    deployed: tuple[list[Cap], list[Cap]],
    hers: MaxMessages | None,
    steps: list[tuple[int, str]],
) -> None:
    loose = Cap(Scope.ALL, 1000, DAY)  # so that no offer falls back on the defaults
    caps = {name: [*mine, loose] for name, mine in zip(KINDS, offered, strict=True)}
    policy = {"all": Rules(tuple(deployed[0])), "promo": Rules(tuple(deployed[1]))}
    known = a_customer(preferences=replace(LIKES, max_messages=hers))
    sent: list[Sent] = []
    now = datetime(2026, 7, 10, 20, tzinfo=UTC)
    for number, (minutes, zone) in enumerate(steps):
        now += timedelta(minutes=minutes)
        offer_id = list(KINDS)[number % 3]
        world = one_offer(offer_id, zone, caps[offer_id], policy)
        known, went = come_by(known, world, zone, now)
        new = (now, offer_id, KINDS[offer_id], zone)
        asked = [*caps[offer_id], *deployed[0]]
        asked += deployed[1] if KINDS[offer_id] == "promo" else []
        has_hers = hers is None or (
            sum(is_within(hers.window, one[0], now) for one in sent) < hers.limit
        )
        assert went is (has_hers and has_room(asked, sent, new))
        sent += [new] if went else []


def one_offer(offer_id: str, zone: str, caps: Sequence[Cap], policy: Policy) -> World:
    offer = replace(
        OFFERS[offer_id, zone],
        caps=tuple(caps),
    )
    return replace(a_world(list(PLACES.values()), [offer]), policy=policy)


OFFERS = {
    (offer_id, zone): an_offer(offer_id, **PLAIN, category=kind, trigger=at_zone(zone))
    for offer_id, kind in KINDS.items()
    for zone in PLACES
}


def come_by(known: Known, world: World, zone: str, now: datetime) -> tuple[Known, bool]:
    """Let Anna come to a zone and leave it; whether that sent something."""
    place = PLACES[zone].area.representative_point
    at = (now - NOON).total_seconds()
    pings = ping(at - 20, AWAY), ping(at - 10, AWAY), ping(at, place)
    evaluation = run(known, upload(*pings), world=world, now=now)
    change = the_change(evaluation)
    assert len(change.decided) == 1
    return after(known, evaluation), bool(change.messages)
