"""What a registration makes of the customers it touches: decided here, not written."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum, auto

from msgspec import UNSET, Struct
from msgspec.structs import replace

from geopush.core.consent import Given, answered, inherited, settled, unsettled
from geopush.core.customer import ConsentGiven, Purpose
from geopush.core.device import Device, Registration, created, describe, renewed
from geopush.core.known import DeviceProfile, Known, KnownOf, Profile
from geopush.core.merge import (
    leave,
    merge,
    nobody,
    revised,
    start_over,
    without_address,
)
from geopush.core.ping import CustomerKey, DeviceId
from geopush.core.suppression import Stop
from zones import Problem


class Step(StrEnum):
    """What a registration does to whom the device belongs to."""

    ARRIVE = auto()
    STAY = auto()
    MERGE = auto()
    MOVE = auto()
    LOG_OUT = auto()


class Case(Struct, frozen=True):
    """A registration and everything that is known of those it may touch.

    ``target`` is who was named, whose the device is, or an anonymous customer who is
    not there yet; ``others`` are the devices that had the address until now.
    """

    said: Registration
    now: datetime
    device_id: DeviceId
    secret_hash: bytes
    device: Device | None
    target: CustomerKey
    known: KnownOf
    others: Mapping[DeviceId, CustomerKey]
    given: Given
    undated: Collection[Purpose]


class Plan(Struct, frozen=True):
    """What is to be written, in this order: the stricter side comes first.

    ``stops`` are those who turn out to have said stop before they were named.
    """

    step: Step
    customers: tuple[Known, ...]
    device: Device
    answers: tuple[tuple[Purpose, ConsentGiven], ...]
    stops: Mapping[CustomerKey, Stop]


def step_of(case: Case) -> Step:
    """Say what a registration does to whom the device belongs to."""
    if case.device is None:
        return Step.ARRIVE
    present = case.known[case.device.customer]
    if case.said.customer_id is UNSET:
        return Step.STAY
    if case.said.customer_id is None:
        return Step.LOG_OUT if present.profile.identified else Step.STAY
    if case.target == present.customer:
        return Step.STAY
    return Step.MOVE if present.profile.identified else Step.MERGE


def plan(case: Case) -> Plan | list[Problem]:
    """Decide what a registration makes of every customer it touches."""
    rows = dict(case.known)
    for device_id, customer in case.others.items():
        rows[customer] = without_address(rows[customer], device_id)
    step = step_of(case)
    target, left = _turn(step, case, rows)
    consents = target.profile.consents
    if case.device is not None:
        problems = unsettled(consents, case.given, case.undated)
        if problems:
            return problems
    given = settled(case.given, consents, case.undated)
    device = _device(case, target.customer)
    rows[target.customer] = _welcome(case, step, target, device, given)
    if left is not None:
        rows[left.customer] = left
    named = case.known.get(target.customer) or nobody(target.customer)
    merged = inherited(named.profile.consents, consents)
    return Plan(
        step=step,
        customers=_changed(case, rows, target.customer),
        device=device,
        answers=(*merged.items(), *given.items()),
        stops=_stops(named, target),
    )


def _turn(step: Step, case: Case, rows: KnownOf) -> tuple[Known, Known | None]:
    """Who the device belongs to from now on, and who it has left."""
    named = rows.get(case.target) or nobody(case.target)
    if case.device is None:
        return named, None
    present = rows[case.device.customer]
    match step:
        case Step.MERGE:
            return merge(named, present), None
        case Step.MOVE:
            return named, leave(present, case.device_id)
        case Step.LOG_OUT:
            alone = start_over(case.target, present)
            return alone, leave(present, case.device_id)
        case _:
            return present, None


def _device(case: Case, customer: CustomerKey) -> Device:
    if case.device is not None:
        return renewed(case.device, case.said, customer, case.now)
    return created(case.said, case.device_id, customer, case.secret_hash, case.now)


def _welcome(
    case: Case, step: Step, target: Known, device: Device, given: Given
) -> Known:
    """The customer the device belongs to from now on, with all that it says."""
    profile = target.profile
    before = _said_before(case)
    since = before.since if before else None
    if step in (Step.MOVE, Step.LOG_OUT):
        since = case.now
    after = replace(
        profile,
        consents=answered(profile.consents, given),
        devices={
            **profile.devices,
            case.device_id: describe(before, case.said, device, since),
        },
        identified=profile.identified or isinstance(case.said.customer_id, str),
    )
    known = case.known.get(target.customer)
    return replace(
        target, profile=revised(known.profile if known else Profile(), after)
    )


def _said_before(case: Case) -> DeviceProfile | None:
    if case.device is None:
        return None
    return case.known[case.device.customer].profile.devices.get(case.device_id)


def _stops(before: Known, after: Known) -> dict[CustomerKey, Stop]:
    stop = after.profile.stop
    if stop is None or stop.passed_on or stop == before.profile.stop:
        return {}
    return {after.customer: stop}


def _changed(case: Case, rows: KnownOf, target: CustomerKey) -> tuple[Known, ...]:
    """The rows that are not as they were, the one that gains something last."""
    ordered = sorted(rows, key=lambda key: (key == target, key))
    return tuple(rows[key] for key in ordered if rows[key] != case.known.get(key))
