"""Faults by rule: how often, how long, for whom, and the same with the same seed."""

from datetime import timedelta

import pytest

from geopush.sandbox.clock import SteppedClock
from geopush.sandbox.rules import Fault, Gateway, Rule, Rules, objection
from tests.sandbox.build import NOON


def rules(*some: Rule, seed: int = 0, clock: SteppedClock | None = None) -> Rules:
    found = Rules(clock or SteppedClock(NOON), seed)
    found.add(some)
    return found


def faults(found: Rules, times: int, address: str = "phone") -> list[Fault]:
    return [found.fault(Gateway.APNS, address) for _ in range(times)]


def refused(found: Rules, times: int = 200) -> list[bool]:
    return [fault.is_refusal for fault in faults(found, times)]


HALF = Rule(Gateway.APNS, status=503, share=0.5)


def test_without_rules_nothing_goes_wrong() -> None:
    assert faults(rules(), 3) == [Fault()] * 3


def test_the_same_seed_meets_the_same_faults() -> None:
    assert refused(rules(HALF, seed=7)) == refused(rules(HALF, seed=7))


def test_another_seed_meets_others() -> None:
    assert refused(rules(HALF, seed=7)) != refused(rules(HALF, seed=8))


@pytest.mark.parametrize(
    ("share", "least", "most"), [(0.0, 0, 0), (0.25, 200, 300), (1.0, 1000, 1000)]
)
def test_a_share_of_the_requests_is_refused(
    share: float, least: int, most: int
) -> None:
    rule = Rule(Gateway.APNS, status=503, share=share)
    assert least <= sum(refused(rules(rule), 1000)) <= most


def test_a_rule_is_for_its_gateway_alone() -> None:
    found = rules(Rule(Gateway.FCM, status=503))
    assert faults(found, 1) == [Fault()]
    assert found.fault(Gateway.FCM, "phone").status == 503


def test_a_rule_with_an_address_is_for_that_phone_alone() -> None:
    found = rules(Rule(Gateway.APNS, status=410, address="gone"))
    assert [f.status for f in faults(found, 1, "gone")] == [410]
    assert [f.status for f in faults(found, 1, "here")] == [None]


def test_a_rule_ends_on_the_clock_of_the_sandbox() -> None:
    clock = SteppedClock(NOON)
    found = rules(Rule(Gateway.APNS, status=503, for_seconds=60), clock=clock)
    clock.step(timedelta(seconds=59))
    assert refused(found, 1) == [True]
    clock.step(timedelta(seconds=1))
    assert refused(found, 1) == [False]
    assert found.in_force() == []


def test_goodbye_is_said_after_every_nth_request() -> None:
    found = rules(Rule(Gateway.APNS, goaway_every=3))
    goodbyes = [fault.goaway for fault in faults(found, 6)]
    assert goodbyes == [False, False, True, False, False, True]


def test_of_the_dropped_requests_some_were_taken_and_some_lost() -> None:
    found = faults(rules(Rule(Gateway.APNS, drop_share=0.5)), 200)
    dropped = [fault for fault in found if fault.drop]
    assert 60 < len(dropped) < 140
    assert {fault.is_lost for fault in dropped} == {True, False}
    assert not any(fault.is_lost for fault in found if not fault.drop)


@pytest.mark.parametrize("way", ["drop", "reset", "hang"])
def test_each_way_to_lose_an_answer_has_its_share(way: str) -> None:
    rule = Rule(Gateway.APNS, **{f"{way}_share": 0.5})
    met = faults(rules(rule), 400)
    assert 150 <= sum(getattr(fault, way) for fault in met) <= 250
    assert {fault.is_lost for fault in met if getattr(fault, way)} == {True, False}
    assert not any(fault.is_refusal for fault in met)


def test_a_quota_lasts_for_a_minute_from_the_first_request() -> None:
    clock = SteppedClock(NOON)
    found = rules(Rule(Gateway.APNS, quota_per_minute=2), clock=clock)
    assert refused(found, 2) == [False, False]
    clock.step(timedelta(seconds=45))
    over = found.fault(Gateway.APNS, "phone")
    assert (over.status, over.retry_after) == (429, 15)
    clock.step(timedelta(seconds=15))
    assert refused(found, 3) == [False, False, True]


def test_of_several_rules_the_first_refuses_and_the_longest_wait_holds() -> None:
    slow = Rule(Gateway.APNS, latency_ms=250)
    busy = Rule(Gateway.APNS, status=429, retry_after=5, latency_ms=10)
    down = Rule(Gateway.APNS, status=503, retry_after=9)
    (fault,) = faults(rules(slow, busy, down), 1)
    assert (fault.status, fault.retry_after) == (429, 5)
    assert fault.latency == timedelta(milliseconds=250)


def test_cleared_rules_count_from_the_start() -> None:
    found = rules(HALF)
    before = refused(found)
    found.clear()
    assert refused(found, 1) == [False]
    found.add([HALF])
    assert refused(found) == before


@pytest.mark.parametrize(
    ("rule", "is_fine"),
    [
        (Rule(Gateway.APNS, reason="Unregistered"), True),
        (Rule(Gateway.APNS, reason="UNREGISTERED"), False),
        (Rule(Gateway.APNS, reason="NewReason", status=400), True),
        (Rule(Gateway.APNS, goaway_every=5), True),
        (Rule(Gateway.FCM, reason="UNREGISTERED"), True),
        (Rule(Gateway.FCM, reason="Unregistered"), False),
        (Rule(Gateway.FCM, goaway_every=5), False),
        (Rule(Gateway.FCM, quota_per_minute=5), True),
        (Rule(Gateway.FCM, quota_per_minute=5, status=503), False),
    ],
)
def test_a_rule_without_meaning_is_objected_to(rule: Rule, is_fine: bool) -> None:
    assert (objection(rule) is None) is is_fine
