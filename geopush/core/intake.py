"""Which pings of an upload count: sorted by their own time, repeats known."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, auto
from hashlib import blake2b

from msgspec import Struct

from geopush.core.customer import Purpose, has_consent
from geopush.core.known import DeviceProfile, Profile
from geopush.core.ping import Ping, Refused, RefusedPing, age_problem
from geopush.core.presence import RECENT, Whereabouts

MICROSECOND = timedelta(microseconds=1)


class Standing(StrEnum):
    """How a ping that was not refused stands to what was known."""

    ACCEPTED = auto()
    LATE = auto()
    REPEATED = auto()


class Sorted(Struct, frozen=True):
    """The pings of an upload in their own order, and those that were refused."""

    pings: tuple[Ping, ...]
    refused: tuple[RefusedPing, ...]
    digest: bytes


def sort(
    numbered: Sequence[tuple[int, Ping]],
    device: DeviceProfile,
    profile: Profile,
    now: datetime,
) -> Sorted:
    """Put an upload in the order of its own times and refuse what cannot count."""
    refused, usable = [], []
    for index, ping in numbered:
        problem = _problem(ping, device, profile, now)
        if problem is None:
            usable.append(ping)
        else:
            refused.append(RefusedPing(index, problem))
    usable.sort(key=lambda ping: ping.recorded_at)
    return Sorted(tuple(usable), tuple(refused), _digest(usable))


def standing(where: Whereabouts, at: datetime, digest: bytes) -> Standing:
    """How a ping of that time stands: newer than all, seen before, or late."""
    if where.recorded_at is None or at > where.recorded_at:
        return Standing.ACCEPTED
    before = (where.recorded_at - at) // MICROSECOND
    if before in where.recent or (digest and digest == where.batch):
        return Standing.REPEATED
    return Standing.LATE


def remember(where: Whereabouts, at: datetime) -> tuple[datetime, tuple[int, ...]]:
    """The time of the newest fix and the times before it, with this one among them."""
    if where.recorded_at is None:
        return at, (0,)
    newest = max(where.recorded_at, at)
    shift = (newest - where.recorded_at) // MICROSECOND
    times = {one + shift for one in where.recent}
    times.add((newest - at) // MICROSECOND)
    return newest, tuple(sorted(times)[:RECENT])


def _problem(
    ping: Ping, device: DeviceProfile, profile: Profile, now: datetime
) -> Refused | None:
    at = ping.recorded_at
    if (problem := age_problem(at, now)) is not None:
        return problem
    if device.since is not None and at < device.since:
        return Refused.OTHER_CUSTOMER
    if not has_consent(profile.consents, Purpose.LOCATION, at):
        return Refused.LOCATION_NOT_PERMITTED
    return None


def _digest(pings: Sequence[Ping]) -> bytes:
    """What an upload of several pings is known by when it comes again."""
    if len(pings) < 2:
        return b""
    times = "\n".join(ping.recorded_at.isoformat() for ping in pings)
    return blake2b(times.encode(), digest_size=12).digest()
