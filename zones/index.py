"""An index of zones, of any kind: which zones cover a point, and which are near."""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum, auto
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from zones.answers import Covering, Nearness
from zones.cells import CellIndex
from zones.geometry import Box, Point
from zones.scan import ScanIndex
from zones.table import Kernel
from zones.tree import TreeIndex
from zones.zone import Zone, ZoneId


class ZoneIndex(Protocol):
    """Zones to ask about points. It never changes; a change makes another index."""

    @property
    def zones(self) -> Sequence[Zone]:
        """All zones."""
        ...

    def __len__(self) -> int:
        """Return how many zones there are."""
        ...

    def zone(self, number: int) -> Zone:
        """Return the zone of a number that this index gave."""
        ...

    def get(self, zone_id: ZoneId) -> Zone | None:
        """Return the zone with this id, if there is one."""
        ...

    def covering(
        self, lons: NDArray[np.float64], lats: NDArray[np.float64]
    ) -> Covering:
        """Return the zones that cover each point, their edges included."""
        ...

    def near(
        self, lons: NDArray[np.float64], lats: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Tell which points may be in an approach: all that are, and few others."""
        ...

    def nearness(
        self, point: Point, also: Collection[ZoneId] = ()
    ) -> dict[ZoneId, Nearness]:
        """Return the zones that cover a point or whose approach it is in, by id.

        Those in ``also`` are there however far away, if they are still zones.
        """
        ...

    def nearest(self, point: Point, limit: int) -> list[Nearness]:
        """Return the nearest zones, those that cover the point first."""
        ...

    def within(self, bbox: Box) -> list[Zone]:
        """Return the zones that a box touches: west, south, east, north.

        West of 170 and east of -170 is the box across the antimeridian.
        """
        ...

    def with_changes(self, added: Iterable[Zone], removed: Iterable[ZoneId]) -> Self:
        """Return an index with these changes; this one goes on as it is.

        A zone added replaces the one with its id.
        """
        ...


class IndexKind(StrEnum):
    """The kinds of index; all give the same answers."""

    SCAN = auto()
    TREE = auto()
    CELLS = auto()


def build_index(
    zones: Iterable[Zone],
    kind: IndexKind = IndexKind.CELLS,
    kernel: Kernel | None = None,
) -> ZoneIndex:
    """Return an index of zones; of two with one id, the last is kept.

    Cells are looked up by compiled loops if a kernel is given.
    """
    match kind:
        case IndexKind.SCAN:
            return ScanIndex.build(zones)
        case IndexKind.TREE:
            return TreeIndex.build(zones)
        case IndexKind.CELLS:
            return CellIndex.build(zones, kernel)
