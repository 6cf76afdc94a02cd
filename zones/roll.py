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

Live = NDArray[np.bool_]
LATELY = 500  # changed ids kept apart before they are merged with the others


class _Shelf:
    """Zones and their shapes by number; it only grows, and rolls share it."""

    def __init__(self, zones: Iterable[Zone]) -> None:
        self.lock = Lock()
        self.zones = list(zones)
        self.geometries = _geometries(self.zones, len(self.zones))

    def put(self, zones: Iterable[Zone]) -> None:
        first = len(self.zones)
        self.zones.extend(zones)
        size = len(self.zones)
        if size > len(self.geometries):
            grown = np.empty(size + size // 4 + 64, dtype=np.object_)
            grown[:first] = self.geometries[:first]
            self.geometries = grown
        self.geometries[first:size] = _geometries(self.zones[first:], size - first)


class Roll:
    """Zones by number. A number is never given twice: what goes leaves a gap.

    Rolls made from one another share what they hold, and each knows what was there when
    it was made.
    """

    def __init__(
        self,
        shelf: _Shelf,
        live: Live,
        known: dict[ZoneId, int],
        lately: dict[ZoneId, int | None],
        approaches: Boxes,
    ) -> None:
        self._shelf = shelf
        self._known = known
        self._lately = lately
        self._count = int(np.count_nonzero(live))
        self._approaches = approaches
        self.is_live = live

    def __len__(self) -> int:
        return self._count

    @property
    def size(self) -> int:
        """How many numbers were given."""
        return len(self.is_live)

    @property
    def geometries(self) -> NDArray[np.object_]:
        """The shape of each number; also of zones that went."""
        return self._shelf.geometries[: self.size]

    @cached_property
    def live(self) -> tuple[Zone, ...]:
        """The zones that are there."""
        return tuple(zone for _, zone in self.since())

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east, north of each zone on the flat map; NaN where none is."""
        bounds = shapely.bounds(self.geometries)
        bounds[~self.is_live] = np.nan
        return bounds

    @property
    def is_sparse(self) -> bool:
        """Tell whether there are more gaps than zones."""
        return self.size > 2 * self._count + 64

    def zone(self, number: int) -> Zone:
        """Return the zone of a number that this index gave."""
        if not (0 <= number < self.size and self.is_live[number]):
            raise UnknownZone(number)
        return self._shelf.zones[number]

    def number(self, zone_id: ZoneId) -> int | None:
        """Return the number of the zone with this id, if there is one."""
        if zone_id in self._lately:
            return self._lately[zone_id]
        return self._known.get(zone_id)

    def get(self, zone_id: ZoneId) -> Zone | None:
        """Return the zone with this id, if there is one."""
        number = self.number(zone_id)
        return None if number is None else self._shelf.zones[number]

    def since(self, first: int = 0) -> Iterator[tuple[int, Zone]]:
        """Yield the zones that are there with their numbers, from a number on."""
        for number in (np.flatnonzero(self.is_live[first:]) + first).tolist():
            yield number, self._shelf.zones[number]

    def with_changes(self, added: Iterable[Zone], removed: Iterable[ZoneId]) -> "Roll":
        """Return a roll with zones taken off and put on, at new numbers at the end."""
        new = {zone.zone_id: zone for zone in added}
        gone = {zone_id: self.number(zone_id) for zone_id in [*removed, *new]}
        numbers = [number for number in gone.values() if number is not None]
        live = np.ones(self.size + len(new), dtype=np.bool_)
        live[: self.size] = self.is_live
        live[numbers] = False
        lately = {**self._lately, **dict.fromkeys(gone)}
        lately |= {zone_id: number for number, zone_id in enumerate(new, self.size)}
        approaches = self._approaches.with_approaches(
            enumerate(new.values(), self.size)
        )
        shelf, known = self._shelf_with(new.values()), self._known
        if len(lately) > LATELY:
            known, lately = _merged(known, lately), {}
        return Roll(shelf, live, known, lately, approaches)

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
            near[points[self.is_live[numbers]]] = True
        return near

    def _shelf_with(self, zones: Iterable[Zone]) -> _Shelf:
        """Put zones on the shelf, or on a copy if another roll put some on it since."""
        with self._shelf.lock:
            if len(self._shelf.zones) == self.size:
                self._shelf.put(zones)
                return self._shelf
            shelf = _Shelf(self._shelf.zones[: self.size])
        shelf.put(zones)
        return shelf


def build_roll(zones: Iterable[Zone]) -> Roll:
    """Return a roll of zones; of two with one id, the last is kept."""
    unique = {zone.zone_id: zone for zone in zones}
    numbers = {zone_id: number for number, zone_id in enumerate(unique)}
    live = np.ones(len(unique), dtype=np.bool_)
    approaches = Boxes().with_approaches(enumerate(unique.values()))
    return Roll(_Shelf(unique.values()), live, numbers, {}, approaches)


def _merged(
    known: dict[ZoneId, int], lately: dict[ZoneId, int | None]
) -> dict[ZoneId, int]:
    merged = dict(known)
    for zone_id, number in lately.items():
        merged.pop(zone_id, None)
        if number is not None:
            merged[zone_id] = number
    return merged


def _geometries(zones: Iterable[Zone], count: int) -> NDArray[np.object_]:
    array = np.empty(count, dtype=np.object_)
    array[:] = [zone.area.geometry for zone in zones]
    return array
