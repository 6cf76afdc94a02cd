"""Circles as areas, anywhere on the Earth."""

import math

import numpy as np
import shapely

from zones.antimeridian import split
from zones.geometry import Area, Point
from zones.sphere import METERS_PER_DEGREE, Floats, travel

CORNERS = 64
POLAR_CORNERS = 720  # near a pole edges that are straight in degrees bend on the Earth
POLAR = 80.0


def circle(center: Point, meters: float) -> Area:
    """Return the area within some meters of a point, drawn around the true circle."""
    reach = abs(center.latitude) + meters / METERS_PER_DEGREE
    corners = POLAR_CORNERS if reach > POLAR else CORNERS
    # corners stand off a little, so that all edges lie on or outside the circle
    radius = meters / math.cos(math.pi / corners)
    bearings = -np.arange(corners, dtype=np.float64) * (2 * math.pi / corners)
    lons, lats = travel(center.longitude, center.latitude, bearings, radius)
    if abs(center.latitude) + radius / METERS_PER_DEGREE >= 90:
        return Area(_cap(lons, lats, center.latitude), center, meters)
    return Area(split(shapely.Polygon(np.column_stack([lons, lats]))), center, meters)


def _cap(lons: Floats, lats: Floats, latitude: float) -> shapely.Polygon:
    """Return the circle around a pole as a strip over the width of the map."""
    lons = (lons + 180) % 360 - 180
    order = np.argsort(lons)
    lons, lats = lons[order], lats[order]
    end = (lats[0] + lats[-1]) / 2
    pole = math.copysign(90.0, latitude)
    ring = [(-180.0, pole), (-180.0, end), *zip(lons, lats, strict=True)]
    return shapely.Polygon([*ring, (180.0, end), (180.0, pole)])
