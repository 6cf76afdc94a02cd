"""Faults by rule: when a stand-in refuses, dawdles, falls silent or hangs up.

The nth request under a rule is chosen by a seeded hash, so a story with the same seed
meets the same faults.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum, auto
from hashlib import blake2b
from types import MappingProxyType
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from geopush.sandbox import apns_checks, fcm_errors
from geopush.sandbox.clock import Clock

MINUTE = timedelta(minutes=1)

Share = Annotated[float, Meta(ge=0, le=1)]


class Gateway(StrEnum):
    """Which stand-in a rule is for."""

    APNS = auto()
    FCM = auto()


class Rule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a stand-in misbehaves.

    ``share`` of the requests get status, reason, latency and wait. ``drop_share`` lose
    their connection unanswered, ``reset_share`` have their stream or their answer
    broken off, ``hang_share`` never get one: of all these, half were taken in.
    ``split_body`` sends answers in pieces. Every ``goaway_every`` requests Apple says
    goodbye. What is beyond ``quota_per_minute`` is too much until the minute is over.
    """

    gateway: Gateway
    status: Annotated[int, Meta(ge=400, le=599)] | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    share: Share = 1.0
    latency_ms: Annotated[float, Meta(ge=0, le=600_000)] = 0
    retry_after: Annotated[int, Meta(ge=0, le=86_400)] | None = None
    goaway_every: Annotated[int, Meta(ge=1)] | None = None
    drop_share: Share = 0.0
    reset_share: Share = 0.0
    hang_share: Share = 0.0
    split_body: bool = False
    quota_per_minute: Annotated[int, Meta(ge=0)] | None = None
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
    reset: bool = False
    hang: bool = False
    split: bool = False
    is_lost: bool = False

    @property
    def is_refusal(self) -> bool:
        """Say whether it is refused, and nobody gets it."""
        return self.status is not None or self.reason is not None


_WAYS_TO_LOSE: Mapping[str, Callable[[Rule], float]] = MappingProxyType(
    {
        "drop": lambda rule: rule.drop_share,
        "reset": lambda rule: rule.reset_share,
        "hang": lambda rule: rule.hang_share,
    }
)


class _InForce(Struct):
    number: int
    rule: Rule
    until: datetime | None
    requests: int = 0
    minute_ends: datetime | None = None
    in_this_minute: int = 0


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
        for way in _WAYS_TO_LOSE:
            if self._draw(held, way) < _WAYS_TO_LOSE[way](rule):
                is_lost = self._draw(held, "lost") < 0.5
                return replace(Fault(goaway=goaway, is_lost=is_lost), **{way: True})
        wait = self._seconds_over_quota(held)
        if wait is not None:
            return Fault(429, None, rule.retry_after or wait, goaway=goaway)
        if self._draw(held, "share") >= rule.share:
            return Fault(goaway=goaway)
        return Fault(
            status=rule.status,
            reason=rule.reason,
            retry_after=rule.retry_after if rule.quota_per_minute is None else None,
            latency=timedelta(milliseconds=rule.latency_ms),
            goaway=goaway,
            split=rule.split_body,
        )

    def _seconds_over_quota(self, held: _InForce) -> int | None:
        """How long until there is a quota again; None if there is some left.

        A minute begins with the first request in it, as Google's do.
        """
        if held.rule.quota_per_minute is None:
            return None
        now = self._clock()
        if held.minute_ends is None or now >= held.minute_ends:
            held.minute_ends, held.in_this_minute = now + MINUTE, 0
        held.in_this_minute += 1
        if held.in_this_minute <= held.rule.quota_per_minute:
            return None
        return math.ceil((held.minute_ends - now).total_seconds())

    def _draw(self, held: _InForce, purpose: str) -> float:
        ticket = f"{self._seed}/{held.number}/{held.requests}/{purpose}"
        digest = blake2b(ticket.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64


def objection(rule: Rule) -> str | None:
    """Say why a rule makes no sense, if it makes none."""
    apple = rule.gateway is Gateway.APNS
    if rule.goaway_every is not None and not apple:
        return "only apns says goodbye: goaway_every has no meaning for fcm"
    if rule.quota_per_minute is not None and (rule.status or rule.reason):
        return "a quota refuses by itself: quota_per_minute goes without a status"
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
        reset=first.reset or second.reset,
        hang=first.hang or second.hang,
        split=first.split or second.split,
        is_lost=first.is_lost or second.is_lost,
    )
