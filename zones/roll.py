"""The zones of an index by number, and the answers that need no search structure."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from threading import Lock

import numpy as np
import shapely
from numpy.typing import NDArray

from zones.boxes import Boxes, Numbers
from zones.errors import UnknownZone
from zones.geometry import Box, boxes_of
from zones.zone import Zone, ZoneId

Moments = NDArray[np.uint32]
NEVER = np.iinfo(np.uint32).max


class _Shelf:
    """Zones by number, and when each went; it only grows, and rolls share it.

    A moment is a change. What goes is still there for rolls of earlier moments, so that
    a change costs as much as it changes, however many zones there are.
    """

    def __init__(self, zones: Iterable[Zone]) -> None:
        self.lock = Lock()
        self.moment = 0
        self.zones: list[Zone] = []
        self.numbers: dict[ZoneId, int] = {}
        self.before: dict[int, int] = {}  # a number, and the one its id had before
        self.geometries: NDArray[np.object_] = np.empty(0, dtype=np.object_)
        self.gone: Moments = np.empty(0, dtype=np.uint32)
        self.put(zones)

    def put(self, zones: Iterable[Zone]) -> None:
        """Give zones the next numbers, beyond those that anyone knows yet."""
        first = len(self.zones)
        self.zones.extend(zones)
        if len(self.zones) > len(self.gone):
            self._make_room(first)
        for number in range(first, len(self.zones)):
            zone = self.zones[number]
            self.geometries[number] = zone.area.geometry
            if zone.zone_id in self.numbers:
                self.before[number] = self.numbers[zone.zone_id]
            self.numbers[zone.zone_id] = number

    def _make_room(self, first: int) -> None:
        room = len(self.zones) + (len(self.zones) // 4 + 64 if first else 0)
        geometries, gone = self.geometries, self.gone
        self.geometries = np.empty(room, dtype=np.object_)
        self.geometries[:first] = geometries[:first]
        self.gone = np.full(room, NEVER, dtype=np.uint32)
        self.gone[:first] = gone[:first]


class Roll:
    """Zones by number. A number is never given twice: what goes leaves a gap.

    Rolls made from one another share a shelf, and each knows what was there when it was
    made.
    """

    def __init__(self, shelf: _Shelf, count: int, approaches: Boxes) -> None:
        self._shelf = shelf
        self._count = count
        self._approaches = approaches
        self.moment = shelf.moment
        self.size = len(shelf.zones)  # numbers that were given
        self.gone = shelf.gone  # the moment of each number, of later changes too

    def __len__(self) -> int:
        return self._count

    @property
    def geometries(self) -> NDArray[np.object_]:
        """The shape of each number; also of zones that went."""
        return self._shelf.geometries[: self.size]

    @cached_property
    def live(self) -> tuple[Zone, ...]:
        """The zones that are there."""
        return tuple(zone for _, zone in self.numbered())

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east, north of each zone on the flat map; NaN where none is."""
        bounds = shapely.bounds(self.geometries)
        bounds[self.gone[: self.size] <= self.moment] = np.nan
        return bounds

    @property
    def is_sparse(self) -> bool:
        """Tell whether there are more gaps than zones."""
        return self.size > 2 * self._count + 64

    def is_live(self, number: int) -> bool:
        """Tell whether a number that was given is that of a zone still there."""
        return bool(self.gone[number] > self.moment)

    def are_live(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Tell which numbers are those of zones that are there."""
        live: NDArray[np.bool_] = self.gone[numbers] > self.moment
        return live

    def zone(self, number: int) -> Zone:
        """Return the zone of a number that this index gave."""
        if not (0 <= number < self.size and self.is_live(number)):
            raise UnknownZone(number)
        return self._shelf.zones[number]

    def number(self, zone_id: ZoneId) -> int | None:
        """Return the number of the zone with this id, if there is one."""
        number = self._shelf.numbers.get(zone_id)
        while number is not None and number >= self.size:
            number = self._shelf.before.get(number)
        return number if number is not None and self.is_live(number) else None

    def get(self, zone_id: ZoneId) -> Zone | None:
        """Return the zone with this id, if there is one."""
        number = self.number(zone_id)
        return None if number is None else self._shelf.zones[number]

    def numbered(self) -> Iterator[tuple[int, Zone]]:
        """Yield the zones that are there with their numbers."""
        live = np.flatnonzero(self.gone[: self.size] > self.moment)
        for number in live.tolist():
            yield number, self._shelf.zones[number]

    def since(self, first: int) -> list[tuple[int, Zone]]:
        """Return the zones that the last change put on, from that number on."""
        return list(enumerate(self._shelf.zones[first : self.size], first))

    def with_changes(self, added: Iterable[Zone], removed: Iterable[ZoneId]) -> "Roll":
        """Return a roll with zones taken off and put on, at new numbers at the end."""
        new = {zone.zone_id: zone for zone in added}
        known = {self.number(zone_id) for zone_id in [*removed, *new]}
        gone = [number for number in known if number is not None]
        with self._shelf.lock:
            if self._shelf.moment == self.moment:
                return self._changed(self._shelf, list(new.values()), gone)
        # another roll was made from this one before, and the shelf went on with it
        return self._changed(self._copied(), list(new.values()), gone)

    def _changed(self, shelf: _Shelf, new: list[Zone], gone: list[int]) -> "Roll":
        shelf.moment += 1
        for number in gone:
            shelf.gone[number] = shelf.moment
        shelf.put(new)
        count = self._count + len(new) - len(gone)
        numbers = enumerate(new, self.size)
        return Roll(shelf, count, self._approaches.with_approaches(numbers))

    def _copied(self) -> _Shelf:
        shelf = _Shelf(self._shelf.zones[: self.size])
        shelf.gone[self.gone[: self.size] <= self.moment] = 0
        return shelf

    def within(self, bbox: Box) -> list[Zone]:
        """Return the zones that a bounding box touches, by id."""
        found: set[int] = set()
        for box in boxes_of(bbox):
            near = self.overlapping(box.bounds)
            hit = shapely.intersects(self.geometries[near], box)
            found.update(near[hit].tolist())
        return sorted(map(self.zone, found), key=lambda zone: zone.zone_id)

    def overlapping(self, box: Box) -> Numbers:
        """Return the numbers of the zones whose own bounds overlap a box."""
        west, south, east, north = box
        bounds = self.bounds
        across = (bounds[:, 0] <= east) & (bounds[:, 2] >= west)
        along = (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
        return np.flatnonzero(across & along).astype(np.int32)

    def near(
        self, lons: NDArray[np.float64], lats: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Tell which points may be in an approach: all that are, and few others."""
        near = np.zeros(len(lons), dtype=np.bool_)
        if len(self._approaches):
            points, numbers = self._approaches.candidates(lons, lats)
            near[points[self.are_live(numbers)]] = True
        return near


def build_roll(zones: Iterable[Zone]) -> Roll:
    """Return a roll of zones; of two with one id, the last is kept."""
    unique = {zone.zone_id: zone for zone in zones}
    approaches = Boxes().with_approaches(enumerate(unique.values()))
    return Roll(_Shelf(unique.values()), len(unique), approaches)
