"""Zones by cell in flat arrays, as the compiled loops read them.

The arrays only ever grow, and indexes made from one another share them: each knows how
many zones were there when it was made, and which of them are still.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import NamedTuple, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from zones.answers import ToEdge, plainly
from zones.geometry import SLACK, Point
from zones.lattice import Tables
from zones.sphere import EARTH_RADIUS, METERS_PER_DEGREE
from zones.squares import Squares
from zones.zone import Zone

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Kind = TypeVar("Kind", bound=np.generic)
# Nearer to a pole or to the antimeridian, flat maps and cells disagree too much.
NORTHERNMOST = 80.0
EASTERNMOST = 179.5
CHUNK = 5_000  # zones at a time, so that what is only needed for a while stays small
BATCH = 1 << 20  # cells at a time
BITS = 15  # the table starts with room for 2 ** BITS / 2 cells


class Kernel(NamedTuple):
    """The compiled loops."""

    encode: Callable[..., None]
    on_face: Callable[..., None]
    search: Callable[..., tuple[int, int]]
    candidates: Callable[..., int]
    stripe_all: Callable[..., tuple[int, int]]
    cover_all: Callable[..., tuple[int, int]]
    rehash: Callable[..., None]
    insert_all: Callable[..., tuple[int, int, int]]
    to_edge: Callable[..., float]
    mark_squares: Callable[..., int]


class Shapes(NamedTuple):
    """Edges of zones, and where those of a zone and of a part of one begin or end."""

    edges: Floats
    starts: Integers
    part_starts: Integers
    part_ends: Integers


def shapes_of(geometries: NDArray[np.object_]) -> Shapes:
    """Return the edges of zones."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    same = np.flatnonzero(ring[1:] == ring[:-1])
    edges = np.empty((len(same), 4))
    edges[:, :2], edges[:, 2:] = coordinates[same], coordinates[same + 1]
    ends = np.cumsum(np.bincount(part[ring[same]], minlength=len(parts)))
    part_starts = _starts(np.bincount(owner, minlength=len(geometries)))
    starts = np.concatenate([[0], ends])[part_starts]
    return Shapes(edges, starts, part_starts, ends)


