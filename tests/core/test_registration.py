"""What a registration makes of the customers it touches."""

import pytest
from msgspec import UNSET, UnsetType

from geopush.core.customer import ConsentGiven, Purpose
from geopush.core.device import AddressGiven, Device, Registration
from geopush.core.known import Known
from geopush.core.message import AddressKind, Platform
from geopush.core.ping import CustomerKey, DeviceId, customer_key
from geopush.core.registration import Case, Plan, Step, plan, step_of
from tests.core.people import NOON, after, customer, phone, said_no, tally

PHONE, OTHER = DeviceId("phone"), DeviceId("other")
FRESH = customer_key("anon-fresh")
PUSH = Purpose.PUSH_MARKETING


def case(
    owner: Known | None,
    customer_id: str | UnsetType | None = UNSET,
    *others: Known,
    address: AddressGiven | UnsetType = UNSET,
    at_address: CustomerKey | None = None,
) -> Case:
    """A phone of this owner that registers, naming this customer."""
    said = Registration(
        app="demo",
        platform=Platform.IOS,
        customer_id=customer_id,
        address=address,
        timezone="UTC",
        language="en",
    )
    key = owner and Device(PHONE, owner.customer, "demo", Platform.IOS, b"")
    known = {one.customer: one for one in (owner, *others) if one is not None}
    return Case(
        said=said,
        now=after(5),
        device_id=PHONE,
        secret_hash=b"",
        device=key,
        target=customer_key(customer_id) if isinstance(customer_id, str) else FRESH,
        known=known,
        others={} if at_address is None else {OTHER: at_address},
        given={},
        undated=frozenset(),
    )


ANN = customer("ann", phones={PHONE: phone()}, tallies=(tally(1),))
ANONYMOUS = customer("anon-1", phones={PHONE: phone(NOON)}, identified=False)
BOB = customer("bob", phones={OTHER: phone()})


@pytest.mark.parametrize(
    ("owner", "customer_id", "step"),
    [
        (None, UNSET, Step.ARRIVE),
        (None, None, Step.ARRIVE),
        (None, "bob", Step.ARRIVE),
        (ANN, UNSET, Step.STAY),
        (ANN, "ann", Step.STAY),
        (ANN, "bob", Step.MOVE),
        (ANN, None, Step.LOG_OUT),
        (ANONYMOUS, UNSET, Step.STAY),
        (ANONYMOUS, None, Step.STAY),
        (ANONYMOUS, "bob", Step.MERGE),
        (ANONYMOUS, "anon-1", Step.STAY),
    ],
)
def test_what_is_done_depends_on_who_is_named_and_who_is_there(
    owner: Known | None, customer_id: str | UnsetType | None, step: Step
) -> None:
    assert step_of(case(owner, customer_id, BOB)) is step


def made(asked: Case) -> Plan:
    """The plan for a case that is possible."""
    planned = plan(asked)
    assert isinstance(planned, Plan)
    return planned


@pytest.mark.parametrize(
    ("owner", "customer_id", "belongs_to"),
    [
        (None, UNSET, "anon-fresh"),
        (None, "bob", "bob"),
        (ANN, UNSET, "ann"),
        (ANN, "bob", "bob"),
        (ANN, None, "anon-fresh"),
        (ANONYMOUS, "bob", "bob"),
    ],
)
def test_the_device_belongs_to_the_one_customer_who_lists_it(
    owner: Known | None, customer_id: str | UnsetType | None, belongs_to: str
) -> None:
    planned = made(case(owner, customer_id, BOB))
    assert planned.device.customer == customer_key(belongs_to)
    listing = [
        one.customer.customer_id
        for one in planned.customers
        if PHONE in one.profile.devices
    ]
    assert listing == [belongs_to]


def test_the_customer_who_gains_a_device_is_written_last() -> None:
    planned = made(case(ANN, "bob", BOB))
    assert [one.customer.customer_id for one in planned.customers] == ["ann", "bob"]


def test_a_customer_whose_address_was_taken_is_written_first() -> None:
    address = AddressGiven(AddressKind.APNS_TOKEN, "a" * 8)
    planned = made(case(ANN, UNSET, BOB, address=address, at_address=BOB.customer))
    bob, ann = planned.customers
    assert not bob.profile.devices[OTHER].has_address
    assert ann.profile.devices[PHONE].has_address


def test_what_was_the_same_before_is_not_written() -> None:
    first = made(case(None, "bob")).customers[0]
    again = case(first, "bob")
    assert made(again).customers == ()


def test_merging_logs_the_consents_it_changed() -> None:
    refusing = customer("anon-1", consents={PUSH: said_no(1)}, identified=False)
    planned = made(case(refusing, "bob", BOB))
    assert planned.answers == ((PUSH, ConsentGiven(False, after(1), source="merged")),)
