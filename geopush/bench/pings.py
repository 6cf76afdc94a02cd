"""Pings to measure with: half of them in zones, half anywhere among them."""

import numpy as np
from numpy.typing import NDArray

from zones import ZoneIndex

Floats = NDArray[np.float64]
Pings = tuple[Floats, Floats]  # longitudes, latitudes

SHARE_INSIDE = 0.5
TRIES = 4  # places drawn in the bounds of a zone for each that must be in one


def draw_pings(index: ZoneIndex, count: int, seed: int = 1) -> Pings:
    """Return places: some in zones, all zones alike, the others all over their extent.

    Of an index without zones nothing can be drawn.
    """
    rng = np.random.default_rng(seed)
    bounds = np.array([zone.area.bounds for zone in index.zones])
    bounds[:, 2] += 360.0 * (bounds[:, 0] > bounds[:, 2])  # across the antimeridian
    inside = _inside(index, bounds, int(count * SHARE_INSIDE), rng)
    corners = [*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0)]
    extent = np.tile(corners, (count - len(inside), 1))
    places = rng.permutation(np.concatenate([inside, _drawn(extent, rng)]))
    return places[:, 0].copy(), places[:, 1].copy()


def _inside(
    index: ZoneIndex, bounds: Floats, count: int, rng: np.random.Generator
) -> Floats:
    which = rng.integers(len(bounds), size=TRIES * count)
    places = _drawn(bounds[which], rng)
    covering = index.covering(places[:, 0].copy(), places[:, 1].copy())
    return places[np.diff(covering.offsets) > 0][:count]


def _drawn(bounds: Floats, rng: np.random.Generator) -> Floats:
    places: Floats = rng.uniform(bounds[:, :2], bounds[:, 2:])
    places[:, 0] = (places[:, 0] + 180.0) % 360.0 - 180.0
    return places
