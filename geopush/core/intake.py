"""Which pings of an upload count: sorted by their own time, repeats known."""

import math
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum, auto
from hashlib import blake2b
from itertools import pairwise

from msgspec import Struct

from geopush.core.customer import Purpose, has_consent
from geopush.core.known import DeviceProfile, Profile
from geopush.core.ping import Ping, Refused, RefusedPing, age_problem
from geopush.core.presence import RECENT, Whereabouts
from geopush.core.times import WIDTH, micros, pack, unpack

Numbered = tuple[int, Ping]


class Standing(StrEnum):
    """How a ping that was not refused stands to what was known."""

    ACCEPTED = auto()
    LATE = auto()
    REPEATED = auto()


class Sorted(Struct, frozen=True):
    """The pings of an upload in their own order, and those that were refused.

    Each has the number of its place among the pings of the upload.
    """

    pings: Sequence[Numbered]
    refused: tuple[RefusedPing, ...]


class Standings(Struct, frozen=True):
    """How pings stand, in their order, and what is known of times after them."""

    each: Sequence[Standing]
    recorded_at: datetime | None
    recent: bytes
    batch: bytes

    def count(self, standing: Standing) -> int:
        """How many stand like this."""
        return self.each.count(standing)


def sort(
    numbered: Sequence[tuple[int, Ping]],
    device: DeviceProfile,
    profile: Profile,
    now: datetime,
) -> Sorted:
    """Put an upload in the order of its own times and refuse what cannot count."""
    usable: list[Numbered] = [(at, ping) for at, (_, ping) in enumerate(numbered)]
    usable.sort(key=_order)
    ends = usable[:: max(len(usable) - 1, 1)]
    if all(_problem(ping, device, profile, now) is None for _, ping in ends):
        return Sorted(usable, ())  # what holds at both ends holds in between
    refused: list[RefusedPing] = []
    usable = []
    for place, (index, ping) in enumerate(numbered):
        problem = _problem(ping, device, profile, now)
        if problem is None:
            usable.append((place, ping))
        else:
            refused.append(RefusedPing(index, problem))
    usable.sort(key=_order)
    return Sorted(usable, tuple(refused))


def stand(where: Whereabouts, times: Sequence[datetime]) -> Standings:
    """Tell how pings of these times, in their order, stand to what is known."""
    numbers = [micros(at) for at in times]
    digest = digest_of(numbers)
    if is_news(where, times):
        each = [Standing.ACCEPTED] * len(times)
        recent = more_recent(where.recent, numbers)
        return Standings(each, times[-1], recent, digest or where.batch)
    return _stand_each(where, times, digest)


def is_news(where: Whereabouts, times: Sequence[datetime]) -> bool:
    """Tell whether each time is newer than all before it and all that were known."""
    if not times or (where.recorded_at is not None and times[0] <= where.recorded_at):
        return False
    return all(before < after for before, after in pairwise(times))


def more_recent(recent: bytes, news: Sequence[int]) -> bytes:
    """Return what is kept of recent times, the newest first, with news among them."""
    newest = pack(news[: -RECENT - 1 : -1])
    return newest + recent[: RECENT * WIDTH - len(newest)]


def digest_of(times: Sequence[int]) -> bytes:
    """Return what an upload of several pings is known by when it comes again."""
    return blake2b(pack(times), digest_size=12).digest() if len(times) > 1 else b""


def _stand_each(
    where: Whereabouts, times: Sequence[datetime], digest: bytes
) -> Standings:
    """The same, looking at one ping after the other."""
    newest, each = where.recorded_at, list[Standing]()
    known = set(unpack(where.recent))
    again = digest != b"" and digest == where.batch
    for at in times:
        number = micros(at)
        if newest is None or at > newest:
            each.append(Standing.ACCEPTED)
            newest = at
        elif number in known or again:
            each.append(Standing.REPEATED)
            continue
        else:
            each.append(Standing.LATE)
        known = set(sorted({*known, number}, reverse=True)[:RECENT])
    recent = pack(sorted(known, reverse=True))
    return Standings(each, newest, recent, digest or where.batch)


def _order(numbered: Numbered) -> tuple[datetime, float, float, float]:
    """By time; of two at the same time the more accurate counts, wherever it stands."""
    ping = numbered[1]
    accuracy = ping.accuracy_meters or math.inf
    return ping.recorded_at, accuracy, ping.latitude, ping.longitude


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
