"""The Earth as a sphere: distances, areas and directions, in degrees and meters."""

import math

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS = 6_371_008.8  # mean radius, meters (IUGG)
METERS_PER_DEGREE = EARTH_RADIUS * math.pi / 180
HALF_WAY_ROUND = EARTH_RADIUS * math.pi

Floats = NDArray[np.float64]


def great_circle(
    longitude: float, latitude: float, lons: Floats, lats: Floats
) -> Floats:
    """Return the meters from one point to each of many."""
    y, ys = math.radians(latitude), np.radians(lats)
    half_x = np.radians(lons - longitude) / 2
    chord = np.sin((ys - y) / 2) ** 2 + math.cos(y) * np.cos(ys) * np.sin(half_x) ** 2
    meters: Floats = 2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return meters


def ring_km2(ring: Floats) -> float:
    """Return the area inside a closed ring whose edges are straight in degrees."""
    x, y = np.radians(ring[:, 0]), np.radians(ring[:, 1])
    rise = np.diff(y)
    level = np.abs(rise) < 1e-12
    slope = np.where(level, 1.0, rise)
    # the mean of sin(latitude) along an edge on which latitude grows evenly
    mean = np.where(level, np.sin(y[:-1]), (np.cos(y[:-1]) - np.cos(y[1:])) / slope)
    return abs(float(np.sum(np.diff(x) * mean))) * (EARTH_RADIUS / 1000) ** 2


def travel(
    longitude: float, latitude: float, bearings: Floats, meters: float
) -> tuple[Floats, Floats]:
    """Return the points reached by going some meters in each direction (radians)."""
    angle, y = meters / EARTH_RADIUS, math.radians(latitude)
    sines = math.sin(y) * math.cos(angle) + math.cos(y) * math.sin(angle) * np.cos(
        bearings
    )
    east = np.sin(bearings) * math.sin(angle) * math.cos(y)
    north = math.cos(angle) - math.sin(y) * sines
    lons = longitude + np.degrees(np.arctan2(east, north))
    return lons, np.degrees(np.arcsin(np.clip(sines, -1, 1)))


def degrees_for(meters: float, latitude: float) -> tuple[float, float]:
    """Return spans of longitude and latitude that hold a circle around a latitude."""
    tall = meters / METERS_PER_DEGREE
    highest = abs(latitude) + tall
    if highest >= 89.99:
        return 360.0, tall
    return min(360.0, tall / math.cos(math.radians(highest))), tall
