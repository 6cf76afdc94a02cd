"""The zones of an index by number, and the answers that need no search structure."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import shapely
from msgspec import Struct
from numpy.typing import NDArray

from zones.errors import UnknownZone
from zones.geometry import Box, boxes_of
from zones.zone import Zone, ZoneId

Numbers = NDArray[np.int32]


class Roll(Struct, frozen=True, dict=True):
    """Zones by number. A number is never given twice: what goes leaves a gap."""

    zones: tuple[Zone | None, ...]
    numbers: dict[ZoneId, int]
    geometries: NDArray[np.object_]

    @cached_property
    def live(self) -> tuple[Zone, ...]:
        """The zones that are there."""
        return tuple(zone for zone in self.zones if zone is not None)

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east, north of each zone on the flat map; NaN where none is."""
        return shapely.bounds(self.geometries)

    @cached_property
    def is_live(self) -> NDArray[np.bool_]:
        """Tell of each number whether a zone is there."""
        return np.array([zone is not None for zone in self.zones], dtype=np.bool_)

    @property
    def is_sparse(self) -> bool:
        """Tell whether there are more gaps than zones."""
        return len(self.zones) > 2 * len(self.numbers) + 64

    def zone(self, number: int) -> Zone:
        """Return the zone of a number that this index gave."""
        zone = self.zones[number] if 0 <= number < len(self.zones) else None
        if zone is None:
            raise UnknownZone(number)
        return zone

    def get(self, zone_id: ZoneId) -> Zone | None:
        """Return the zone with this id, if there is one."""
        number = self.numbers.get(zone_id)
        return None if number is None else self.zones[number]

    def since(self, first: int = 0) -> Iterator[tuple[int, Zone]]:
        """Yield the zones that are there with their numbers, from a number on."""
        for number, zone in enumerate(self.zones[first:], first):
            if zone is not None:
                yield number, zone

    def with_changes(self, added: Iterable[Zone], removed: Iterable[ZoneId]) -> "Roll":
        """Return a roll with zones taken off and put on, at new numbers at the end."""
        new = {zone.zone_id: zone for zone in added}
        zones, numbers = list(self.zones), dict(self.numbers)
        for zone_id in [*removed, *new]:
            gone = numbers.pop(zone_id, None)
            if gone is not None:
                zones[gone] = None
        for zone_id, zone in new.items():
            numbers[zone_id] = len(zones)
            zones.append(zone)
        return Roll(tuple(zones), numbers, _geometries(zones))

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


def build_roll(zones: Iterable[Zone]) -> Roll:
    """Return a roll of zones; of two with one id, the last is kept."""
    unique = {zone.zone_id: zone for zone in zones}
    numbers = {zone_id: number for number, zone_id in enumerate(unique)}
    kept = tuple(unique.values())
    return Roll(kept, numbers, _geometries(kept))


def _geometries(zones: Sequence[Zone | None]) -> NDArray[np.object_]:
    array = np.empty(len(zones), dtype=np.object_)
    array[:] = [None if zone is None else zone.area.geometry for zone in zones]
    return array
