"""A batch of pings through match, advance and decide."""

from datetime import timedelta

import msgspec
import pytest

from geopush.core.cap import Window
from geopush.core.change import NotPermitted
from geopush.core.customer import MaxMessages, Preferences
from geopush.core.decision import Reason, Verdict
from geopush.core.presence import Kind
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
    taken,
    the_change,
    upload,
    weather,
)


def reasons(known, world=None, now=NOON) -> list[Reason]:
    evaluation = run(known, upload(ping(0)), world=world, now=now)
    return [one.reason for one in the_change(evaluation).decided]


def test_who_comes_near_on_a_warm_day_gets_the_offer() -> None:
    change = the_change(run(a_customer(), upload(ping(-60, FAR), ping(0))))
    (message,) = change.messages
    assert message.content.body == "24 C at Da Mario"
    assert message.expires_at == NOON + timedelta(seconds=2700)
    assert [one.transition.kind for one in change.happened] == [Kind.ENTER]
    assert message.message_id == change.decided[0].decision_id


def test_the_same_decision_always_has_the_same_id() -> None:
    one = the_change(run(a_customer(), upload(ping(0))))
    other = the_change(run(a_customer(), upload(ping(0)), now=NOON + timedelta(0, 5)))
    assert one.messages[0].message_id == other.messages[0].message_id


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (a_customer(consents(push_marketing=False)), Reason.NO_CONSENT),
        (a_customer(preferences=Preferences()), Reason.TOPIC_NOT_CHOSEN),
        (a_customer(has_address=False), Reason.NO_ADDRESS),
        (
            a_customer(
                preferences=Preferences(
                    topics={"ice_cream": True}, paused_until=NOON + timedelta(hours=1)
                )
            ),
            Reason.PAUSED_BY_CUSTOMER,
        ),
        (
            a_customer(
                preferences=Preferences(
                    topics={"ice_cream": True}, muted_zones=("shop",)
                )
            ),
            Reason.MUTED_BY_CUSTOMER,
        ),
    ],
)
def test_a_customer_who_said_no_gets_nothing_and_we_say_why(known, reason) -> None:
    assert reasons(known) == [reason]


@pytest.mark.parametrize(
    ("sky", "reason"),
    [
        (weather(21.9), Reason.CONDITIONS_DIFFER),
        (weather(None), Reason.CONDITION_UNKNOWN),
        (weather(24, NOON - timedelta(hours=3)), Reason.WEATHER_STALE),
        (weather(22.0), Reason.DECIDED),
    ],
)
def test_the_weather_decides(sky, reason) -> None:
    assert reasons(a_customer(), a_world(sky=sky)) == [reason]


def test_consent_is_looked_at_before_anything_else() -> None:
    nobody = a_customer(consents(push_marketing=False), has_address=False)
    assert reasons(nobody, a_world(sky=weather(5))) == [Reason.NO_CONSENT]


def test_without_location_consent_nothing_is_kept() -> None:
    evaluation = run(a_customer(consents(location=False)), upload(ping(0)))
    assert evaluation.answers == (NotPermitted(),)
    assert evaluation.changes == ()


def test_of_two_offers_that_fit_one_goes_and_the_other_says_to_whom_it_lost() -> None:
    offers = [an_offer("a", priority=10), an_offer("b", priority=90)]
    change = the_change(
        run(a_customer(), upload(ping(0)), world=a_world(offers=offers))
    )
    assert [one.offer_id for one in change.messages] == ["b"]
    lost = next(one for one in change.decided if one.offer_id == "a")
    assert (lost.reason, lost.trace[-1].threshold) == (Reason.OUTRANKED, "b")


def test_an_offer_in_shadow_sends_nothing_and_takes_nobodys_place() -> None:
    shadow = an_offer("b", priority=90, status="shadow")
    offers = [an_offer("a", priority=10), shadow]
    change = the_change(
        run(a_customer(), upload(ping(0)), world=a_world(offers=offers))
    )
    verdicts = {one.offer_id: one.verdict for one in change.decided}
    assert verdicts == {"a": Verdict.DECIDED, "b": Verdict.WOULD_HAVE_SENT}
    assert [one.offer_id for one in change.messages] == ["a"]


def test_a_cap_holds_within_a_batch() -> None:
    zones = [a_zone("one"), a_zone("two", FAR)]
    world = a_world(zones=zones)
    evaluation = run(a_customer(), upload(ping(0)), upload(ping(60, FAR)), world=world)
    change = the_change(evaluation)
    assert [one.reason for one in change.decided] == [Reason.DECIDED, Reason.CAPPED]
    assert len(change.state.tallies) == 1


def test_a_cap_holds_across_batches() -> None:
    known = a_customer()
    world = a_world(zones=[a_zone("one"), a_zone("two", FAR)])
    known = after(known, run(known, upload(ping(0)), world=world))
    later = NOON + timedelta(minutes=5)
    change = the_change(run(known, upload(ping(290, FAR)), world=world, now=later))
    assert [one.reason for one in change.decided] == [Reason.CAPPED]


def test_a_repeated_ping_changes_nothing_and_shows_no_transitions() -> None:
    known = a_customer()
    known = after(known, run(known, upload(ping(-60, FAR), ping(0))))
    again = run(known, upload(ping(-60, FAR), ping(0)))
    answer = taken(again)
    assert (answer.accepted, answer.repeated, answer.transitions) == (0, 2, ())
    assert answer.inside == ("shop",)
    assert again.changes == ()


