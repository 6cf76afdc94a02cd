"""Zones in an R-tree. The only module that knows rtree."""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rtree import index as rtree

from zones.answers import Covering, Nearness, covering_among, nearest_of, nearness_among
from zones.boxes import Boxes, Numbers, rows_of
from zones.geometry import Box, Point
from zones.roll import Roll, build_roll
from zones.zone import Zone, ZoneId

Floats = NDArray[np.float64]

FRESH = 1_000  # boxes looked at one by one before the tree is built anew


class _Tree(Protocol):
    def intersection(self, coordinates: tuple[float, ...]) -> Iterable[int]: ...


class TreeIndex:
    """Zones in a tree of boxes, and those added since it was built beside it.

    A tree is never changed, so that indexes made from one another can share it.
    """

    def __init__(self, roll: Roll, tree: _Tree, fresh: Boxes) -> None:
        self._roll = roll
        self._tree = tree
        self._fresh = fresh

    @classmethod
    def build(cls, zones: Iterable[Zone]) -> "TreeIndex":
        """Return an index of zones."""
        roll = build_roll(zones)
        rows = [row for pair in roll.numbered() for row in rows_of(*pair)]
        boxes = [(number, box, None) for number, *box in rows]
        tree: _Tree = rtree.Index(boxes) if boxes else rtree.Index()
        return cls(roll, tree, Boxes())

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

    def covering(self, lons: Floats, lats: Floats) -> Covering:
        """Return the zones that cover each point, their edges included."""
        points, numbers = self._candidates(lons, lats)
        return covering_among(self._roll, lons, lats, points, numbers)

    def near(self, lons: Floats, lats: Floats) -> NDArray[np.bool_]:
        """Tell which points may be in an approach: all that are, and few others."""
        return self._roll.near(lons, lats)

    def nearness(
        self, point: Point, also: Collection[ZoneId] = ()
    ) -> dict[ZoneId, Nearness]:
        """Return the zones near a point, and those in ``also``, by id."""
        place = np.array([point.longitude]), np.array([point.latitude])
        _, numbers = self._candidates(*place)
        return nearness_among(self._roll, point, numbers.tolist(), also)

    def nearest(self, point: Point, limit: int) -> list[Nearness]:
        """Return the nearest zones, those that cover the point first."""
        return nearest_of(self._roll, point, limit)

    def within(self, bbox: Box) -> list[Zone]:
        """Return the zones that a box touches, by id."""
        return self._roll.within(bbox)

    def with_changes(
        self, added: Iterable[Zone], removed: Iterable[ZoneId]
    ) -> "TreeIndex":
        """Return an index with these changes; this one goes on as it is."""
        roll = self._roll.with_changes(added, removed)
        fresh = self._fresh.with_more(roll.since(self._roll.size))
        if roll.is_sparse or len(fresh) > FRESH:
            return TreeIndex.build(roll.live)
        return TreeIndex(roll, self._tree, fresh)

    def _candidates(
        self, lons: Floats, lats: Floats
    ) -> tuple[NDArray[np.int64], Numbers]:
        points, numbers = self._fresh.candidates(lons, lats)
        rows = [
            (i, number)
            for i, (x, y) in enumerate(zip(lons.tolist(), lats.tolist(), strict=True))
            for number in self._tree.intersection((x, y, x, y))
        ]
        found = np.array(rows, dtype=np.int64).reshape(-1, 2)
        points = np.concatenate([points, found[:, 0]])
        numbers = np.concatenate([numbers, found[:, 1].astype(np.int32)])
        live = self._roll.are_live(numbers)
        return points[live], numbers[live]
