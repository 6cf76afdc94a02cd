"""How far from the edge a point is, beside a plain calculation on the sphere."""

import math

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from zones import Area, Point, circle
from zones.distance import is_inside, signed_meters

Floats = NDArray[np.float64]

RADIUS = 6_371_008.8


def meters_to(
    shape: shapely.Geometry | Area, longitude: float, latitude: float
) -> float:
    area = shape if isinstance(shape, Area) else Area(shape)
    point = Point(longitude, latitude)
    return signed_meters(point, area, is_inside(point, area))


def straight(a: Point, lons: Floats, lats: Floats) -> Floats:
    """Return great-circle distances by the angle between vectors."""
    ours, theirs = (
        vectors(np.array([a.longitude]), np.array([a.latitude])),
        vectors(lons, lats),
    )
    sines = np.linalg.norm(np.cross(ours, theirs), axis=1)
    return RADIUS * np.arctan2(sines, (ours * theirs).sum(axis=1))


def vectors(lons: Floats, lats: Floats) -> Floats:
    x, y = np.radians(lons), np.radians(lats)
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


def by_sampling(shape: shapely.Polygon, point: Point, step: float = 0.0002) -> float:
    """Return the least distance to very many points on the edge."""
    edge = shapely.get_coordinates(shapely.segmentize(shape.exterior, step))
    return float(straight(point, edge[:, 0], edge[:, 1]).min())


BOX = shapely.box(4.9, 52.3, 5.0, 52.4)


@pytest.mark.parametrize(
    "latitude", [-70, -33.9, 0, 40.7, 52.37, 69.9, 79.9, 80.1, 85, 89]
)
def test_meters_are_within_one_percent_of_the_sphere(latitude: float) -> None:
    rng = np.random.default_rng(7)
    wide = 0.02 / math.cos(math.radians(latitude))
    shape = shapely.Polygon(
        [
            (10, latitude),
            (10 + wide, latitude + 0.004),
            (10 + wide / 2, latitude + 0.02),
        ]
    )
    for _ in range(6):
        point = Point(
            10 + wide * float(rng.uniform(-1, 2)),
            latitude + float(rng.uniform(-0.02, 0.04)),
        )
        expected = by_sampling(shape, point)
        meters = meters_to(shape, point.longitude, point.latitude)
        assert abs(meters) == pytest.approx(expected, rel=0.01, abs=2.0)
        assert (meters > 0) == bool(shapely.contains_xy(shape, *_pair(point)))


def _pair(point: Point) -> tuple[float, float]:
    return point.longitude, point.latitude


@pytest.mark.parametrize(
    ("longitude", "latitude", "meters"),
    [
        (4.95, 52.39, 1_112),
        (4.95, 52.41, -1_112),
        (4.95, 52.4, 0),
        (4.9, 52.3, 0),
        (4.91, 52.35, 680),
        (4.89, 52.35, -680),
    ],
)
def test_inside_is_positive_and_the_edge_is_zero(
    longitude: float, latitude: float, meters: float
) -> None:
    assert meters_to(BOX, longitude, latitude) == pytest.approx(
        meters, rel=0.01, abs=1e-6
    )


def test_the_edge_of_a_hole_is_an_edge() -> None:
    shape = shapely.difference(BOX, shapely.box(4.94, 52.34, 4.96, 52.36))
    assert meters_to(shape, 4.95, 52.37) == pytest.approx(1_112, rel=0.01)
    assert meters_to(shape, 4.95, 52.351) == pytest.approx(-681, rel=0.01)


def test_the_seam_at_the_antimeridian_is_no_edge() -> None:
    shape = shapely.MultiPolygon(
        [shapely.box(179, -1, 180, 1), shapely.box(-180, -1, -179, 1)]
    )
    for longitude in (180.0, -180.0, 179.999, -179.999):
        assert meters_to(shape, longitude, 0.0) == pytest.approx(111_195, rel=0.01)


