"""Stop, for ever: said once, passed on, known again by a mark."""

import pytest
from msgspec.structs import replace

from geopush.core.decision import Reason
from geopush.core.known import Known
from geopush.core.merge import merge, nobody, start_over
from geopush.core.occasion import World
from geopush.core.ping import customer_key
from geopush.core.suppression import Stop, mark, merged, passed_on, stopped
from tests.core.people import after, customer
from tests.core.world import (
    NOON,
    a_customer,
    a_world,
    an_offer,
    consents,
    ping,
    run,
    the_change,
    upload,
)

EARLY, LATE = Stop(after(0)), Stop(after(5))
ANONYMOUS = customer_key("anon-1")


def test_the_first_time_somebody_says_stop_counts() -> None:
    assert stopped(None, after(0)) == EARLY
    assert stopped(EARLY, after(5)) == EARLY


def test_who_had_a_stop_passed_on_may_say_it_themselves() -> None:
    assert stopped(passed_on(EARLY), after(5)) == LATE


@pytest.mark.parametrize(
    ("named", "anonymous", "holds"),
    [
        (None, None, None),
        (EARLY, None, EARLY),
        (None, LATE, LATE),
        (LATE, EARLY, EARLY),
        (None, passed_on(EARLY), None),
        (LATE, passed_on(EARLY), LATE),
    ],
)
def test_only_what_somebody_said_themselves_goes_to_whom_they_turn_out_to_be(
    named: Stop | None, anonymous: Stop | None, holds: Stop | None
) -> None:
    assert merged(named, anonymous) == holds
    both = merge(nobody(customer_key("ann"), named), nobody(ANONYMOUS, anonymous))
    assert both.profile.stop == holds


def test_logging_out_ends_no_stop() -> None:
    ann = nobody(customer_key("ann"), EARLY)
    assert start_over(ANONYMOUS, ann).profile.stop == passed_on(EARLY)
    assert start_over(ANONYMOUS, customer("ann")).profile.stop is None


def test_a_mark_is_of_one_id_under_one_secret() -> None:
    marks = {mark(name, key) for name in ("ann", "bob") for key in (b"1", b"2")}
    assert len(marks) == 4
    assert mark("ann", b"1") in marks
    assert not any(b"ann" in one for one in marks)


def reasons(known: Known, world: World | None = None) -> list[Reason]:
    known = replace(known, profile=replace(known.profile, stop=Stop(NOON)))
    change = the_change(run(known, upload(ping(0)), world=world))
    assert change.messages == ()
    return [one.reason for one in change.decided]


def test_a_stop_is_looked_at_before_consent() -> None:
    refused = a_customer(consents(push_marketing=False))
    assert reasons(refused) == [Reason.STOPPED_BY_CUSTOMER]


def test_a_service_message_is_stopped_too() -> None:
    service = a_world(offers=[an_offer(category="service")])
    assert reasons(a_customer(), service) == [Reason.STOPPED_BY_CUSTOMER]
