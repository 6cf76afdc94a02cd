"""Made-up worlds, the same for the same seed: zones of all shapes, and where to ask."""

import math

import numpy as np
import shapely
from numpy.typing import NDArray

from zones import Area, Point, Zone, ZoneId, circle
from zones.antimeridian import split

Floats = NDArray[np.float64]

MIDDLES = [(4.9, 52.37), (-74.0, 40.7), (-180.0, -16.5), (179.9, 66.0), (0.0, 0.0)]
POLES = [(0.0, 90.0), (100.0, 89.9), (-120.0, -90.0), (30.0, 84.0)]
SIZES = [0.001, 0.01, 0.1, 1.0, 8.0]  # degrees


def world(seed: int, count: int) -> list[Zone]:
    """Return zones of all sizes, with holes, parts, overlaps, at poles and at 180."""
    rng = np.random.default_rng(seed)
    return [
        Zone(
            ZoneId(f"z{number}"),
            _area(rng),
            approach_meters=float(rng.choice([50, 2_000])) if number % 3 == 0 else None,
        )
        for number in range(count)
    ]


def places(zones: list[Zone], seed: int, each: int = 6) -> tuple[Floats, Floats]:
    """Return places in, near, on corners and on edges of zones, and odd ones."""
    rng = np.random.default_rng(seed)
    found = [np.array(_ODD)]
    for zone in zones:
        corners = shapely.get_coordinates(zone.area.geometry)
        some = corners[rng.integers(len(corners), size=each)]
        after = corners[(rng.integers(len(corners) - 1) + np.array([0, 1]))]
        size = np.ptp(corners, axis=0).max()
        found += [some, after.mean(axis=0, keepdims=True)]
        found += [
            some + rng.normal(scale=scale * size, size=some.shape)
            for scale in (1e-12, 1e-6, 1e-2, 0.5)
        ]
    where = np.concatenate(found)
    return where[:, 0].copy(), where[:, 1].copy()


_ODD = [
    (180.0, -16.5), (-180.0, -16.5), (180.0, 66.0), (-180.0, 66.0), (0.0, 90.0),
    (77.0, 90.0), (-180.0, 90.0), (180.0, -90.0), (0.0, 0.0), (190.0, 0.0),
    (0.0, 95.0), (math.nan, 0.0), (0.0, math.nan), (math.inf, 0.0), (0.0, -math.inf),
]  # fmt: skip


def _area(rng: np.random.Generator) -> Area:
    lon, lat = (MIDDLES + POLES)[rng.integers(len(MIDDLES) + len(POLES))]
    size = float(rng.choice(SIZES))
    lon, lat = lon + rng.normal(scale=size), lat + rng.normal(scale=size)
    lat = float(np.clip(lat, -90, 90))
    lon = (lon + 180) % 360 - 180
    if rng.random() < 0.2:
        return circle(Point(lon, lat), float(rng.uniform(10, 10_000)))
    if rng.random() < 0.15:
        parts = [_polygon(rng, lon + 4 * i * size, lat, size) for i in range(3)]
        return _flat(shapely.unary_union(parts))
    return _flat(_polygon(rng, lon, lat, size))


def _polygon(
    rng: np.random.Generator, lon: float, lat: float, size: float
) -> shapely.Polygon:
    corners = int(rng.integers(3, 40))
    angles = np.sort(rng.uniform(0, 2 * math.pi, size=corners))
    if np.diff(angles, append=angles[0] + 2 * math.pi).max() > math.pi:
        angles = np.arange(corners) * 2 * math.pi / corners
    radii = size * rng.uniform(0.5, 1.0, size=corners)
    if rng.random() < 0.2:  # on a grid, with edges along meridians and parallels
        step = size / 4
        west, south = round(lon / step) * step, round(lat / step) * step
        return shapely.box(west, south, west + 2 * step, south + 3 * step)
    shell = np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None]
    holes = [shell * 0.4] if rng.random() < 0.4 else []
    middle = np.array([lon, lat])
    return shapely.Polygon(shell + middle, [hole + middle for hole in holes])


def _flat(shape: shapely.Geometry) -> Area:
    """Return the part that is on the map, cut at the antimeridian."""
    world = shapely.box(-540, -90, 540, 90)
    parts = [
        piece
        for part in shapely.get_parts(shapely.intersection(shape, world))
        if isinstance(part, shapely.Polygon)
        for piece in shapely.get_parts(split(part))
    ]
    if not parts:
        return circle(Point(0.0, 0.0), 100.0)
    return Area(parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts))
