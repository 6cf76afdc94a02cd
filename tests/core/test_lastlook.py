"""The last look before a message leaves."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from geopush.core.cap import Tally, Window
from geopush.core.customer import MaxMessages, Preferences
from geopush.core.known import Known, Profile
from geopush.core.lastlook import Letter, objection, overfull
from geopush.core.message import (
    Address,
    AddressKind,
    MessageId,
    Objection,
    State,
)
from geopush.core.offer import Offer
from geopush.core.schedule import QuietHours
from geopush.core.suppression import Stop
from tests.core.test_outbox import a_message
from tests.core.world import (
    NOON,
    PHONE,
    a_customer,
    a_world,
    a_zone,
    an_offer,
    consents,
)
from zones import Zone

MESSAGE = a_message(address=Address(AddressKind.APNS_TOKEN, "ab" * 32, NOON))
STOPPED = replace(a_customer(), profile=Profile(stop=Stop(NOON)))

DAY = Window(rolling=timedelta(days=1))
LIKES = Preferences(topics={"ice_cream": True})


def test_a_message_with_nothing_against_it_leaves() -> None:
    assert objection(MESSAGE, a_customer(), a_world(), NOON) is None


@pytest.mark.parametrize(
    ("offer", "known", "state", "reason"),
    [
        (an_offer(), None, State.WITHDRAWN, "customer_gone"),
        (None, STOPPED, State.WITHDRAWN, "stopped_by_customer"),
        (None, a_customer(), State.WITHDRAWN, "offer_not_live"),
        (an_offer(status="shadow"), a_customer(), State.WITHDRAWN, "offer_not_live"),
        (
            an_offer(),
            a_customer(consents(push_marketing=False)),
            State.WITHDRAWN,
            "no_consent",
        ),
        (
            an_offer(),
            a_customer(consents(location=False)),
            State.WITHDRAWN,
            "no_consent",
        ),
        (
            an_offer(),
            a_customer(preferences=replace(LIKES, paused_until=NOON + timedelta(1))),
            State.WITHDRAWN,
            "paused_by_customer",
        ),
        (
            an_offer(),
            a_customer(preferences=replace(LIKES, muted_zones=("shop",))),
            State.WITHDRAWN,
            "muted_by_customer",
        ),
    ],
)
def test_what_speaks_against_it_is_said(
    offer: Offer | None, known: Known | None, state: State, reason: str
) -> None:
    world = a_world(offers=[] if offer is None else [offer])
    against = objection(MESSAGE, known, world, NOON)
    assert against is not None
    assert (against.state, against.reason) == (state, reason)


def test_nothing_leaves_after_it_expired() -> None:
    against = objection(MESSAGE, a_customer(), a_world(), MESSAGE.expires_at)
    assert against is not None
    assert against.state is State.EXPIRED


def test_nothing_leaves_for_nowhere() -> None:
    nowhere = replace(MESSAGE, address=None)
    against = objection(nowhere, a_customer(), a_world(), NOON)
    assert against is not None
    assert against.state is State.DEAD_ADDRESS


@pytest.mark.parametrize(
    ("preferences", "reason"),
    [
        (Preferences(topics={"ice_cream": False}), "topic_not_chosen"),
        (replace(LIKES, quiet_hours=QuietHours("13:00", "15:00")), "quiet_hours"),
        (replace(LIKES, max_messages=MaxMessages(0, DAY)), "customer_limit"),
    ],
)
def test_what_the_customer_changed_meanwhile_holds(
    preferences: Preferences, reason: str
) -> None:
    known = a_customer(preferences=preferences)
    assert objection(MESSAGE, known, a_world(), NOON) == Objection(
        State.WITHDRAWN, reason
    )


@pytest.mark.parametrize(("number", "leaves"), [(4, True), (6, False)])
def test_of_two_messages_within_a_lower_limit_the_first_leaves(
    number: int, leaves: bool
) -> None:
    known = a_customer(preferences=replace(LIKES, max_messages=MaxMessages(1, DAY)))
    tallies = [Tally(UUID(int=one), NOON, "x", "promo", "shop") for one in (4, 5, 6)]
    this = replace(MESSAGE, message_id=MessageId(UUID(int=number)))
    state = replace(known.state, tallies=tuple(tallies))
    against = objection(this, replace(known, state=state), a_world(), NOON)
    assert (against is None) is leaves


def a_customer_who_had(*tallies: Tally, **wishes: object) -> Known:
    known = a_customer(preferences=replace(LIKES, **wishes))
    return replace(known, state=replace(known.state, tallies=tallies))


HOUR = timedelta(hours=1)
ANOTHER = Tally(UUID(int=4), NOON - HOUR, "ice-cream", "promo", "shop")
CONTACT = Tally.contact(UUID(int=4), NOON + HOUR, "promo")
CAP = {"limit": 1, "window": {"rolling": "PT24H"}}


@pytest.mark.parametrize(
    ("scope", "tally", "leaves"),
    [
        ("offer", ANOTHER, False),
        ("offer", replace(ANOTHER, offer_id="other"), True),
        ("category", replace(ANOTHER, offer_id="other"), False),
        ("all", replace(ANOTHER, offer_id="other", category="reward"), False),
        ("offer", replace(ANOTHER, at=NOON - 24 * HOUR), True),
        ("offer", replace(ANOTHER, at=NOON), True),
        ("offer", replace(ANOTHER, at=NOON + HOUR), True),
        ("offer", replace(ANOTHER, message_id=MESSAGE.message_id, at=NOON), True),
        ("category", CONTACT, False),
        ("all", CONTACT, False),
    ],
)
def test_caps_count_what_was_decided_before_and_what_other_tools_sent(
    scope: str, tally: Tally, leaves: bool
) -> None:
    world = a_world(offers=[an_offer(caps=[CAP | {"scope": scope}])])
    world = replace(world, contact_lock=timedelta(0))
    known = a_customer_who_had(tally)
    against = objection(MESSAGE, known, world, NOON + timedelta(minutes=1))
    assert against == (None if leaves else Objection(State.WITHDRAWN, "capped"))


LETTER = Letter(UUID(int=5), PHONE, "ice-cream", "shop", NOON)


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (a_customer_who_had(), None),
        (a_customer_who_had(ANOTHER), "capped"),
        (a_customer_who_had(replace(ANOTHER, at=NOON + HOUR / 2)), "capped"),
        (a_customer_who_had(replace(ANOTHER, message_id=LETTER.message_id)), None),
        (a_customer_who_had(replace(ANOTHER, offer_id="other")), None),
        (
            a_customer_who_had(
                replace(ANOTHER, offer_id="other"), max_messages=MaxMessages(1, DAY)
            ),
            "customer_limit",
        ),
    ],
)
def test_what_gave_its_place_back_needs_one_among_all_that_was_decided_since(
    known: Known, reason: str | None
) -> None:
    assert overfull(LETTER, known, a_world(), NOON + HOUR) == reason


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, device_id="sold"),
        replace(LETTER, zone_id="gone"),
        replace(LETTER, offer_id="gone"),
    ],
)
def test_what_will_not_leave_anyhow_needs_no_place(letter: Letter) -> None:
    known = a_customer_who_had(ANOTHER)
    assert overfull(letter, known, a_world(), NOON + HOUR) is None


def test_an_offer_that_can_wait_waits_for_the_end_of_quiet_hours() -> None:
    quiet = replace(LIKES, quiet_hours=QuietHours("13:00", "14:30"))  # 14:00 there
    world = a_world(offers=[an_offer(quiet="defer")])
    against = objection(MESSAGE, a_customer(preferences=quiet), world, NOON)
    assert against == Objection(State.RETRY, "quiet_hours", timedelta(minutes=30))


def test_an_offer_that_would_wait_beyond_its_time_does_not() -> None:
    quiet = replace(LIKES, quiet_hours=QuietHours("13:00", "18:00"))
    world = a_world(offers=[an_offer(quiet="defer")])
    against = objection(MESSAGE, a_customer(preferences=quiet), world, NOON)
    assert against == Objection(State.WITHDRAWN, "quiet_hours")


@pytest.mark.parametrize(
    ("zones", "reason"),
    [
        ([], "zone_gone"),
        ([a_zone(muted_until="2026-07-04T13:00:00Z")], "zone_muted"),
    ],
)
def test_what_the_manager_of_the_zone_changed_meanwhile_holds(
    zones: list[Zone], reason: str
) -> None:
    against = objection(MESSAGE, a_customer(), a_world(zones), NOON)
    assert against == Objection(State.WITHDRAWN, reason)


def test_nothing_leaves_for_a_device_that_is_not_the_customers_any_more() -> None:
    against = objection(
        replace(MESSAGE, device_id="sold"), a_customer(), a_world(), NOON
    )
    assert against == Objection(State.DEAD_ADDRESS, "no_address")
