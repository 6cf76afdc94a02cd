"""Seeded worlds: zones and pings; the same numbers give the same data."""

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

import geopush
from geopush.bench.pings import Floats, Pings, draw_pings
from zones import Area, Zone, ZoneId, build_index, parse_zones

Shapes = NDArray[np.object_]
Box = tuple[float, float, float, float]  # west, south, east, north

HOLED = 0.05  # of all zones of a city
IN_TWO = 0.03
CITY = (-74.3, 40.5, -73.7, 40.95)
CONTINENTS = (-20.0, -40.0, 60.0, 65.0)
EUROPE = (-10.0, 36.0, 30.0, 60.0)
KM = 1 / 111.195  # degrees of latitude
SAMPLE = Path(geopush.__file__).parent / "sandbox" / "city"
TOWN = 2_000  # zones of one town
TOWN_WIDTH = 0.11  # degrees from the middle, for two of three


class World(NamedTuple):
    """How many zones a world usually has, how they and its pings are made."""

    zones: int
    shapes: Callable[[np.random.Generator, int], Shapes]
    pings: Callable[[np.random.Generator, int, int], Pings]


def make_zones(world: str, count: int | None = None, seed: int = 1) -> list[Zone]:
    """Return the zones of a world, as many as it usually has or as many as asked."""
    if world == REAL:
        return list(real_zones()[:count])
    made = WORLDS[world]
    shapes = made.shapes(np.random.default_rng(seed), count or made.zones)
    return zones_of(shapes)


def make_pings(
    world: str, count: int, seed: int = 2, zones: int | None = None
) -> Pings:
    """Return places all over a world that has so many zones."""
    if world == REAL:
        return draw_pings(build_index(real_zones()), count, seed)
    made = WORLDS[world]
    return made.pings(np.random.default_rng(seed), count, zones or made.zones)


def zones_of(shapes: Shapes) -> list[Zone]:
    """Return a zone of each shape."""
    return [
        Zone(ZoneId(f"zone-{number}"), Area(shape), f"Zone {number}")
        for number, shape in enumerate(shapes.tolist())
    ]


@cache
def real_zones() -> tuple[Zone, ...]:
    """Return the taxi zones of New York, and the restaurants of a chain there."""
    return tuple(
        zone
        for name in ("districts.geojson", "zones.geojson")
        for zone in parse_zones(SAMPLE.joinpath(name).read_bytes()).zones
    )


def places_in(box: Box, rng: np.random.Generator, count: int) -> Pings:
    """Return places all over a box."""
    west, south, east, north = box
    return rng.uniform(west, east, count), rng.uniform(south, north, count)


def stars(
    rng: np.random.Generator, middles: Floats, radii: Floats, corners: int
) -> Floats:
    """Return coasts that are seen whole from their middles, so that they are valid."""
    size = (len(middles), corners)
    turns = (np.arange(corners) + rng.uniform(0, 0.6, size)) * math.tau / corners
    reach = 0.72 - rng.uniform(0, 0.02, size)
    for waves in (2, 3, 7):
        high, start = rng.uniform(0, (0.1, math.tau), (len(middles), 2)).T
        reach += high[:, None] * np.sin(waves * turns + start[:, None])
    reach *= radii[:, None]
    lons = reach * np.cos(turns) / np.cos(np.radians(middles[:, 1:]))
    return np.stack([middles[:, :1] + lons, middles[:, 1:] + reach * np.sin(turns)], -1)


def blocks(rng: np.random.Generator, count: int) -> Shapes:
    """Return shops and blocks of a city; some have holes, some are in two parts."""
    return _varied(rng, count, (0.036 * KM, 0.178 * KM), (12, 72))


def catchments(rng: np.random.Generator, count: int) -> Shapes:
    """Return areas of a city that lie over one another; a ping is in eight or so."""
    return _varied(rng, count, (1.4 * KM, 3.5 * KM), (50, 250))