def test_where_the_seam_has_one_side_only_it_is_an_edge() -> None:
    shape = shapely.MultiPolygon(
        [shapely.box(179, 0, 180, 2), shapely.box(-180, 1, -179, 3)]
    )
    assert meters_to(shape, 179.99, 0.5) == pytest.approx(1_112, rel=0.01)
    assert meters_to(shape, -179.99, 2.5) == pytest.approx(1_112, rel=0.01)
    assert meters_to(shape, 180.0, 1.5) == pytest.approx(55_597, rel=0.01)


def test_distance_goes_the_short_way_across_the_antimeridian() -> None:
    east = shapely.box(179.9, 0, 179.99, 1)
    assert meters_to(east, -179.99, 0.5) == pytest.approx(-2_224, rel=0.01)


def test_the_near_end_of_an_edge_counts_across_the_antimeridian() -> None:
    wedge = shapely.Polygon([(179.9, 0), (179.99, 0.9), (179.9, 0.9)])
    expected = by_sampling(wedge, Point(-179.99, 0.9))
    assert expected == pytest.approx(2_224, rel=0.01)
    assert meters_to(wedge, -179.99, 0.9) == pytest.approx(-expected, rel=0.01)


def test_the_pole_within_a_cap_is_no_edge() -> None:
    cap = shapely.box(-180, 89.9, 180, 90)
    for longitude in (0.0, 180.0, -90.0):
        assert meters_to(cap, longitude, 90.0) == pytest.approx(11_120, rel=0.01)
        assert meters_to(cap, longitude, 89.95) == pytest.approx(5_560, rel=0.01)
        assert meters_to(cap, longitude, 89.85) == pytest.approx(-5_560, rel=0.01)


def test_distance_goes_over_the_pole() -> None:
    assert meters_to(shapely.box(-5, 89.8, 5, 89.9), 180.0, 89.9) == pytest.approx(
        -22_239, rel=0.01
    )


@pytest.mark.parametrize("seed", range(8))
def test_meters_around_a_pole_are_within_one_percent_of_the_sphere(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lons, lats = np.sort(rng.uniform(-170, 170, 4)), rng.uniform(89.9, 89.999, 4)
    shape = shapely.Polygon(zip(lons[:3], lats[:3], strict=True))
    point = Point(float(lons[3]) - 180, float(lats[3]))
    assert abs(meters_to(shape, point.longitude, point.latitude)) == pytest.approx(
        by_sampling(shape, point, step=0.01), rel=0.01
    )


def test_the_whole_earth_has_no_edge() -> None:
    earth = shapely.box(-180, -90, 180, 90)
    assert meters_to(earth, 5.0, 52.0) == pytest.approx(math.pi * RADIUS)


@pytest.mark.parametrize("latitude", [0.0, 52.37, 75.0, 85.0, 89.9, 90.0, -90.0])
@pytest.mark.parametrize("longitude", [4.9, 180.0, -179.99])
@pytest.mark.parametrize("radius", [10.0, 150.0, 10_000.0])
def test_a_circle_is_round_wherever_it_is(
    longitude: float, latitude: float, radius: float
) -> None:
    center = Point(longitude, latitude)
    area = circle(center, radius)
    assert shapely.is_valid(area.geometry)
    assert meters_to(area, longitude, latitude) == pytest.approx(radius, rel=0.01)
    assert area.area_km2 == pytest.approx(math.pi * radius**2 / 1e6, rel=0.01)
    lons, lats = scattered(center, radius)
    meters = straight(center, lons, lats)
    inside = np.array(
        [is_inside(p, area) for p in map(Point, lons.tolist(), lats.tolist())]
    )
    assert inside[meters <= radius].all()
    assert not inside[meters > radius * 1.01].any()


def scattered(center: Point, meters: float) -> tuple[Floats, Floats]:
    """Return places around a point, most of them about so far away."""
    rng = np.random.default_rng(11)
    middle = vectors(np.array([center.longitude]), np.array([center.latitude]))
    there = middle + rng.normal(size=(400, 3)) * 0.7 * meters / RADIUS
    there /= np.linalg.norm(there, axis=1)[:, None]
    lons, lats = np.arctan2(there[:, 1], there[:, 0]), np.arcsin(there[:, 2])
    return np.degrees(lons), np.degrees(lats)
