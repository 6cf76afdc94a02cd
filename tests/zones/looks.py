"""Small zones, and what an index says of places, in a form to compare."""

from itertools import pairwise

import numpy as np
import shapely

from zones import Area, Covering, Zone, ZoneId, ZoneIndex

SEEDS = range(2)


def a_zone(zone_id: str, shape: shapely.Polygon, **settings: float) -> Zone:
    """A zone of this shape."""
    return Zone(ZoneId(zone_id), Area(shape), **settings)


def ids_at(index: ZoneIndex, longitude: float, latitude: float) -> list[str]:
    """The zones at a place."""
    covering = index.covering(np.array([longitude]), np.array([latitude]))
    return [index.zone(number).zone_id for number in covering.numbers.tolist()]


def rows(index: ZoneIndex, covering: Covering) -> list[set[str]]:
    """The zones of each place that was asked about."""
    ids = [index.zone(number).zone_id for number in covering.numbers.tolist()]
    edges = covering.offsets.tolist()
    return [set(ids[a:b]) for a, b in pairwise(edges)]


SQUARE = shapely.box(4.0, 52.0, 4.01, 52.01)
RING = shapely.difference(
    shapely.box(5, 52, 5.03, 52.03), shapely.box(5.01, 52.01, 5.02, 52.02)
)