def countries(rng: np.random.Generator, count: int) -> Shapes:
    """Return neighbours with fine borders, a little larger than what is theirs."""
    west, south, east, north = CONTINENTS
    columns = math.ceil(math.sqrt(count * (east - west) / (north - south)))
    number = np.arange(count)
    rows = math.ceil(count / columns)
    grid = np.column_stack([number % columns, number // columns]) + 0.5
    grid += rng.uniform(-0.35, 0.35, grid.shape)
    middles = grid * [(east - west) / columns, (north - south) / rows] + [west, south]
    box = shapely.box(*CONTINENTS)
    cells = shapely.voronoi_polygons(shapely.multipoints(middles), extend_to=box)
    plain = shapely.intersection(shapely.get_parts(cells), box)
    fine = shapely.segmentize(plain, shapely.length(plain) / 5_600)
    return shapely.transform(_widened(fine), _coast)


def towns(rng: np.random.Generator, count: int) -> Shapes:
    """Return shops of many towns, sixteen corners each."""
    middles = _town_middles(count)[rng.integers(_town_count(count), size=count)]
    middles = middles + rng.normal(scale=TOWN_WIDTH, size=(count, 2))
    radii = rng.lognormal(math.log(0.00125), 0.5, count)
    return shapely.polygons(stars(rng, middles, radii, 16))


def in_towns(rng: np.random.Generator, count: int, zones: int) -> Pings:
    """Return places where the shops of towns are."""
    middles = _town_middles(zones)[rng.integers(_town_count(zones), size=count)]
    places = middles + rng.normal(scale=TOWN_WIDTH, size=(count, 2))
    return places[:, 0].copy(), places[:, 1].copy()


def _all_over(box: Box) -> Callable[[np.random.Generator, int, int], Pings]:
    return lambda rng, count, _: places_in(box, rng, count)


def _varied(
    rng: np.random.Generator,
    count: int,
    radius: tuple[float, float],
    corners: tuple[int, int],
) -> Shapes:
    middles = np.column_stack(places_in(CITY, rng, count))
    radii, sides = rng.uniform(*radius, count), rng.integers(*corners, count)
    kinds = rng.uniform(size=count)
    shapes = np.empty(count, dtype=np.object_)
    for number in np.unique(sides).tolist():
        which = np.flatnonzero(sides == number)
        coasts = stars(rng, middles[which], radii[which], number)
        shapes[which] = shapely.polygons(coasts)
    for at in np.flatnonzero(kinds < HOLED + IN_TWO):
        shell, middle = shapes[at], middles[at : at + 1]
        if kinds[at] < HOLED:
            hole = stars(rng, middle, 0.3 * radii[at : at + 1], 8)[0]
            shapes[at] = shapely.Polygon(shell.exterior, [hole])
            continue
        beside = np.add(middle, (0.0, 2.5 * radii[at]))
        more = stars(rng, beside, radii[at : at + 1], int(sides[at]))[0]
        shapes[at] = shapely.MultiPolygon([shell, shapely.Polygon(more)])
    return shapes


def _widened(shapes: Shapes) -> Shapes:
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    wide = [
        shapely.affinity.scale(shape, 1.03, 1.03, origin=tuple(middle))
        for shape, middle in zip(shapes.tolist(), middles.tolist(), strict=True)
    ]
    return np.array(wide, dtype=np.object_)


def _coast(places: Floats) -> Floats:
    """Shift places north and south, then east and west: borders bend, none cross."""
    lons, lats = places.T.copy()
    for octave in range(8):
        width = 8.0 / 2**octave
        high = 0.035 * width
        lats += high * np.sin(math.tau * (lons / width + 0.37 * octave))
        lons += high * np.sin(math.tau * (lats / width + 0.71 * octave))
    return np.column_stack([lons, lats])


def _town_count(zones: int) -> int:
    return max(1, zones // TOWN)


def _town_middles(zones: int) -> Floats:
    return np.column_stack(
        places_in(EUROPE, np.random.default_rng(7), _town_count(zones))
    )


REAL = "new-york"
WORLDS = {
    "city": World(10_000, blocks, _all_over(CITY)),
    "countries": World(300, countries, _all_over(CONTINENTS)),
    "towns": World(1_000_000, towns, in_towns),
    "overlapping": World(2_000, catchments, _all_over(CITY)),
}
