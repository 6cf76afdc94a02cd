"""The last look before a message leaves."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from geopush.core.customer import Preferences
from geopush.core.known import Known, Profile
from geopush.core.lastlook import objection
from geopush.core.message import Address, AddressKind, State
from geopush.core.offer import Offer
from geopush.core.suppression import Stop
from tests.core.test_outbox import a_message
from tests.core.world import NOON, a_customer, an_offer, consents

MESSAGE = a_message(address=Address(AddressKind.APNS_TOKEN, "ab" * 32, NOON))
STOPPED = replace(a_customer(), profile=Profile(stop=Stop(NOON)))


def test_a_message_with_nothing_against_it_leaves() -> None:
    assert objection(MESSAGE, an_offer(), a_customer(), NOON) is None


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
            a_customer(preferences=Preferences(paused_until=NOON + timedelta(1))),
            State.WITHDRAWN,
            "paused_by_customer",
        ),
        (
            an_offer(),
            a_customer(preferences=Preferences(muted_zones=("shop",))),
            State.WITHDRAWN,
            "muted_by_customer",
        ),
    ],
)
def test_what_speaks_against_it_is_said(
    offer: Offer | None, known: Known | None, state: State, reason: str
) -> None:
    against = objection(MESSAGE, offer, known, NOON)
    assert against is not None
    assert (against.state, against.reason) == (state, reason)


def test_nothing_leaves_after_it_expired() -> None:
    against = objection(MESSAGE, an_offer(), a_customer(), MESSAGE.expires_at)
    assert against is not None
    assert against.state is State.EXPIRED


def test_nothing_leaves_for_nowhere() -> None:
    nowhere = replace(MESSAGE, address=None)
    against = objection(nowhere, an_offer(), a_customer(), NOON)
    assert against is not None
    assert against.state is State.DEAD_ADDRESS
