"""Zones by H3 cell. The only module that knows h3.

A cell only says which zones may cover a point; their geometry decides. Without the
compiled loops the zones are looked up by their boxes: the same answers, slower.
"""

import importlib
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from importlib.util import find_spec

import h3
import numpy as np
from h3.api import basic_int
from numpy.typing import NDArray

from zones.answers import (
    Covering,
    Nearness,
    ToEdge,
    as_rows,
    covering_among,
    in_order,
    nearest_of,
    nearness_among,
    plainly,
)
from zones.boxes import Boxes, Numbers
from zones.circle import circle
from zones.geometry import Box, Point, covers
from zones.lattice import Tables, blank_tables, learn, sample, settle
from zones.roll import Roll, build_roll
from zones.table import Kernel, Table, approaches_of
from zones.zone import Zone, ZoneId

Floats = NDArray[np.float64]

FINEST = 10  # cells of 130 m: a shop has a dozen
MANY = 200_000  # zones; beyond, cells of 350 m, or the table would take a gigabyte
ALL_CELLS = 3_000_000  # that all zones may have, or 300 each
NONE = np.zeros(0, dtype=np.int64)
ASKED = 6  # the resolution at which h3 is asked where things are


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


def has_compiler() -> bool:
    """Tell whether the package that compiles the loops is installed."""
    return find_spec("numba") is not None


def load_kernel(directory: str) -> Kernel | None:
    """Return the compiled loops, or none where there is no compiler.

    What they compile to is kept in a directory; without that it takes half a minute.
    """
    if not has_compiler():
        return None
    kernel = importlib.import_module("zones.kernel")
    loops: Kernel = kernel.load(kernel.place_in(directory))
    return loops


def kept_kernel(directory: str) -> Kernel | None:
    """Return the compiled loops if they are kept there for this machine, else none.

    Never compiles: ``python -m zones.kernel DIRECTORY`` does.
    """
    if not has_compiler():
        return None
    kernel = importlib.import_module("zones.kernel")
    loops: Kernel | None = kernel.load_kept(directory)
    return loops


def rehearse(kernel: Kernel) -> None:
    """Use each loop once: it is compiled then, or read from where it was kept."""
    zone = Zone(ZoneId("rehearsal"), circle(Point(0.0, 0.0), 100.0))
    index = CellIndex.build([zone], kernel).with_changes([zone], [])
    index.covering(np.zeros(1), np.zeros(1))
    index.nearness(Point(0.0, 0.0))
    table = Table(kernel, lattice(kernel), FINEST, 300)
    table.make_room(1 << 20)


@cache
def lattice(kernel: Kernel) -> Tables:
    """Return the tables of H3's lattice, got by asking h3 where things are."""
    corners = sorted(basic_int.get_pentagons(0))
    faces = [sorted(basic_int.get_icosahedron_faces(corner)) for corner in corners]
    tables = blank_tables(_on_sphere(map(basic_int.cell_to_latlng, corners)), faces)
    lons, lats = sample(_on_sphere(map(basic_int.cell_to_latlng, corners)))
    count = len(lons)
    where = np.empty(count, dtype=np.int32)
    first, digits = (
        np.empty((count, 2), dtype=np.int32),
        np.empty(count, dtype=np.uint64),
    )
    kernel.on_face(tables.addresses(), ASKED, lons, lats, where, first.ravel(), digits)
    places = zip(lats.tolist(), lons.tolist(), strict=True)
    ids = [basic_int.latlng_to_cell(*place, ASKED) for place in places]
    learn(tables, where, first, digits, np.array(ids, dtype=np.uint64), ASKED)
    settle(tables)
    return tables


def _on_sphere(places: Iterable[tuple[float, float]]) -> Floats:
    lat, lng = np.radians(list(places)).T
    return np.column_stack(
        [np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)]
    )