def test_a_large_upload_that_comes_twice_is_repeated_whole() -> None:
    known = a_customer()
    backlog = upload(*(ping(at, FAR) for at in range(-600, 0, 2)))
    known = after(known, run(known, backlog))
    assert taken(run(known, backlog)).repeated == 300


def test_pings_count_in_the_order_of_their_own_time() -> None:
    pings = [ping(0), ping(60, FAR), ping(90, FAR)]
    there = taken(run(a_customer(), upload(*pings), now=NOON + timedelta(minutes=2)))
    back = taken(
        run(a_customer(), upload(*reversed(pings)), now=NOON + timedelta(minutes=2))
    )
    assert there == back
    assert [one.kind for one in there.transitions] == [Kind.ENTER, Kind.EXIT]


def test_a_late_ping_changes_no_transition() -> None:
    known = a_customer()
    known = after(known, run(known, upload(ping(0, FAR))))
    late = run(known, upload(ping(-60, HERE)))
    assert (taken(late).late, taken(late).transitions) == (1, ())
    assert the_change(late).messages == ()


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (-8 * 86_400, "too_old"),
        (400, "in_the_future"),
    ],
)
def test_a_ping_with_an_impossible_time_is_rejected(seconds, reason) -> None:
    answer = taken(run(a_customer(), upload(ping(seconds), ping(0, FAR))))
    assert [(one.index, one.reason) for one in answer.rejected] == [(0, reason)]
    assert answer.accepted == 1


def test_the_four_counts_add_up() -> None:
    known = a_customer()
    known = after(known, run(known, upload(ping(0, FAR))))
    answer = taken(
        run(known, upload(ping(0, FAR), ping(-30, FAR), ping(9_999), ping(1)))
    )
    counts = (answer.accepted, answer.late, answer.repeated, len(answer.rejected))
    assert counts == (1, 1, 1, 1)


def test_an_old_event_is_no_occasion_to_speak() -> None:
    evaluation = run(a_customer(), upload(ping(0)), now=NOON + timedelta(minutes=11))
    assert the_change(evaluation).decided[0].reason is Reason.EVENT_TOO_OLD


def test_a_zone_that_is_gone_is_left_without_an_offer() -> None:
    known = a_customer()
    known = after(known, run(known, upload(ping(0))))
    bye = an_offer(
        "bye", trigger={"any": [{"on": ["exit"], "zones": {"tags": ["restaurant"]}}]}
    )
    change = the_change(
        run(known, upload(ping(30)), world=a_world(zones=[], offers=[bye]))
    )
    (left,) = (one.transition for one in change.happened)
    assert (left.kind, left.reason) == (Kind.EXIT, "zone_removed")
    assert change.decided == ()


def test_a_zone_that_is_switched_off_is_neither_entered_nor_stayed_in() -> None:
    known, off = a_customer(), a_world([a_zone(enabled=False)])
    assert taken(run(known, upload(ping(0)), world=off)).inside == ()
    known = after(known, run(known, upload(ping(0))))
    evaluation = run(known, upload(ping(30)), world=off)
    (left,) = taken(evaluation).transitions
    assert (left.kind, left.reason) == (Kind.EXIT, "zone_removed")
    assert taken(evaluation).inside == ()


YEAR: dict[str, object] = {"rolling": "P366D"}
ONCE_A_YEAR = Preferences(
    topics={"ice_cream": True},
    max_messages=MaxMessages(1, Window(rolling=timedelta(days=366))),
)


@pytest.mark.parametrize(
    ("preferences", "caps", "kept"),
    [
        (None, [{"scope": "offer", "limit": 1, "window": YEAR}], 1),
        (ONCE_A_YEAR, [], 1),
        (None, [], 0),
    ],
)
def test_what_went_out_is_remembered_for_as_long_as_a_cap_looks_back(
    preferences: Preferences | None, caps: list[object], kept: int
) -> None:
    world = a_world(offers=[an_offer(caps=caps)])
    known = a_customer(preferences=preferences)
    known = after(known, run(known, upload(ping(0)), world=world))
    assert len(known.state.tallies) == 1
    later = timedelta(days=300)
    ping_then = ping(later.total_seconds(), FAR)
    change = the_change(run(known, upload(ping_then), world=world, now=NOON + later))
    assert len(change.state.tallies) == kept


def test_the_clock_of_a_row_never_runs_backwards() -> None:
    known = a_customer()
    known = after(known, run(known, upload(ping(0)), now=NOON + timedelta(minutes=3)))
    earlier = run(known, upload(ping(10)), now=NOON)
    assert the_change(earlier).state.now == NOON + timedelta(minutes=3)


def test_what_is_written_holds_no_coordinates() -> None:
    change = the_change(run(a_customer(), upload(ping(0))))
    written = msgspec.json.encode([change.state, change.happened, change.decided])
    assert b"52.37" not in written
    assert b"4.9" not in written.replace(b"24.9", b"")


def test_presences_are_told_as_what_came_and_what_left() -> None:
    known = a_customer()
    first = run(known, upload(ping(0)), world=a_world([a_zone(dwell_seconds=300)]))
    (came,) = the_change(first).came
    assert (came.device_id, came.zone_id) == (PHONE, "shop")
    assert came.due == NOON + timedelta(seconds=300)
    known = after(known, first)
    gone = run(known, upload(ping(60, FAR), ping(90, FAR)))
    assert [one.zone_id for one in the_change(gone).left] == ["shop"]
