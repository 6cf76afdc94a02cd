"""Zones by their boxes: what needs no cells, and all zones while there are none."""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from zones.zone import Zone

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]
Row = tuple[int, float, float, float, float]
CHUNK = 1_024  # points at a time, so that points x boxes stays small
FRESH = 200  # boxes looked at one by one before they get a tree


class Boxes:
    """Boxes that hold whatever a zone covers or has in its approach, by number.

    Many are in trees that are never changed, each at least twice as large as the next;
    those added since are beside them.
    """

    def __init__(
        self, rows: tuple[Row, ...] = (), planted: tuple["Planted", ...] = ()
    ) -> None:
        self._rows = rows
        self._planted = planted

    def __len__(self) -> int:
        return len(self._rows) + sum(len(tree.rows) for tree in self._planted)

    @cached_property
    def _table(self) -> tuple[Numbers, Floats]:
        """The numbers and the sides, made when they are asked for."""
        return _as_arrays(self._rows)

    def with_more(self, pairs: Iterable[tuple[int, Zone]]) -> "Boxes":
        """Return these boxes and those of more zones."""
        more = [row for pair in pairs for row in rows_of(*pair)]
        if not more:
            return self
        rows, trees = (*self._rows, *more), [*self._planted]
        if len(rows) <= FRESH:
            return Boxes(rows, self._planted)
        while trees and len(trees[-1].rows) <= 2 * len(rows):
            rows = (*trees.pop().rows, *rows)
        return Boxes((), (*trees, Planted(rows)))

    def with_approaches(self, pairs: Iterable[tuple[int, Zone]]) -> "Boxes":
        """Return these boxes and those of the zones that want to know who is near."""
        wanted = [pair for pair in pairs if pair[1].approach_meters is not None]
        return self.with_more(wanted) if wanted else self

    def candidates(
        self, lons: Floats, lats: Floats
    ) -> tuple[NDArray[np.int64], Numbers]:
        """Return pairs of point and number, for every point that is in a box."""
        points, found = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int32)]
        numbers, (west, south, east, north) = self._table
        for start in range(0, len(lons) if self._rows else 0, CHUNK):
            x = lons[start : start + CHUNK, None]
            y = lats[start : start + CHUNK, None]
            hit = (west <= x) & (x <= east) & (south <= y) & (y <= north)
            which, box = np.nonzero(hit)
            points.append(which + start)
            found.append(numbers[box])
        for tree in self._planted:
            which, numbers = tree.candidates(lons, lats)
            points.append(which)
            found.append(numbers)
        return np.concatenate(points), np.concatenate(found)


class Planted:
    """Boxes in a tree."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.rows = rows
        self._numbers, (west, south, east, north) = _as_arrays(rows)
        self._tree = shapely.STRtree(shapely.box(west, south, east, north))

    def candidates(
        self, lons: Floats, lats: Floats
    ) -> tuple[NDArray[np.int64], Numbers]:
        """Return pairs of point and number, for every point that is in a box."""
        points, boxes = self._tree.query(shapely.points(lons, lats))
        return points, self._numbers[boxes]


def rows_of(number: int, zone: Zone) -> list[Row]:
    """Return the boxes of a zone with its number."""
    return [(number, *box) for box in zone.area.reach(zone.approach_meters or 0.0)]


def _as_arrays(rows: tuple[Row, ...]) -> tuple[Numbers, Floats]:
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return table[:, 0].astype(np.int32), table[:, 1:].T
