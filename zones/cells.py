"""Zones by H3 cell. The only module that knows h3.

A cell only says which zones may cover a point; their geometry decides. So a cover may
have cells too many, never too few: it is made of outer rings alone (a hole can make h3
forget the cell around it), drawn a little wider (the edges of cells are bent).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import h3
import numpy as np
import shapely
from h3.api import basic_int
from numpy.typing import NDArray

from zones.answers import Covering, Nearness, covering_among, nearest_of, nearness_among
from zones.boxes import Boxes
from zones.cover import Cover, plan_cover
from zones.geometry import Box, Point
from zones.roll import Numbers, Roll, build_roll
from zones.zone import Zone, ZoneId

Floats = NDArray[np.float64]
Cells = Mapping[int, tuple[int, ...]]

FRESH = 50_000  # cells kept apart before they are merged with the others


def cell_of(point: Point, resolution: int = 5) -> str:
    """Return the H3 cell that a point is in; at 5 a cell is some 18 km wide."""
    cell: str = h3.latlng_to_cell(point.latitude, point.longitude, resolution)
    return cell


def centre_of(cell: str) -> Point:
    """Return the middle of an H3 cell."""
    latitude, longitude = h3.cell_to_latlng(cell)
    return Point(longitude=longitude, latitude=latitude)


def neighbours(cell: str, rings: int) -> list[str]:
    """Return the cells at most so many steps away, the cell itself among them."""
    cells: list[str] = h3.grid_disk(cell, rings)
    return sorted(cells)


class CellIndex:
    """Zones by the cells they touch; those that cells do not suit are kept in boxes.

    Cells of zones added later are kept apart, so that indexes made from one another
    share the great table.
    """

    def __init__(
        self,
        roll: Roll,
        table: Cells,
        fresh: Cells,
        side: Boxes,
        resolutions: frozenset[int],
    ) -> None:
        self._roll = roll
        self._table = table
        self._fresh = fresh
        self._side = side
        self._resolutions = resolutions

    @classmethod
    def build(cls, zones: Iterable[Zone]) -> "CellIndex":
        """Return an index of zones."""
        roll = build_roll(zones)
        table, side = _add(roll.since(), {}, Boxes())
        return cls(roll, table, {}, side, _resolutions(table))

    @property
    def zones(self) -> Sequence[Zone]:
        """All zones."""
        return self._roll.live

    def __len__(self) -> int:
        return len(self._roll.numbers)

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
    ) -> "CellIndex":
        """Return an index with these changes; this one goes on as it is."""
        roll = self._roll.with_changes(added, removed)
        if roll.is_sparse:
            return CellIndex.build(roll.live)
        new = roll.since(len(self._roll.zones))
        fresh, side = _add(new, self._fresh, self._side)
        present = self._resolutions | _resolutions(fresh)
        if len(fresh) <= FRESH:
            return CellIndex(roll, self._table, fresh, side, present)
        return CellIndex(roll, _merged(self._table, fresh), {}, side, present)

    def _candidates(
        self, lons: Floats, lats: Floats
    ) -> tuple[NDArray[np.int64], Numbers]:
        pairs = np.array(list(self._by_cell(lons, lats)), dtype=np.int64).reshape(-1, 2)
        points, numbers = self._side.candidates(lons, lats)
        points = np.concatenate([points, pairs[:, 0]])
        numbers = np.concatenate([numbers, pairs[:, 1].astype(np.int32)])
        live = self._roll.is_live[numbers]
        return points[live], numbers[live]

    def _by_cell(self, lons: Floats, lats: Floats) -> Iterator[tuple[int, int]]:
        usable = np.flatnonzero((np.abs(lons) <= 180) & (np.abs(lats) <= 90)).tolist()
        xs, ys = lons.tolist(), lats.tolist()
        for resolution in self._resolutions:
            for i in usable:
                cell = basic_int.latlng_to_cell(ys[i], xs[i], resolution)
                for number in self._table.get(cell, ()) + self._fresh.get(cell, ()):
                    yield i, number


def _add(
    pairs: Iterable[tuple[int, Zone]], cells: Cells, side: Boxes
) -> tuple[dict[int, tuple[int, ...]], Boxes]:
    table, others = dict(cells), []
    for number, zone in pairs:
        cover = plan_cover(zone)
        touched = None if cover is None else _fill(cover)
        if touched is None:
            others.append((number, zone))
            continue
        for cell in touched:
            table[cell] = (*table.get(cell, ()), number)
    return table, side.with_more(others) if others else side


def _fill(cover: Cover) -> set[int] | None:
    """Return the cells that outlines touch, or none if h3 lost one of a corner."""
    resolution = cover.level.resolution
    touched: set[int] = set()
    for outline in cover.outlines:
        corners = [
            (y, x) for x, y in shapely.get_coordinates(outline.exterior).tolist()
        ]
        shape = h3.LatLngPoly(corners)
        cells: list[int] = basic_int.polygon_to_cells_experimental(
            shape, resolution, contain="overlap"
        )
        touched.update(cells)
        if any(
            basic_int.latlng_to_cell(*at, resolution) not in touched for at in corners
        ):
            return None
    return touched


def _resolutions(cells: Cells) -> frozenset[int]:
    return frozenset(map(basic_int.get_resolution, cells))


def _merged(table: Cells, fresh: Cells) -> Cells:
    return {**table, **{cell: table.get(cell, ()) + new for cell, new in fresh.items()}}
