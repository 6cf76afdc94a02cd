"""Areas: what is known of them."""

import pytest
import shapely

from zones import Area
from zones.distance import is_inside

BOX = shapely.box(4, 52, 5, 53)


def test_square_kilometers_are_those_of_the_sphere() -> None:
    # a degree by a degree at the equator, and as much of the whole sphere as 1/8
    assert Area(shapely.box(0, 0, 1, 1)).area_km2 == pytest.approx(12_364, rel=0.001)
    assert Area(shapely.box(0, 0, 90, 90)).area_km2 == pytest.approx(
        63_758_000, rel=0.001
    )


def test_holes_are_not_counted() -> None:
    holed = shapely.difference(BOX, shapely.box(4.2, 52.2, 4.8, 52.8))
    hole = Area(shapely.box(4.2, 52.2, 4.8, 52.8)).area_km2
    assert Area(holed).area_km2 == pytest.approx(Area(BOX).area_km2 - hole)


@pytest.mark.parametrize(
    ("shape", "bounds"),
    [
        (BOX, (4, 52, 5, 53)),
        (
            shapely.MultiPolygon(
                [shapely.box(170, 0, 180, 1), shapely.box(-180, 0, -175, 2)]
            ),
            (170, 0, -175, 2),
        ),
        (shapely.box(-180, 80, 180, 90), (-180, 80, 180, 90)),
        (
            shapely.MultiPolygon(
                [shapely.box(100, 0, 110, 1), shapely.box(-110, 0, -100, 1)]
            ),
            (-110, 0, 110, 1),
        ),
    ],
)
def test_bounds_go_from_west_to_east(
    shape: shapely.Polygon, bounds: tuple[float, float, float, float]
) -> None:
    assert Area(shape).bounds == bounds


def test_the_representative_point_is_in_the_largest_part() -> None:
    horseshoe = shapely.difference(BOX, shapely.box(4.2, 52.2, 4.8, 53))
    far = shapely.box(100, 0, 100.1, 0.1)
    area = Area(shapely.MultiPolygon([far, horseshoe]))
    assert is_inside(area.representative_point, Area(horseshoe))
