"""The index that looks at every zone: slow, plainly right, the yardstick."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from zones.answers import Covering, Nearness, as_rows, counts, measure, ranked
from zones.geometry import Box, Point, boxes_of, covers
from zones.roll import Roll, build_roll
from zones.zone import Zone, ZoneId


class ScanIndex:
    """Zones in no order at all."""

    def __init__(self, roll: Roll) -> None:
        self._roll = roll

    @classmethod
    def build(cls, zones: Iterable[Zone]) -> "ScanIndex":
        """Return an index of zones."""
        return cls(build_roll(zones))

    @property
    def zones(self) -> Sequence[Zone]:
        """All zones."""
        return self._roll.live

    def __len__(self) -> int:
        return len(self._roll)

    def zone(self, number: int) -> Zone:
        """Return the zone of a number."""
        return self._roll.zone(number)

    def get(self, zone_id: ZoneId) -> Zone | None:
        """Return the zone with this id, if there is one."""
        return self._roll.get(zone_id)

    def covering(
        self, lons: NDArray[np.float64], lats: NDArray[np.float64]
    ) -> Covering:
        """Return the zones that cover each point, their edges included."""
        rows = np.zeros((len(lons), self._roll.size), dtype=np.bool_)
        for number, zone in self._roll.numbered():
            rows[:, number] = covers(zone.area.geometry, lons, lats)
        points, numbers = np.nonzero(rows)
        return as_rows(points, numbers.astype(np.int32), len(lons))

    def near(
        self, lons: NDArray[np.float64], lats: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Tell which points are inside a zone with an approach, or in its approach."""
        zones = [zone for zone in self.zones if zone.approach_meters is not None]
        places = map(Point, lons.tolist(), lats.tolist())
        near = [any(counts(one, measure(one, at)) for one in zones) for at in places]
        return np.array(near, dtype=np.bool_)

    def nearness(
        self, point: Point, also: Collection[ZoneId] = ()
    ) -> dict[ZoneId, Nearness]:
        """Return the zones near a point, and those in ``also``, by id."""
        zones = {zone.zone_id: zone for zone in self.zones}
        near = {zone_id: measure(zone, point) for zone_id, zone in zones.items()}
        return {
            zone_id: near[zone_id]
            for zone_id in sorted(near)
            if zone_id in also or counts(zones[zone_id], near[zone_id])
        }

    def nearest(self, point: Point, limit: int) -> list[Nearness]:
        """Return the nearest zones, those that cover the point first."""
        return ranked([measure(zone, point) for zone in self.zones], limit)

    def within(self, bbox: Box) -> list[Zone]:
        """Return the zones that a box touches, by id."""
        boxes = boxes_of(bbox)
        touched = [
            zone
            for zone in self.zones
            if any(shapely.intersects(zone.area.geometry, box) for box in boxes)
        ]
        return sorted(touched, key=lambda zone: zone.zone_id)

    def with_changes(
        self, added: Iterable[Zone], removed: Iterable[ZoneId]
    ) -> "ScanIndex":
        """Return an index with these changes; this one goes on as it is."""
        roll = self._roll.with_changes(added, removed)
        return ScanIndex(build_roll(roll.live) if roll.is_sparse else roll)
