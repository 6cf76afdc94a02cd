"""Stop, for ever: a customer who wants no offer ever again, and how that is kept."""

import hmac
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace


class Stop(Struct, frozen=True, omit_defaults=True):
    """When a customer said stop.

    It is ``passed_on`` to whoever is on the phone once they logged out, and goes no
    further: somebody else who logs in there said nothing.
    """

    at: datetime
    passed_on: bool = False


def stopped(before: Stop | None, now: datetime) -> Stop:
    """Return what is kept when a customer says stop; the first time counts."""
    return before if before is not None and not before.passed_on else Stop(now)


def passed_on(stop: Stop | None) -> Stop | None:
    """Return what is left of it on a phone whose customer logged out."""
    return None if stop is None else replace(stop, passed_on=True)


def merged(named: Stop | None, anonymous: Stop | None) -> Stop | None:
    """Return the stop of a customer whom an anonymous one turned out to be."""
    said = [one for one in (named, anonymous) if one is not None and not one.passed_on]
    return min(said, key=lambda one: one.at, default=None)


def mark(customer_id: str, secret: bytes) -> bytes:
    """Return what a customer is known again by, and cannot be told from."""
    return hmac.digest(secret, customer_id.encode(), "sha256")