class CellIndex:
    """Zones by the cells they touch; those that cells do not suit are kept in boxes."""

    def __init__(
        self, roll: Roll, side: Boxes, table: Table | None, crowd: float = 2.0
    ) -> None:
        self._roll = roll
        self._side = side
        self._table = table
        self._all_in_cells = len(side) == 0
        self._crowd = crowd  # zones a place, to guess how much room an answer takes
        self._to_edge: ToEdge = plainly
        if table is not None:
            self._context, self._kept = table.context(roll)
            self._address: int = self._context.ctypes.data
            self._to_edge = table.to_edge(self._context)

    @classmethod
    def build(cls, zones: Iterable[Zone], kernel: Kernel | None = None) -> "CellIndex":
        """Return an index of zones."""
        roll = build_roll(zones)
        finest = FINEST if len(roll) < MANY else FINEST - 1
        most = min(2_000, max(300, ALL_CELLS // max(1, len(roll))))
        table = None
        if kernel is not None:
            table = Table(kernel, lattice(kernel), finest, most)
        side = Boxes().with_more(_put(table, 0, roll))
        return cls(roll, side, table)

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
        if self._table is None:
            points, numbers = self._candidates(lons, lats)
            return covering_among(self._roll, lons, lats, points, numbers)
        found, doubts = self._search(self._table.kernel, lons, lats)
        if self._all_in_cells and len(doubts) == 0:
            return found
        points, numbers = self._candidates(lons, lats)
        points = np.concatenate([doubts[::2], points])
        numbers = np.concatenate([doubts[1::2].astype(np.int32), numbers])
        return self._with_others(found, lons, lats, points, numbers)

    def near(self, lons: Floats, lats: Floats) -> NDArray[np.bool_]:
        """Tell which points may be in an approach: all that are, and few others."""
        return self._roll.near(lons, lats)

    def nearness(
        self, point: Point, also: Collection[ZoneId] = ()
    ) -> dict[ZoneId, Nearness]:
        """Return the zones near a point, and those in ``also``, by id."""
        place = np.array([point.longitude]), np.array([point.latitude])
        near = self._in_cell(*place)
        if len(self._side):
            near += self._candidates(*place)[1].tolist()
        return nearness_among(self._roll, point, near, also, self._to_edge)

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
        kernel = None if self._table is None else self._table.kernel
        roll = self._roll.with_changes(added, removed)
        if roll.is_sparse:
            return CellIndex.build(roll.live, kernel)
        if self._table is None:
            side = self._side.with_more(roll.since(self._roll.size))
            return CellIndex(roll, side, None)
        with self._table.lock:
            if self._table.size == self._roll.size:
                others = _put(self._table, self._roll.size, roll)
                side = self._side.with_more(others)
                return CellIndex(roll, side, self._table, self._crowd)
        # another index was made from this one before, and the table went on with it
        return CellIndex.build(roll.live, kernel)

    def _search(
        self, kernel: Kernel, lons: Floats, lats: Floats
    ) -> tuple[Covering, NDArray[np.int64]]:
        """Return what is sure, and pairs of point and number that are not."""
        count = len(lons)
        room, doubts_room = int(self._crowd * count) + 62, count // 8 + 62
        offsets = np.empty(count + 1, dtype=np.int64)
        while True:
            out = np.empty(room, dtype=np.int32)
            doubts = np.empty(doubts_room, dtype=np.int64)
            written, doubtful = kernel.search(
                self._address, lons, lats, offsets, out, doubts
            )
            if written <= room and 2 * doubtful <= doubts_room:
                sure = Covering(offsets, out[:written])
                return sure, doubts[: 2 * doubtful] if doubtful else NONE
            room, doubts_room = max(room, written), max(doubts_room, 2 * doubtful)
            self._crowd = max(self._crowd, 1.2 * written / count)

    def _in_cell(self, lons: Floats, lats: Floats) -> list[int]:
        if self._table is None:
            return []
        out = np.empty(256, dtype=np.int64)
        candidates = self._table.kernel.candidates
        count = candidates(self._context, lons, lats, out)
        if count > len(out):
            out = np.empty(count, dtype=np.int64)
            candidates(self._context, lons, lats, out)
        found: list[int] = out[:count].tolist()
        return found

    def _with_others(
        self,
        found: Covering,
        lons: Floats,
        lats: Floats,
        points: NDArray[np.int64],
        numbers: Numbers,
    ) -> Covering:
        """Add what shapely says of points that are on an edge, or nearly."""
        if len(points) == 0:
            return found
        inside = covers(self._roll.geometries[numbers], lons[points], lats[points])
        sure = np.repeat(np.arange(len(lons)), np.diff(found.offsets))
        points, numbers = in_order(
            np.concatenate([sure, points[inside]]),
            np.concatenate([found.numbers, numbers[inside]]),
        )
        return as_rows(points, numbers, len(lons))

    def _candidates(
        self, lons: Floats, lats: Floats
    ) -> tuple[NDArray[np.int64], Numbers]:
        points, numbers = self._side.candidates(lons, lats)
        live = self._roll.are_live(numbers)
        return points[live], numbers[live]


def _put(table: Table | None, first: int, roll: Roll) -> list[tuple[int, Zone]]:
    """Put the zones from a number on into the table; return those it does not suit."""
    new = roll.since(first)
    if table is None or not new:
        return new
    approaches = approaches_of([zone for _, zone in new])
    covered = table.put(first, roll.geometries[first:], approaches)
    return [pair for pair, fits in zip(new, covered.tolist(), strict=True) if not fits]
