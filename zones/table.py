"""Zones by cell in flat arrays, as the compiled loops read them.

The arrays only ever grow, and indexes made from one another share them: each knows how
many zones were there when it was made, and which of them are still.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import prod
from operator import is_
from threading import Lock
from typing import NamedTuple, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from zones.answers import ToEdge, plainly
from zones.geometry import SLACK, Point
from zones.lattice import Tables
from zones.roll import Roll
from zones.sphere import EARTH_RADIUS
from zones.squares import Squares
from zones.zone import Zone

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Geometries = NDArray[np.object_]
Kind = TypeVar("Kind", bound=np.generic)
# The corners of zones, and with which of them each ring begins, with which ring each
# part and with which part each zone; all end where the next one would begin.
Shapes = tuple[Floats, Integers, Integers, Integers]
Arrays = tuple[NDArray[np.generic], ...]

CHUNK = (
    1 << 17
)  # corners at a time, so that what is only needed for a while stays small
BITS = 15  # the table starts with room for 2 ** BITS / 2 cells
LINE = 64  # bytes, as many as a zone's record has
ONE = np.array([0, 1])
RADIANS = SLACK / EARTH_RADIUS  # to a meter, and a little more
# What a table counts, and may have no room for, as `zones/kernel/put.py` has it.
STRIPES, EDGES, RUNS, CELLS, LEVELS, NOTHING = range(6)


class Kernel(NamedTuple):
    """The compiled loops."""

    encode: Callable[..., None]
    on_face: Callable[..., None]
    search: Callable[..., tuple[int, int]]
    candidates: Callable[..., int]
    put_all: Callable[..., tuple[int, int, int]]
    rehash: Callable[..., None]
    to_edge: Callable[..., float]
    mark_squares: Callable[..., int]


def shapes_of(geometries: Geometries) -> Shapes:
    """Return the corners of zones, and how they are divided."""
    if len(geometries) == 1 and _is_simple(geometries[0]):
        corners = shapely.get_coordinates(geometries[0])
        return corners, np.array([0, len(corners)]), ONE, ONE
    parts, zone = shapely.get_parts(geometries, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    counted = ((ring, rings), (part, parts), (zone, geometries))
    starts, part_starts, zone_starts = (_starts(*one) for one in counted)
    return corners, starts, part_starts, zone_starts


def _is_simple(geometry: shapely.Geometry) -> bool:
    """Tell whether there is one ring; most zones added by themselves are so."""
    one = isinstance(geometry, shapely.Polygon)
    return one and shapely.get_num_interior_rings(geometry) == 0


def _starts(owners: Integers, of: Geometries) -> Integers:
    starts = np.zeros(len(of) + 1, dtype=np.int64)
    np.cumsum(np.bincount(owners, minlength=len(of)), out=starts[1:])
    return starts


def approaches_of(zones: Sequence[Zone]) -> Floats:
    """Return approaches in radians."""
    return np.array([RADIANS * (zone.approach_meters or 0.0) for zone in zones])


class Table:
    """Growing arrays of zones by cell; written by one at a time, read by anyone."""

    def __init__(self, kernel: Kernel, tables: Tables, finest: int, most: int) -> None:
        self.kernel = kernel
        self.lock = Lock()
        self.size = 0  # zones that were put in, those without cells too
        self._tables = tables
        self._lattice = tables.addresses()
        self._finest = finest
        self._most = most
        self._records = np.zeros((64, 8))
        self._stripes = np.zeros(1 << 10, dtype=np.int64)
        self._edges = np.zeros((1 << 12, 4))
        self._runs = np.zeros(1 << 12, dtype=np.uint32)
        self._bits = BITS
        self._slots, self._filter = _blank(BITS)
        self._squares = Squares(kernel.mark_squares)
        self._used = np.zeros(5, dtype=np.int64)
        self._located: Arrays = ()
        self._context = np.zeros(23, dtype=np.int64)

    def put(
        self, first: int, geometries: Geometries, approaches: Floats
    ) -> NDArray[np.bool_]:
        """Put in zones from a number on, and tell which could be covered with cells.

        Their approaches are in radians.
        """
        covered = np.zeros(len(geometries), dtype=np.bool_)
        if len(geometries) > 1:
            self._expect(int(shapely.get_num_coordinates(geometries).sum()))
        for start, end in _chunks(geometries):
            chunk = slice(start, end)
            shapes = shapes_of(geometries[chunk])
            self._put(first + start, shapes, approaches[chunk], covered[chunk])
        self.size = max(self.size, first + len(geometries))
        self._squares.put(self._records, first, self.size)
        return covered

    def context(self, roll: Roll) -> tuple[Integers, tuple[Tables, Arrays]]:
        """Return where everything is, and what must be kept for it to stay there."""
        arrays = (self._records, self._stripes, self._edges, self._slots, self._runs,
                  self._filter, roll.gone, self._squares.coarse,
                  self._squares.fine)  # fmt: skip
        if not (self._located and all(map(is_, arrays, self._located))):
            self._locate(arrays)
        context = self._context.copy()
        context[9] = self._used[LEVELS]
        if len(roll) == roll.size:
            context[17] = 0
        context[18], context[19] = roll.size, roll.moment
        return context, (self._tables, self._located)

    def to_edge(self, context: Integers) -> ToEdge:
        """Return what measures how far a point is from the edge of a zone put in."""
        loop = self.kernel.to_edge

        def measure(number: int, zone: Zone, point: Point) -> float:
            lon, lat = float(point.longitude), float(point.latitude)
            meters = loop(context, number, lon, lat)
            return meters if meters >= 0 else plainly(number, zone, point)

        return measure

    def make_room(self, more: int) -> None:
        """Keep the table at most half full."""
        bits = self._bits
        while 2 * (int(self._used[CELLS]) + more) > 1 << bits:
            bits += 1
        if bits == self._bits:
            return
        slots, filter_ = _blank(bits)
        self.kernel.rehash(self._slots, slots, filter_, 64 - bits)
        self._slots, self._filter, self._bits = slots, filter_, bits

    def _locate(self, arrays: Arrays) -> None:
        at = [array.ctypes.data for array in arrays]
        self._context[:8] = self._lattice
        self._context[8:18] = [self._finest, 0, *at[:4], 64 - self._bits, *at[4:7]]
        self._context[20:] = [*at[7:], self._squares.shift]
        self._located = arrays

    def _expect(self, corners: int) -> None:
        """Make room for most of what will come; what is not used takes no memory."""
        self._grow(STRIPES, int(self._used[STRIPES]) + corners // 2)
        self._grow(EDGES, int(self._used[EDGES]) + 3 * corners)

    def _put(
        self,
        first: int,
        shapes: Shapes,
        approaches: Floats,
        covered: NDArray[np.bool_],
    ) -> None:
        done, lacking, least = 0, NOTHING, 0
        self._records = _grown(self._records, first, first + len(covered))
        while done < len(covered):
            arrays = (self._records, self._stripes, self._edges, self._slots,
                      self._filter, self._runs)  # fmt: skip
            done, lacking, least = self.kernel.put_all(
                self._lattice, self._finest, self._most, shapes, approaches, arrays,
                64 - self._bits, self._used, first, covered.view(np.uint8), done,
            )  # fmt: skip
            self._grow(lacking, least)

    def _grow(self, lacking: int, least: int) -> None:
        used = 0 if lacking == NOTHING else int(self._used[lacking])
        if lacking == STRIPES:
            self._stripes = _grown(self._stripes, used, least)
        elif lacking == EDGES:
            self._edges = _grown(self._edges, used, least)
        elif lacking == CELLS:
            self.make_room(least)
        elif lacking == RUNS:
            # who reads the old runs must not be sent to places that only the new have
            self._slots = self._slots.copy()
            self._runs = _grown(self._runs, used, least)


def _chunks(geometries: Geometries) -> Iterator[tuple[int, int]]:
    if len(geometries) == 1:
        return iter([(0, 1)])
    corners = np.cumsum(shapely.get_num_coordinates(geometries))
    full = np.flatnonzero(np.diff(corners // CHUNK)) + 1
    return pairwise([0, *full.tolist(), len(geometries)])


def _blank(bits: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    slots = np.zeros(2 << bits, dtype=np.uint64)
    return slots, np.zeros((4 << bits) // 64, dtype=np.uint64)


def _grown(array: NDArray[Kind], used: int, least: int) -> NDArray[Kind]:
    if len(array) >= least:
        return array
    size = max(least + least // 8, len(array) + len(array) // 2)
    grown = _in_lines((size, *array.shape[1:]), array.dtype)
    grown[:used] = array[:used]
    return grown


def _in_lines(shape: tuple[int, ...], kind: np.dtype[Kind]) -> NDArray[Kind]:
    """Return zeros that begin where a line of the processor's cache does."""
    size = prod(shape) * kind.itemsize
    room = np.zeros(size + LINE, dtype=np.uint8)
    start = -room.ctypes.data % LINE
    return room[start : start + size].view(kind).reshape(shape)
