"""Stops: asked when an offer is decided, and again before its message leaves."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from geopush.core.decision import Reason, Verdict
from geopush.core.known import Known
from geopush.core.lastlook import objection
from geopush.core.message import Address, AddressKind
from geopush.core.presence import Presence, Whereabouts
from geopush.core.receipt import Receipt, ReceiptKind, Report, reported
from geopush.core.weather import Weather
from tests.core.test_outbox import a_message
from tests.core.world import (
    FAR,
    NOON,
    PHONE,
    a_customer,
    a_world,
    an_offer,
    ping,
    run,
    the_change,
    upload,
    weather,
)
from zones import ZoneId

MESSAGE = a_message(address=Address(AddressKind.APNS_TOKEN, "ab" * 32, NOON))
BOUGHT = {"stop_when": [{"event": "purchase", "within": "PT6H"}]}
LEFT = {"stop_when": [{"left_zone": True}]}
COLDER = {
    "stop_when": [{"conditions_no_longer_hold": True}],
    "conditions": {"all": [{"weather.temperature_c": {"gte": 22, "off_below": 21}}]},
}


def told(*reports: Report, inside: bool = True) -> Known:
    """Anna, of whom something was reported, in the shop unless told otherwise."""
    known = a_customer()
    stay = Whereabouts(NOON, presences={ZoneId("shop"): Presence(NOON, UUID(int=1))})
    where = {PHONE: stay} if inside else {}
    return replace(known, state=replace(known.state, devices=where, reports=reports))


def ago(hours: float) -> datetime:
    return NOON - timedelta(hours=hours)


REPORTS = [
    ((), True),
    ((Report("purchase", None, ago(5)),), False),
    ((Report("purchase", None, ago(6)),), True),
    ((Report("converted", "ice-cream", ago(1)),), True),
]


@pytest.mark.parametrize(("reports", "goes"), REPORTS)
def test_an_event_stops_an_offer_for_as_long_as_it_says(
    reports: tuple[Report, ...], goes: bool
) -> None:
    world = a_world(offers=[an_offer(**BOUGHT)])
    known = told(*reports, inside=False)
    (row,) = the_change(run(known, upload(ping(0)), world=world)).decided
    assert row.reason is (Reason.DECIDED if goes else Reason.STOPPED)


@pytest.mark.parametrize(("reports", "goes"), REPORTS)
def test_an_event_stops_a_message_that_is_about_to_leave(
    reports: tuple[Report, ...], goes: bool
) -> None:
    world = a_world(offers=[an_offer(**BOUGHT)])
    against = objection(MESSAGE, told(*reports), world, NOON)
    assert (against and against.reason) == (None if goes else "stop_event")


@pytest.mark.parametrize(
    ("offer_id", "goes"), [("ice-cream", False), ("coffee", True), (None, False)]
)
def test_what_became_of_a_message_stops_its_own_offer(
    offer_id: str | None, goes: bool
) -> None:
    world = a_world(offers=[an_offer(stop_when=[{"event": "opened"}])])
    known = told(Report("opened", offer_id, ago(999)))
    assert (objection(MESSAGE, known, world, NOON) is None) is goes


@pytest.mark.parametrize("inside", [True, False])
def test_a_message_about_a_zone_that_was_left_stays_here(inside: bool) -> None:
    world = a_world(offers=[an_offer(**LEFT)])
    against = objection(MESSAGE, told(inside=inside), world, NOON)
    assert (against and against.reason) == (None if inside else "left_zone")


def test_who_left_within_the_same_upload_is_told_nothing() -> None:
    world = a_world(offers=[an_offer(**LEFT)])
    pings = ping(0), ping(5, FAR), ping(10, FAR)
    now = NOON + timedelta(seconds=11)
    (row,) = the_change(
        run(told(inside=False), upload(*pings), world=world, now=now)
    ).decided
    assert (row.verdict, row.reason) == (Verdict.WITHHELD, Reason.STOPPED)
    assert row.trace[-1].value == "left_zone"


@pytest.mark.parametrize(
    ("sky", "goes"),
    [
        (weather(21.5), True),  # colder than asked for, but not yet as cold as to stop
        (weather(20.9), False),
        (weather(None), False),
        (Weather({}, radius_km=25), False),
    ],
)
def test_a_message_whose_weather_is_over_or_unknown_stays_here(
    sky: Weather, goes: bool
) -> None:
    world = a_world(offers=[an_offer(**COLDER)], sky=sky)
    against = objection(MESSAGE, told(), world, NOON)
    reason = None if goes else "conditions_no_longer_hold"
    assert (against and against.reason) == reason


def test_a_message_whose_hours_are_over_stays_here() -> None:
    hours = {"between": ["10:00", "12:00"], "timezone": "UTC"}
    world = a_world(offers=[an_offer(**COLDER, schedule=hours)])
    against = objection(MESSAGE, told(), world, NOON)
    assert against is not None
    assert against.reason == "conditions_no_longer_hold"


def a_receipt(kind: ReceiptKind, at: datetime = NOON) -> Receipt:
    return Receipt(UUID(int=1), kind, at)


def test_a_conversion_is_also_what_the_offer_calls_it() -> None:
    reports = reported((), a_receipt(ReceiptKind.CONVERTED), "ice-cream", "purchase")
    assert reports == (
        Report("converted", "ice-cream", NOON),
        Report("purchase", None, NOON),
    )


def test_only_the_last_time_of_each_is_kept() -> None:
    reports: tuple[Report, ...] = ()
    for hours in (1, 3, 2):
        receipt = a_receipt(ReceiptKind.OPENED, ago(hours))
        reports = reported(reports, receipt, "ice-cream", None)
    assert reports == (Report("opened", "ice-cream", ago(1)),)
    for number in range(100):
        reports = reported(
            reports, a_receipt(ReceiptKind.OPENED), f"offer-{number}", None
        )
    assert len(reports) == 64
