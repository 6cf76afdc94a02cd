"""Points and areas on the Earth.

An area lies within longitudes -180 to 180: what crosses the antimeridian is in parts
that meet there. Its edges are straight in degrees and belong to it.
"""

import math
from functools import cached_property

import numpy as np
import shapely
from msgspec import Struct
from numpy.typing import NDArray

from zones.seams import real_edges
from zones.sphere import degrees_for, ring_km2

Box = tuple[float, float, float, float]
Shape = shapely.Polygon | shapely.MultiPolygon

# Rounding and the 1 % that distances may be off must never cost a candidate.
SLACK = 1.02
HAIR = 1e-9


class Point(Struct, frozen=True, gc=False):
    """A place on the Earth, in degrees (WGS 84)."""

    longitude: float
    latitude: float


class Area(Struct, frozen=True, dict=True):
    """A piece of the Earth's surface, perhaps in several parts and with holes.

    ``center`` and ``radius`` are kept when it was drawn as a circle.
    """

    geometry: Shape
    center: Point | None = None
    radius: float | None = None

    def __post_init__(self) -> None:
        shapely.prepare(self.geometry)

    @cached_property
    def parts(self) -> tuple[shapely.Polygon, ...]:
        """The polygons it is made of."""
        if isinstance(self.geometry, shapely.Polygon):
            return (self.geometry,)
        return tuple(self.geometry.geoms)

    @cached_property
    def bounds(self) -> Box:
        """West, south, east, north; west > east when it crosses the antimeridian."""
        west, south, east, north = self.geometry.bounds
        if (west, east) != (-180.0, 180.0):
            return west, south, east, north
        eastern = [part.bounds[0] for part in self.parts if part.bounds[0] >= 0]
        western = [part.bounds[2] for part in self.parts if part.bounds[2] <= 0]
        if len(eastern) + len(western) < len(self.parts):
            return west, south, east, north
        return min(eastern), south, max(western), north

    @cached_property
    def representative_point(self) -> Point:
        """A point that surely lies in it, in its largest part."""
        largest = max(self.parts, key=lambda part: part.area)
        inside = shapely.point_on_surface(largest)
        return Point(inside.x, inside.y)

    @cached_property
    def area_km2(self) -> float:
        """How large it is, holes taken off."""
        return sum(
            ring_km2(shapely.get_coordinates(part.exterior))
            - sum(ring_km2(shapely.get_coordinates(hole)) for hole in part.interiors)
            for part in self.parts
        )

    @cached_property
    def edges(self) -> NDArray[np.float64]:
        """Its real edges, one a row: longitude, latitude, longitude, latitude.

        Where parts meet at the antimeridian or an edge runs along a pole, there is
        no edge on the Earth.
        """
        return real_edges(self.geometry)

    def reach(self, meters: float = 0.0) -> list[Box]:
        """Return boxes that hold every point in it or at most so far away from it."""
        return [box for part in self.parts for box in reach(part.bounds, meters)]


def reach(bounds: Box, meters: float) -> list[Box]:
    """Return boxes that hold all that is at most so far away from a box."""
    west, south, east, north = bounds
    wide, tall = degrees_for(meters * SLACK, max(abs(south), abs(north)))
    west, east = west - wide - HAIR, east + wide + HAIR
    south, north = south - tall - HAIR, north + tall + HAIR
    boxes = [(west, south, east, north)]
    if west <= -180:
        boxes.append((west + 360, south, 180.0, north))
    if east >= 180:
        boxes.append((-180.0, south, east - 360, north))
    return boxes


def covers(
    geometries: NDArray[np.object_] | Shape,
    lons: NDArray[np.float64],
    lats: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Tell which points lie in their geometry or on its edge.

    Longitudes -180 and 180 are the same place.
    """
    inside = np.asarray(shapely.intersects_xy(geometries, lons, lats), dtype=np.bool_)
    seam = np.abs(lons) == 180
    if seam.any():
        inside |= seam & shapely.intersects_xy(geometries, -lons, lats)
    return inside


def boxes_of(bbox: Box) -> list[shapely.Polygon]:
    """Return a bounding box as polygons: two when it crosses the antimeridian."""
    west, south, east, north = bbox
    if not all(map(math.isfinite, bbox)):
        return []
    if west <= east:
        return [shapely.box(west, south, east, north)]
    return [shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]
