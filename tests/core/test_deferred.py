"""Quiet hours that put off: decided again when they are over, and ended once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geopush.core.change import Change, Decided
from geopush.core.customer import Preferences
from geopush.core.decision import Reason, Verdict
from geopush.core.known import Known
from geopush.core.merge import merge, nobody
from geopush.core.occasion import World
from geopush.core.ping import customer_key
from geopush.core.presence import Presence, Whereabouts
from geopush.core.resume import resume
from geopush.core.schedule import QuietHours
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
    weather,
)
from zones import ZoneId

LIKES = Preferences(topics={"ice_cream": True})
# It is 14:00 in Amsterdam at noon, so the quiet is over at 12:30 UTC.
QUIET = replace(LIKES, quiet_hours=QuietHours("13:00", "14:30"))
OVER = NOON + timedelta(minutes=30)
LATER = {"quiet": "defer", "max_event_age_seconds": 1200}
WORLD = a_world(offers=[an_offer(**LATER)])


def put_off(world: World = WORLD, known: Known | None = None) -> Known:
    """Anna after she came in in her quiet hours."""
    known = known or a_customer(preferences=QUIET)
    return after(known, run(known, upload(ping(0)), world=world))


def seen(known: Known, minutes: float, *, inside: bool = True) -> Known:
    """The same, last seen so long after noon."""
    where = known.state.devices[PHONE]
    at = NOON + timedelta(minutes=minutes)
    stays = where.presences if inside else {}
    devices = {PHONE: replace(where, recorded_at=at, presences=stays)}
    return replace(known, state=replace(known.state, devices=devices))


def resumed(known: Known, world: World = WORLD, now: datetime = OVER) -> Change:
    (change,) = resume({ANNA: known}, world, now)
    return change


def test_what_comes_up_in_quiet_hours_waits_for_their_end() -> None:
    change = the_change(
        run(a_customer(preferences=QUIET), upload(ping(0)), world=WORLD)
    )
    (row,) = change.decided
    assert (row.verdict, row.reason) == (Verdict.DEFERRED, Reason.QUIET_HOURS)
    assert row.due == OVER
    assert (change.messages, change.state.tallies) == ((), ())
    (waiting,) = change.state.deferred
    assert (waiting.decision_id, waiting.due) == (row.decision_id, OVER)


def test_nothing_is_decided_before_its_time() -> None:
    known = seen(put_off(), 29)
    assert resume({ANNA: known}, WORLD, OVER - timedelta(seconds=1)) == []


def test_who_is_still_there_is_sent_it_under_the_same_id() -> None:
    known = seen(put_off(), 20)
    change = resumed(known)
    (row,) = change.decided
    assert (row.verdict, row.reason, row.due) == (
        Verdict.DECIDED,
        Reason.DECIDED,
        None,
    )
    assert row.decision_id == known.state.deferred[0].decision_id
    assert change.messages[0].message_id == row.decision_id
    assert change.messages[0].decided_at == OVER
    assert change.state.deferred == ()
    assert len(change.state.tallies) == 1


def test_nothing_is_decided_twice() -> None:
    known = seen(put_off(), 20)
    once = replace(known, state=resumed(known).state)
    assert resume({ANNA: once}, WORLD, OVER + timedelta(hours=1)) == []


COLD = a_world(offers=[an_offer(**LATER)], sky=weather(10.0))
NO_SHOP = a_world([], [an_offer(**LATER)])


@pytest.mark.parametrize(
    ("known", "world", "reason"),
    [
        (seen(put_off(), 20, inside=False), WORLD, Reason.LEFT_ZONE),
        (seen(put_off(), 5), WORLD, Reason.EVENT_TOO_OLD),
        (seen(put_off(), 20), COLD, Reason.CONDITIONS_DIFFER),
        (seen(put_off(), 20), a_world(offers=[]), Reason.OFFER_NOT_LIVE),
        (seen(put_off(), 20), NO_SHOP, Reason.ZONE_GONE),
    ],
)
def test_everything_is_looked_at_again(
    known: Known, world: World, reason: Reason
) -> None:
    change = resumed(known, world)
    (row,) = change.decided
    assert (row.verdict, row.reason) == (Verdict.WITHHELD, reason)
    assert change.messages == ()
    assert change.state.deferred == ()


def test_a_consent_withdrawn_meanwhile_is_obeyed_first() -> None:
    known = seen(put_off(), 20, inside=False)
    profile = replace(known.profile, consents=consents(push_marketing=False))
    (row,) = resumed(replace(known, profile=profile)).decided
    assert row.reason is Reason.NO_CONSENT


def test_a_phone_that_is_gone_is_sent_nothing() -> None:
    known = seen(put_off(), 20)
    gone = replace(known.profile, devices={})
    (row,) = resumed(replace(known, profile=gone)).decided
    assert row.reason is Reason.NO_ADDRESS


def test_quiet_hours_that_were_made_longer_put_off_once_more() -> None:
    known = seen(put_off(), 20)
    longer = replace(LIKES, quiet_hours=QuietHours("13:00", "15:00"))
    profile = replace(known.profile, preferences=longer)
    change = resumed(replace(known, profile=profile))
    (row,) = change.decided
    assert (row.verdict, row.due) == (Verdict.DEFERRED, OVER + timedelta(minutes=30))
    assert len(change.state.deferred) == 1


def test_an_exit_waits_without_growing_older_and_ends_if_they_come_back() -> None:
    world = a_world(offers=[an_offer(**LATER, trigger={"on": ["exit"]})])
    known = a_customer(preferences=QUIET)
    known = after(known, run(known, upload(ping(0)), world=world))
    pings = upload(ping(60, FAR), ping(70, FAR))
    at = NOON + timedelta(seconds=70)
    known = after(known, run(known, pings, world=world, now=at))
    (row,) = resumed(known, world).decided
    assert row.reason is Reason.DECIDED
    stay = {ZoneId("shop"): Presence(NOON, UUID(int=9))}
    back = {PHONE: Whereabouts(recorded_at=OVER, presences=stay)}
    known = replace(known, state=replace(known.state, devices=back))
    (row,) = resumed(known, world).decided
    assert row.reason is Reason.LEFT_ZONE


def test_of_what_is_due_together_one_goes_out() -> None:
    offers = [an_offer(**LATER), an_offer("tea", priority=10, **LATER)]
    world = a_world(offers=offers)
    change = resumed(seen(put_off(world), 20), world)
    reasons = {one.offer_id: one.reason for one in change.decided}
    assert reasons == {"ice-cream": Reason.DECIDED, "tea": Reason.OUTRANKED}


def test_what_an_anonymous_customer_waits_for_ends_when_they_are_named() -> None:
    named = merge(nobody(customer_key("named")), put_off())
    assert named.state.deferred == ()


@pytest.mark.parametrize(
    ("came", "over"),
    [
        ("2026-03-28T22:00", "2026-03-29T06:00"),  # the clock is set forward: CEST
        ("2026-10-24T21:00", "2026-10-25T07:00"),  # the clock is set back: CET
    ],
)
def test_the_night_in_which_the_clock_changes_ends_at_eight(
    came: str, over: str
) -> None:
    at = datetime.fromisoformat(came).replace(tzinfo=UTC)
    nights = replace(LIKES, quiet_hours=QuietHours("22:00", "08:00"))
    known = a_customer(preferences=nights)
    granted = {
        purpose: replace(one, at=at - timedelta(1), since=at - timedelta(1))
        for purpose, one in known.profile.consents.items()
    }
    known = replace(known, profile=replace(known.profile, consents=granted))
    world = a_world(offers=[an_offer(**LATER)], sky=weather(24.0, at))
    when = (at - NOON).total_seconds()
    evaluation = run(known, upload(ping(when)), world=world, now=at)
    (row,) = the_change(evaluation).decided
    assert row.due == datetime.fromisoformat(over).replace(tzinfo=UTC)


PLAIN = {
    "conditions": None,
    "caps": [],
    "message": {"title": {"en": "Hello"}, "body": {"en": "Come in"}},
    **LATER,
}
OFFERS = [
    an_offer(**PLAIN),
    an_offer("tea", **PLAIN | {"priority": 9, "quiet": "drop"}),
    an_offer("held", **PLAIN | {"priority": 70, "experiment": {"holdout": 1}}),
    an_offer("shadow", **PLAIN | {"status": "shadow"}),
]
TOWN = a_world([a_zone(), a_zone("other", FAR)], OFFERS)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([60, 900, 2000, 9000]), st.booleans(), st.booleans()),
        min_size=1,
        max_size=12,
    )
)
def test_every_candidate_is_in_one_place_and_ends_in_one(
    steps: list[tuple[int, bool, bool]],
) -> None:
    hours = replace(LIKES, quiet_hours=QuietHours("14:00", "15:00"))
    known, rows, at = a_customer(preferences=hours), dict[UUID, Decided](), 0
    messages = Counter[UUID]()
    for gap, here, rings in steps:
        at += gap
        now = NOON + timedelta(seconds=at + 10)
        place = HERE if here else FAR
        pings = upload(ping(at, place), ping(at + 5, place))
        changes = list(run(known, pings, world=TOWN, now=now).changes)
        known = replace(known, state=changes[0].state)
        if rings:
            more = resume({ANNA: known}, TOWN, now)
            changes += more
            known = replace(known, state=more[0].state) if more else known
        for change in changes:
            for row in change.decided:
                before = rows.get(row.decision_id)
                assert before is None or before.verdict is Verdict.DEFERRED
                rows[row.decision_id] = row
            messages.update(one.message_id for one in change.messages)
    waiting = {one.decision_id for one in known.state.deferred}
    by = {verdict: set[UUID]() for verdict in Verdict}
    for row in rows.values():
        by[row.verdict].add(row.decision_id)
    assert waiting == by[Verdict.DEFERRED]
    assert set(messages) == by[Verdict.DECIDED]
    assert set(messages.values()) <= {1}