def _starts(counts: Integers) -> Integers:
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def approaches_of(zones: Sequence[Zone], geometries: NDArray[np.object_]) -> Floats:
    """Return approaches in radians, -1 for zones that reach where cells do not suit."""
    meters = np.array([zone.approach_meters or 0.0 for zone in zones]) * SLACK
    west, south, east, north = np.abs(shapely.bounds(geometries)).T
    high = np.maximum(south, north) + meters / METERS_PER_DEGREE
    shrink = np.cos(np.radians(np.minimum(high, NORTHERNMOST)))
    far = np.maximum(west, east) + meters / METERS_PER_DEGREE / shrink
    ordinary = (high <= NORTHERNMOST) & (far <= EASTERNMOST)
    return np.where(ordinary, meters / EARTH_RADIUS, -1.0)


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
        self._levels = 0
        self._records = np.zeros((64, 8))
        self._stripes = np.zeros(1 << 10, dtype=np.int64)
        self._edges = np.zeros((1 << 12, 4))
        self._runs = np.zeros(1 << 12, dtype=np.uint32)
        self._bits = BITS
        self._slots, self._filter = _blank(BITS)
        self._squares = Squares(kernel.mark_squares)
        self._used_stripes = self._used_edges = self._used_runs = self._cells = 0

    def put(
        self, first: int, geometries: NDArray[np.object_], approaches: Floats
    ) -> NDArray[np.bool_]:
        """Put in zones from a number on, and tell which could be covered with cells.

        Their approaches are in radians; none is tried that has a negative one.
        """
        covered = [
            self._put(
                first + at, geometries[at : at + CHUNK], approaches[at : at + CHUNK]
            )
            for at in range(0, len(geometries), CHUNK)
        ]
        self.size = max(self.size, first + len(geometries))
        self._squares.put(self._records, first, self.size)
        return np.concatenate([np.zeros(0, dtype=np.bool_), *covered])

    def context(self, live: NDArray[np.bool_]) -> tuple[Integers, tuple[object, ...]]:
        """Return where everything is, and what must be kept for it to stay there."""
        arrays = (
            self._records, self._stripes, self._edges, self._slots, self._runs,
            self._filter, live, self._squares.coarse, self._squares.fine,
        )  # fmt: skip
        at = [array.ctypes.data for array in arrays]
        if live.all():
            at[6] = 0
        numbers = [
            self._finest, self._levels, *at[:4], 64 - self._bits, *at[4:7], len(live),
            *at[7:], self._squares.shift,
        ]  # fmt: skip
        context = np.concatenate([self._lattice, np.array(numbers, dtype=np.int64)])
        return context, (self._tables, *arrays)

    def to_edge(self, context: Integers) -> ToEdge:
        """Return what measures how far a point is from the edge of a zone put in."""
        loop = self.kernel.to_edge

        def measure(number: int, zone: Zone, point: Point) -> float:
            lon, lat = float(point.longitude), float(point.latitude)
            meters = loop(context, number, lon, lat)
            return meters if meters >= 0 else plainly(number, zone, point)

        return measure

    def _put(
        self, first: int, geometries: NDArray[np.object_], approaches: Floats
    ) -> NDArray[np.bool_]:
        shapes = shapes_of(geometries)
        self._put_edges(first, shapes)
        levels = np.full(len(geometries), -1, dtype=np.int64)
        counts = np.zeros(len(geometries), dtype=np.int64)
        room = min(BATCH, self._most + len(shapes.edges) + 400 * len(geometries))
        keys, kinds = np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint8)
        done = 0
        while done < len(geometries):
            before = done
            done, used = self.kernel.cover_all(
                self._lattice, self._finest, self._most, shapes.edges, shapes.starts,
                shapes.part_starts, shapes.part_ends, approaches, keys, kinds,
                levels, counts, before,
            )  # fmt: skip
            if done == before:
                keys = np.empty(2 * len(keys), dtype=np.uint64)
                kinds = np.empty(len(keys), dtype=np.uint8)
                continue
            numbers = np.arange(first + before, first + done, dtype=np.uint32)
            entries = np.repeat(numbers << np.uint32(2), counts[before:done])
            self._list(keys[:used], entries | kinds[:used])
        for level in np.unique(levels[levels >= 0]).tolist():
            self._levels |= 1 << level
        covered: NDArray[np.bool_] = levels >= 0
        return covered

    def _put_edges(self, first: int, shapes: Shapes) -> None:
        end = first + len(shapes.starts) - 1
        self._records = _grown(self._records, end)
        while True:
            stripes, used = self.kernel.stripe_all(
                shapes.edges, shapes.starts, self._records[first:end],
                self._used_stripes, self._stripes, self._edges, self._used_edges,
            )  # fmt: skip
            if used >= 0:
                break
            self._stripes = _grown(
                self._stripes, self._used_stripes + len(shapes.edges) + 2 * end
            )
            self._edges = _grown(self._edges, len(self._edges) + len(shapes.edges))
        self._used_stripes, self._used_edges = stripes, used

    def _list(self, keys: NDArray[np.uint64], entries: NDArray[np.uint32]) -> None:
        self.make_room(len(keys))
        done = 0
        while True:
            done, self._used_runs, new = self.kernel.insert_all(
                self._slots, self._filter, 64 - self._bits, self._runs,
                self._used_runs, keys, entries, done,
            )  # fmt: skip
            self._cells += new
            if done == len(keys):
                return
            # who reads the old runs must not be sent to places that only the new have
            self._slots = self._slots.copy()
            self._runs = _grown(self._runs, len(self._runs) + 1)

    def make_room(self, more: int) -> None:
        """Keep the table at most half full."""
        bits = self._bits
        while 2 * (self._cells + more) > 1 << bits:
            bits += 1
        if bits == self._bits:
            return
        slots, filter_ = _blank(bits)
        self.kernel.rehash(self._slots, slots, filter_, 64 - bits)
        self._slots, self._filter, self._bits = slots, filter_, bits


def _blank(bits: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    slots = np.zeros(2 << bits, dtype=np.uint64)
    return slots, np.zeros((4 << bits) // 64, dtype=np.uint64)


def _grown(array: NDArray[Kind], least: int) -> NDArray[Kind]:
    if len(array) >= least:
        return array
    size = max(least + least // 8, len(array) + len(array) // 2)
    grown = np.zeros((size, *array.shape[1:]), dtype=array.dtype)
    grown[: len(array)] = array
    return grown
