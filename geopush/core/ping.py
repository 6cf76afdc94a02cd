"""A ping: a device saying where it is, and whether that can be used."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, auto
from hashlib import blake2b
from typing import Annotated, NewType

from msgspec import Meta, Struct
from msgspec.structs import replace

DeviceId = NewType("DeviceId", str)

OLDEST = timedelta(days=7)  # older pings are not even kept for visits
AHEAD = timedelta(minutes=5)  # a phone's clock may be this far ahead of ours
SKEW = timedelta(seconds=60)  # a phone's clock further off than this is corrected

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Meters = Annotated[float, Meta(ge=-1e9, le=1e9)]
Moment = Annotated[datetime, Meta(tz=True)]
Identifier = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:-]{1,128}\Z")]


class Ping(Struct, frozen=True, gc=False):
    """Where a device was at a moment; negative accuracy, speed or course is unknown."""

    latitude: Latitude
    longitude: Longitude
    recorded_at: Moment
    accuracy: Meters | None = None
    speed: Meters | None = None
    course: Meters | None = None
    foreground: bool | None = None
    stopped: bool | None = None
    replayed: bool | None = None
    mocked: bool | None = None

    @property
    def accuracy_meters(self) -> float | None:
        """How far off the place may be; nothing and zero are unknown, never perfect."""
        if self.accuracy is None or self.accuracy <= 0:
            return None
        return self.accuracy


class CustomerKey(Struct, frozen=True, order=True, gc=False):
    """Where a customer's row is: their bucket, then their id."""

    bucket: int
    customer_id: str


class Refused(StrEnum):
    """Why a ping of a batch was not taken; the codes are on the wire."""

    TOO_OLD = auto()
    IN_THE_FUTURE = auto()
    OTHER_CUSTOMER = auto()
    LOCATION_NOT_PERMITTED = auto()
    INVALID = auto()


class RefusedPing(Struct, frozen=True, omit_defaults=True):
    """A ping that was not taken: its place in the request and why."""

    index: int
    reason: Refused
    path: str | None = None


def customer_key(customer_id: str) -> CustomerKey:
    """The bucket is the first byte of blake2b of the id: stable in every process."""
    return CustomerKey(blake2b(customer_id.encode()).digest()[0], customer_id)


def age_problem(recorded_at: datetime, now: datetime) -> Refused | None:
    """Whether a ping is too old to matter or from a clock that is wrong."""
    if now - recorded_at > OLDEST:
        return Refused.TOO_OLD
    if recorded_at - now > AHEAD:
        return Refused.IN_THE_FUTURE
    return None


def correct_skew(
    pings: Sequence[Ping], sent_at: datetime | None, received_at: datetime
) -> Sequence[Ping]:
    """Shift the times of a phone whose clock is off by more than a minute."""
    if sent_at is None or abs(received_at - sent_at) <= SKEW:
        return pings
    skew = received_at - sent_at
    return [replace(ping, recorded_at=ping.recorded_at + skew) for ping in pings]
