"""Seeded worlds: zones and pings; the same numbers give the same data."""

import math
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from zones import Area, Zone, ZoneId

Floats = NDArray[np.float64]
Pings = tuple[Floats, Floats]  # longitudes, latitudes

HOLED = 0.05  # of all zones
IN_TWO = 0.03
RIM = 0.1  # of the pings that answers are compared on, so many are on edges
_KM = 1 / 111.195  # degrees of latitude


class Shape(NamedTuple):
    """What a world is like: west, south, east, north; how wide zones are (degrees)."""

    zones: int
    box: tuple[float, float, float, float]
    radius: tuple[float, float]
    corners: tuple[int, int]


_CITY = (-74.3, 40.5, -73.7, 40.95)
WORLDS = {
    # shops and blocks; one ping in a dozen is in a zone
    "city": Shape(10_000, _CITY, (0.03 * _KM, 0.15 * _KM), (12, 72)),
    # few, vast and fine; most pings are in one
    "countries": Shape(300, (-160.0, -55.0, 160.0, 65.0), (5.0, 8.0), (3_000, 8_000)),
    # catchment areas; a ping is in several
    "overlapping": Shape(2_000, _CITY, (1.5 * _KM, 3.7 * _KM), (50, 250)),
}


def make_zones(world: str, count: int | None = None, seed: int = 1) -> list[Zone]:
    """Return the zones of a world, as many as it usually has or as many as asked."""
    shape = WORLDS[world]
    rng = np.random.default_rng(seed)
    return [
        Zone(ZoneId(f"zone-{number}"), Area(_geometry(rng, shape)), f"Zone {number}")
        for number in range(shape.zones if count is None else count)
    ]


def make_pings(world: str, count: int, seed: int = 2) -> Pings:
    """Return places all over a world."""
    west, south, east, north = WORLDS[world].box
    rng = np.random.default_rng(seed)
    return rng.uniform(west, east, count), rng.uniform(south, north, count)


def hard_pings(zones: list[Zone], world: str, count: int, seed: int = 3) -> Pings:
    """Return places all over a world, some of them on corners and edges of zones."""
    rng = np.random.default_rng(seed)
    lons, lats = make_pings(world, count, seed)
    for ping in rng.choice(count, int(count * RIM), replace=False):
        area = zones[rng.integers(len(zones))].area
        edges = shapely.get_coordinates(area.parts[0].exterior)
        corner = rng.integers(len(edges) - 1)
        along = rng.choice([0.0, 0.5, rng.uniform()])
        lons[ping], lats[ping] = edges[corner] * (1 - along) + edges[corner + 1] * along
    return lons, lats


def _geometry(rng: np.random.Generator, shape: Shape) -> shapely.Geometry:
    west, south, east, north = shape.box
    lon, lat = rng.uniform(west, east), rng.uniform(south, north)
    radius = rng.uniform(*shape.radius)
    corners = int(rng.integers(*shape.corners))
    shell = _ring(rng, lon, lat, radius, corners)
    kind = rng.uniform()
    if kind < HOLED:
        return shapely.Polygon(shell, [_ring(rng, lon, lat, 0.3 * radius, 8)])
    if kind < HOLED + IN_TWO:
        beside = _ring(rng, lon, lat + 2.5 * radius, radius, corners)
        return shapely.MultiPolygon([shapely.Polygon(shell), shapely.Polygon(beside)])
    return shapely.Polygon(shell)


def _ring(
    rng: np.random.Generator, lon: float, lat: float, radius: float, corners: int
) -> Floats:
    """Return a coast that is seen whole from its middle, so that it is valid."""
    turns = (np.arange(corners) + rng.uniform(0, 0.6, corners)) * math.tau / corners
    bays = sum(
        rng.uniform(0, 0.1) * np.sin(waves * turns + rng.uniform(0, math.tau))
        for waves in (2, 3, 7)
    )
    reach = radius * (0.72 + bays - rng.uniform(0, 0.02, corners))
    lons = lon + reach * np.cos(turns) / math.cos(math.radians(lat))
    return np.column_stack([lons, lat + reach * np.sin(turns)])
