"""What an index answers: the shapes of its answers, and how candidates become answers.

A search structure only has to name candidates, too many rather than too few; whether
a zone covers a point is always decided here, from its geometry.
"""

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from zones.boxes import Numbers
from zones.distance import is_inside, meters_to_edge, signed, signed_meters
from zones.geometry import SLACK, Point, covers
from zones.geometry import reach as reach_of
from zones.roll import Roll
from zones.sphere import HALF_WAY_ROUND
from zones.zone import Zone, ZoneId

Pairs = tuple[NDArray[np.int64], Numbers]
ToEdge = Callable[[int, Zone, Point], float]  # meters; by a zone and its number

FIRST_LOOK = 1_000.0  # meters
WIDER = 8.0


class Covering(NamedTuple):
    """The zones that cover each of many points, as compressed rows.

    Point ``i`` is covered by ``numbers[offsets[i]:offsets[i + 1]]``, ascending.
    """

    offsets: NDArray[np.int64]
    numbers: NDArray[np.int32]


class Nearness(Struct, frozen=True, gc=False):
    """How far inside a zone a point is, in meters; negative outside, 0 on the edge."""

    zone_id: ZoneId
    meters: float
    inside: bool


def covering_among(
    roll: Roll,
    lons: NDArray[np.float64],
    lats: NDArray[np.float64],
    points: NDArray[np.int64],
    numbers: Numbers,
) -> Covering:
    """Return which candidates, pairs of point and number, cover their point."""
    points, numbers = in_order(points, numbers)
    inside = covers(roll.geometries[numbers], lons[points], lats[points])
    return as_rows(points[inside], numbers[inside], len(lons))


def in_order(points: NDArray[np.int64], numbers: Numbers) -> Pairs:
    """Return pairs of point and number, each once, by point and then by number."""
    pairs = np.unique(points << 32 | numbers.astype(np.int64))
    return pairs >> 32, (pairs & 0xFFFFFFFF).astype(np.int32)


def as_rows(points: NDArray[np.int64], numbers: Numbers, count: int) -> Covering:
    """Return pairs that are sorted by point as compressed rows."""
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(points, minlength=count), out=offsets[1:])
    return Covering(offsets, numbers)


def plainly(_: int, zone: Zone, point: Point) -> float:
    """Return the meters from a point to the edge of a zone, without compiled loops."""
    return meters_to_edge(point, zone.area)


def nearness_among(
    roll: Roll,
    point: Point,
    candidates: Iterable[int],
    also: Collection[ZoneId],
    to_edge: ToEdge = plainly,
) -> dict[ZoneId, Nearness]:
    """Return how near the candidates are that count, and those asked for, by id."""
    wanted = {one: number for one in also if (number := roll.number(one)) is not None}
    numbers = {roll.zone(number).zone_id: number for number in candidates} | wanted
    near = {}
    for zone_id, number in sorted(numbers.items()):
        zone = roll.zone(number)
        inside = is_inside(point, zone.area)
        if not (inside or zone.approach_meters or zone_id in wanted):
            continue
        meters = signed(to_edge(number, zone, point), inside)
        nearness = Nearness(zone_id, meters, inside)
        if zone_id in wanted or counts(zone, nearness):
            near[zone_id] = nearness
    return near


def measure(zone: Zone, point: Point) -> Nearness:
    """Return how far inside or outside a zone a point is."""
    inside = is_inside(point, zone.area)
    return Nearness(zone.zone_id, signed_meters(point, zone.area, inside), inside)


def counts(zone: Zone, nearness: Nearness) -> bool:
    """Tell whether a point is inside a zone or within its approach."""
    return nearness.inside or -nearness.meters <= (zone.approach_meters or -1.0)


def nearest_of(roll: Roll, point: Point, limit: int) -> list[Nearness]:
    """Return the nearest zones, looking ever wider until there are enough."""
    meters = FIRST_LOOK
    while meters < HALF_WAY_ROUND:
        found = [near for near in _look(roll, point, meters) if -near.meters <= meters]
        if len(found) >= limit:
            return ranked(found, limit)
        meters *= WIDER
    return ranked([measure(zone, point) for zone in roll.live], limit)


def ranked(found: Iterable[Nearness], limit: int) -> list[Nearness]:
    """Return the first few by distance, those that cover the point first."""
    order = sorted(
        found, key=lambda near: (not near.inside, -near.meters, near.zone_id)
    )
    return order[:limit]


def _look(roll: Roll, point: Point, meters: float) -> list[Nearness]:
    here = (point.longitude, point.latitude, point.longitude, point.latitude)
    boxes = reach_of(here, meters * SLACK)
    numbers = {int(n) for box in boxes for n in roll.overlapping(box)}
    return [measure(roll.zone(number), point) for number in sorted(numbers)]
