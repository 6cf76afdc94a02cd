"""Faults by rule: when a stand-in refuses, dawdles, hangs up or says goodbye.

The nth request under a rule is chosen by a seeded hash, so a story with the same seed
meets the same faults.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum, auto
from hashlib import blake2b
from typing import Annotated

from msgspec import Meta, Struct

from geopush.sandbox import apns_checks, fcm_errors
from geopush.sandbox.clock import Clock

Share = Annotated[float, Meta(ge=0, le=1)]


class Gateway(StrEnum):
    """Which stand-in a rule is for."""

    APNS = auto()
    FCM = auto()


class Rule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a stand-in misbehaves.

    ``share`` of the requests get status, reason, latency and wait; ``drop_share`` lose
    their connection unanswered; every ``goaway_every`` requests Apple says goodbye.
    """

    gateway: Gateway
    status: Annotated[int, Meta(ge=400, le=599)] | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    share: Share = 1.0
    latency_ms: Annotated[float, Meta(ge=0, le=600_000)] = 0
    retry_after: Annotated[int, Meta(ge=0, le=86_400)] | None = None
    goaway_every: Annotated[int, Meta(ge=1)] | None = None
    drop_share: Share = 0.0
    for_seconds: Annotated[float, Meta(gt=0, le=31_536_000)] | None = None
    address: str | None = None


class Fault(Struct, frozen=True):
    """What the rules have in store for one request; a lost one was never taken in."""

    status: int | None = None
    reason: str | None = None
    retry_after: int | None = None
    latency: timedelta = timedelta(0)
    goaway: bool = False
    drop: bool = False
    is_lost: bool = False

    @property
    def is_refusal(self) -> bool:
        """Say whether it is refused, and nobody gets it."""
        return self.status is not None or self.reason is not None


class _InForce(Struct):
    number: int
    rule: Rule
    until: datetime | None
    requests: int = 0


class Rules:
    """The rules in force; of several that refuse a request the first one does."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._seed = seed
        self._made = 0
        self._in_force: list[_InForce] = []

    def add(self, rules: Iterable[Rule]) -> None:
        """Put rules in force, behind those that are."""
        for rule in rules:
            until = None
            if rule.for_seconds is not None:
                until = self._clock() + timedelta(seconds=rule.for_seconds)
            self._in_force.append(_InForce(self._made, rule, until))
            self._made += 1

    def in_force(self) -> list[Rule]:
        """List the rules that still hold."""
        return [held.rule for held in self._holding()]

    def clear(self) -> None:
        """Behave again, and begin to count anew."""
        self._in_force.clear()
        self._made = 0

    def fault(self, gateway: Gateway, address: str) -> Fault:
        """Say what happens to a request for that address, and count it."""
        fault = Fault()
        for held in self._holding():
            rule = held.rule
            if rule.gateway is gateway and rule.address in (None, address):
                held.requests += 1
                fault = _both(fault, self._fault_by(held))
        return fault

    def _holding(self) -> list[_InForce]:
        now = self._clock()
        self._in_force = [
            held for held in self._in_force if held.until is None or now < held.until
        ]
        return self._in_force

    def _fault_by(self, held: _InForce) -> Fault:
        rule = held.rule
        every = rule.goaway_every
        goaway = every is not None and held.requests % every == 0
        if self._draw(held, "drop") < rule.drop_share:
            is_lost = self._draw(held, "lost") < 0.5
            return Fault(goaway=goaway, drop=True, is_lost=is_lost)
        if self._draw(held, "share") >= rule.share:
            return Fault(goaway=goaway)
        latency = timedelta(milliseconds=rule.latency_ms)
        return Fault(rule.status, rule.reason, rule.retry_after, latency, goaway)

    def _draw(self, held: _InForce, purpose: str) -> float:
        ticket = f"{self._seed}/{held.number}/{held.requests}/{purpose}"
        digest = blake2b(ticket.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64


def objection(rule: Rule) -> str | None:
    """Say why a rule makes no sense, if it makes none."""
    apple = rule.gateway is Gateway.APNS
    if rule.goaway_every is not None and not apple:
        return "only apns says goodbye: goaway_every has no meaning for fcm"
    known = apns_checks.STATUS if apple else fcm_errors.STATUS
    if rule.status is None and rule.reason is not None and rule.reason not in known:
        return f"reason {rule.reason!r} is unknown: name its status too"
    return None


def _both(first: Fault, second: Fault) -> Fault:
    refusal = first if first.is_refusal else second
    waits = [fault.retry_after for fault in (refusal, first, second)]
    return Fault(
        status=refusal.status,
        reason=refusal.reason,
        retry_after=next((wait for wait in waits if wait is not None), None),
        latency=max(first.latency, second.latency),
        goaway=first.goaway or second.goaway,
        drop=first.drop or second.drop,
        is_lost=first.is_lost or second.is_lost,
    )
