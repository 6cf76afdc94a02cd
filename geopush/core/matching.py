"""Which zones cover the pings of a batch: asked for in one call, kept where they do."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from geopush.core.change import Upload
from zones import Covering, ZoneId, ZoneIndex

Zones = tuple[ZoneId, ...]
NOWHERE: Zones = ()


class Matched(Struct, frozen=True):
    """What the index says of pings, by their number in the batch.

    ``zones`` has those that an enabled zone covers, ``near`` those that may be in an
    approach; of all others there is nothing to say.
    """

    zones: Mapping[int, Zones]
    near: frozenset[int]


def numbers_of(uploads: Sequence[Upload]) -> list[int]:
    """Return the number of the first ping of each upload in the batch."""
    return [0, *accumulate(len(one.pings) for one in uploads)][:-1]


def match(uploads: Sequence[Upload], index: ZoneIndex) -> Matched:
    """Ask an index about all pings of a batch at once."""
    pings = [ping for one in uploads for _, ping in one.pings]
    if not pings:
        return Matched({}, frozenset())
    lons = np.array([ping.longitude for ping in pings])
    lats = np.array([ping.latitude for ping in pings])
    near: list[int] = np.flatnonzero(index.near(lons, lats)).tolist()
    zones = _covered(index.covering(lons, lats), index)
    return Matched(zones, frozenset(near))


def _covered(covering: Covering, index: ZoneIndex) -> dict[int, Zones]:
    """The enabled zones of the pings that are in any."""
    if len(covering.numbers) == 0:
        return {}
    offsets = covering.offsets
    inside = np.flatnonzero(offsets[1:] > offsets[:-1])
    names = _names(covering.numbers, index)
    starts, ends = offsets[inside].tolist(), offsets[inside + 1].tolist()
    rows = zip(inside.tolist(), starts, ends, strict=True)
    found = {
        ping: tuple(name for name in names[start:end] if name is not None)
        for ping, start, end in rows
    }
    return {ping: zones for ping, zones in found.items() if zones}


def _names(numbers: NDArray[np.int32], index: ZoneIndex) -> list[ZoneId | None]:
    """The id of each zone; none of those that are switched off."""
    known: dict[int, ZoneId | None] = {}
    for number in numbers.tolist():
        if number not in known:
            zone = index.zone(number)
            known[number] = zone.zone_id if zone.enabled else None
    return [known[number] for number in numbers.tolist()]
