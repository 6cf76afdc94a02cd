"""Messages of other tools: which caps see them, and how long we are silent then."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from geopush.core.cap import Cap, Scope, Tally, Window, count
from geopush.core.contact import Contact, age_problem, tally_of
from geopush.core.customer import MaxMessages, Preferences
from geopush.core.decision import Reason
from geopush.core.item import RefusedItem
from geopush.core.known import Known, State
from geopush.core.lastlook import objection
from geopush.core.message import Address, AddressKind
from geopush.core.offer import Category, Offer
from tests.core.test_outbox import a_message
from tests.core.world import (
    ANNA,
    NOON,
    a_customer,
    a_world,
    an_offer,
    ping,
    run,
    the_change,
    upload,
)

DAY = Window(rolling=timedelta(days=1))
HOUR = timedelta(hours=1)


def mail(at: datetime = NOON - 2 * HOUR, **more: str) -> Contact:
    """An e-mail of another tool, two hours ago."""
    category = Category(more.get("category", "promo"))
    return Contact(more.get("contact_id", "mail-1"), "anna", "email", category, at)


def contacted(*contacts: Contact, preferences: Preferences | None = None) -> Known:
    """Anna, whom another tool wrote to."""
    state = State(tallies=tuple(tally_of(one, ANNA) for one in contacts))
    return replace(a_customer(preferences=preferences), state=state)


def reason(known: Known, offer: Offer, lock: timedelta = HOUR) -> Reason:
    world = replace(a_world(offers=[offer]), contact_lock=lock)
    change = the_change(run(known, upload(ping(0)), world=world))
    return change.decided[0].reason


def capped(scope: str, **more: str) -> Offer:
    cap = {"scope": scope, "limit": 1, "window": {"rolling": "P1D"}}
    return an_offer(caps=[cap], **more)


@pytest.mark.parametrize(
    ("scope", "category", "counts"),
    [
        ("all", "promo", True),
        ("all", "service", True),
        ("category", "promo", True),
        ("category", "reward", False),
        ("offer", "promo", False),
        ("offer_zone", "promo", False),
        ("zone", "promo", False),
    ],
)
def test_a_contact_counts_for_caps_that_ask_for_no_offer_and_no_zone(
    scope: str, category: str, counts: bool
) -> None:
    known = contacted(mail(category=category))
    expected = Reason.CAPPED if counts else Reason.DECIDED
    assert reason(known, capped(scope)) is expected


def test_a_contact_is_at_no_zone_even_where_an_offer_has_none() -> None:
    tally = tally_of(mail(), ANNA)
    about = Tally.about("ice", "promo", None)
    cap = Cap(Scope.ZONE, 1, DAY)
    kept = count(cap, [tally], about, NOON, customer_tz="UTC", zone_tz="UTC")
    assert kept == 0


def test_a_contact_counts_from_when_it_was() -> None:
    long_ago = contacted(mail(NOON - timedelta(days=1)))
    assert reason(long_ago, capped("all")) is Reason.DECIDED


def test_a_contact_counts_for_what_the_customer_wants_at_most() -> None:
    wish = Preferences(topics={"ice_cream": True}, max_messages=MaxMessages(1, DAY))
    known = contacted(mail(), preferences=wish)
    assert reason(known, an_offer()) is Reason.CUSTOMER_LIMIT


@pytest.mark.parametrize(
    ("ago", "lock", "category", "expected"),
    [
        (timedelta(minutes=59), HOUR, "promo", Reason.CONTACT_LOCK),
        (HOUR, HOUR, "promo", Reason.DECIDED),
        (timedelta(minutes=-3), HOUR, "promo", Reason.CONTACT_LOCK),
        (timedelta(0), HOUR, "reward", Reason.CONTACT_LOCK),
        (timedelta(0), HOUR, "service", Reason.DECIDED),
        (timedelta(minutes=-3), timedelta(0), "promo", Reason.DECIDED),
    ],
)
def test_after_a_contact_we_are_silent_for_a_while(
    ago: timedelta, lock: timedelta, category: str, expected: Reason
) -> None:
    known = contacted(mail(NOON - 5 * HOUR, contact_id="old"), mail(NOON - ago))
    assert reason(known, capped("offer", category=category), lock) is expected


def test_our_own_messages_lock_nothing() -> None:
    ours = State(tallies=(replace(tally_of(mail(NOON), ANNA), offer_id="tea"),))
    known = replace(a_customer(), state=ours)
    assert reason(known, capped("offer")) is Reason.DECIDED


def test_who_was_contacted_since_the_decision_is_not_sent_what_waits() -> None:
    address = Address(AddressKind.APNS_TOKEN, "ab" * 32, NOON)
    message = a_message(address=address)
    later = contacted(mail(message.decided_at + timedelta(seconds=1)))
    objected = objection(message, later, a_world(), NOON)
    assert objected is not None
    assert objected.reason == "contact_lock"
    assert objection(message, contacted(mail()), a_world(), NOON) is None


@pytest.mark.parametrize(
    ("ahead", "problem"),
    [
        (timedelta(minutes=5), None),
        (timedelta(minutes=6), RefusedItem.IN_THE_FUTURE),
        (timedelta(days=-366), None),
        (timedelta(days=-367), RefusedItem.TOO_OLD),
    ],
)
def test_a_contact_of_a_wrong_clock_is_refused(
    ahead: timedelta, problem: RefusedItem | None
) -> None:
    assert age_problem(mail(NOON + ahead), NOON) is problem
