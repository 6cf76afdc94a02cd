"""H3 cells: what h3's covers are known to lose costs no answer."""

from itertools import pairwise

import h3
import numpy as np
import pytest
import shapely

from tests.zones.kinds import Kind, build_index
from zones import (
    Area,
    Point,
    Zone,
    ZoneId,
    ZoneIndex,
    cell_of,
    neighbours,
)


def outline(cell: str) -> shapely.Polygon:
    return shapely.Polygon([(lng, lat) for lat, lng in h3.cell_to_boundary(cell)])


def disk(
    latitude: float, longitude: float, resolution: int, rings: int
) -> shapely.Polygon:
    cell = h3.latlng_to_cell(latitude, longitude, resolution)
    whole = shapely.union_all([outline(one) for one in h3.grid_disk(cell, rings)])
    assert isinstance(whole, shapely.Polygon)
    return whole


def hits(index: ZoneIndex, points: np.ndarray) -> list[list[int]]:
    offsets, numbers = index.covering(points[:, 0].copy(), points[:, 1].copy())
    return [numbers[a:b].tolist() for a, b in pairwise(offsets.tolist())]


def both(shapes: list[shapely.Polygon], points: np.ndarray) -> int:
    """Return how many points are covered, after both indexes agree on each."""
    zones = [Zone(ZoneId(f"z{n}"), Area(shape)) for n, shape in enumerate(shapes)]
    found = hits(build_index(zones, Kind.COMPILED), points)
    assert found == hits(build_index(zones, Kind.SCAN), points)
    return sum(map(bool, found))


def around(shape: shapely.Polygon, count: int, spread: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    edge = shapely.get_coordinates(
        shapely.line_interpolate_point(
            shape.exterior, rng.random(count), normalized=True
        )
    )
    return edge + rng.normal(scale=spread, size=edge.shape)


@pytest.mark.parametrize("resolution", [5, 7, 9, 10])
def test_a_hole_around_the_middle_of_a_cell_does_not_lose_the_cell(
    resolution: int,
) -> None:
    for longitude in (4.9, -74.0, 151.2):
        cell = h3.latlng_to_cell(40.7, longitude, resolution)
        lat, lng = h3.cell_to_latlng(cell)
        whole = outline(cell)
        hole = shapely.affinity.scale(whole, 0.5, 0.5, origin=(lng, lat))
        zone = shapely.difference(shapely.affinity.scale(whole, 1.4, 1.4), hole)
        size = float(np.ptp(shapely.get_coordinates(whole), axis=0).max())
        rng = np.random.default_rng(3)
        points = np.array([lng, lat]) + rng.uniform(-size, size, size=(2_000, 2))
        assert both([zone], points) > 300


@pytest.mark.parametrize("resolution", [5, 7, 8, 9])
def test_zones_made_of_cells_end_where_they_end(resolution: int) -> None:
    cities = [(52.37, 4.9), (-33.9, 151.2), (69.6, 18.9), (1.3, 103.8)]
    shapes = [disk(*city, resolution, rings) for city in cities for rings in (0, 1, 2)]
    spread = 10.0 ** (-resolution)
    points = np.concatenate([around(s, 150, spread, n) for n, s in enumerate(shapes)])
    assert both(shapes, points) > len(points) / 3


@pytest.mark.parametrize("latitude", [0.5, 40.7, 65.0, 79.0])
def test_points_between_a_straight_edge_and_a_bent_one_are_not_lost(
    latitude: float,
) -> None:
    wide = shapely.box(10, latitude, 14, latitude + 0.5)
    small = shapely.box(10, latitude, 10.004, latitude + 0.002)
    points = np.concatenate([around(wide, 1_000, 1e-5, 1), around(small, 500, 1e-9, 2)])
    assert both([wide, small], points) > 500


@pytest.mark.parametrize(("resolution", "less"), [(5, 1e-6), (7, 1e-8)])
def test_zones_that_end_just_before_their_cells_do_lose_nothing(
    resolution: int, less: float
) -> None:
    shapes = [
        shapely.buffer(disk(latitude, 10.0, resolution, 2), -less, join_style="mitre")
        for latitude in (1.3, 40.7, 52.37, 69.6)
    ]
    points = [around(shape, 2_000, less / 10, 5) for shape in shapes]
    assert both(shapes, np.concatenate(points)) > 2_000


@pytest.mark.parametrize("south", [60.0, 80.0, 89.0])
def test_caps_and_belts_around_the_earth_lose_nothing(south: float) -> None:
    rng = np.random.default_rng(9)
    belt = shapely.box(-180, -1, 180, 1)
    cap = shapely.box(-180, south, 180, 90)
    lons, lats = rng.uniform(-180, 180, 1_500), rng.uniform(south - 5, 90, 1_500)
    lats[::3] = rng.uniform(-2, 2, 500)
    assert both([belt, cap], np.column_stack([lons, lats])) > 300


def test_a_zone_smaller_than_any_cell_is_found() -> None:
    tiny = shapely.box(4.9, 52.37, 4.90001, 52.37001)
    assert both([tiny], np.array([[4.900005, 52.370005], [4.9001, 52.37]])) == 1


def test_a_cell_is_named_as_h3_names_it() -> None:
    assert cell_of(Point(-74.0, 40.7)) == h3.latlng_to_cell(40.7, -74.0, 5)
    assert cell_of(Point(-74.0, 40.7), 7) == h3.latlng_to_cell(40.7, -74.0, 7)
    assert cell_of(Point(180.0, 10.0)) == cell_of(Point(-180.0, 10.0))


def test_neighbours_are_the_cells_around_and_the_cell_itself() -> None:
    cell = cell_of(Point(4.9, 52.37))
    assert neighbours(cell, 0) == [cell]
    assert len(neighbours(cell, 2)) == 19
    assert neighbours(cell, 1) == sorted(h3.grid_disk(cell, 1))
