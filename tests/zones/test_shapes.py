"""Geometries that are zones, and all that can be wrong with the others."""

import pytest
import shapely

from tests.zones.geojson import box, collection, feature, multi_polygon, polygon
from zones import Code, Limits, Point, Zone, parse_zones

INNER = "$.features[0].geometry.coordinates"
STAR = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]


def the_zone(geometry: object, **properties: object) -> Zone:
    parsed = parse_zones(collection(feature(geometry, **properties)))
    assert parsed.problems == ()
    [zone] = parsed.zones
    return zone


@pytest.mark.parametrize(
    ("geometry", "path", "code"),
    [
        (None, "$.features[0].geometry", Code.MISSING),
        ([], "$.features[0].geometry", Code.MISSING),
        ({}, "$.features[0].geometry.type", Code.UNKNOWN_GEOMETRY),
        (
            {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
            "$.features[0].geometry.type",
            Code.UNKNOWN_GEOMETRY,
        ),
        ({"type": "Polygon"}, INNER, Code.WRONG_TYPE),
        ({"type": "Polygon", "coordinates": []}, INNER, Code.EMPTY),
        (polygon([]), f"{INNER}[0]", Code.EMPTY),
        (polygon("ring"), f"{INNER}[0]", Code.WRONG_TYPE),
        (polygon(box(0, 0, 1, 1), []), f"{INNER}[1]", Code.EMPTY),
        (polygon([[0, 0], [1, 1]]), f"{INNER}[0]", Code.TOO_FEW_POSITIONS),
        (polygon([[0, 0], [1, 1], [0, 0]]), f"{INNER}[0]", Code.TOO_FEW_POSITIONS),
        (
            polygon([[0, 0], [1, 1], [1, 1], [0, 0]]),
            f"{INNER}[0]",
            Code.TOO_FEW_POSITIONS,
        ),
        (polygon([[0, 0], [1], [1, 1], [0, 0]]), f"{INNER}[0][1]", Code.WRONG_TYPE),
        (polygon([[0, 0], [1, "1"], [1, 1]]), f"{INNER}[0][1]", Code.WRONG_TYPE),
        (polygon([[0, 0], [True, 1], [1, 1]]), f"{INNER}[0][1]", Code.WRONG_TYPE),
        (polygon([[0, 0], None, [1, 1]]), f"{INNER}[0][1]", Code.WRONG_TYPE),
        (polygon([[0, 0], [181, 1], [1, 1]]), f"{INNER}[0][1]", Code.OUT_OF_RANGE),
        (polygon([[0, 0], [120, 95], [1, 1]]), f"{INNER}[0][1]", Code.OUT_OF_RANGE),
        (polygon([[0, 0], [10**400, 1], [1, 1]]), f"{INNER}[0][1]", Code.NOT_A_NUMBER),
        (polygon(STAR), INNER, Code.CROSSING_EDGES),
        (
            polygon(box(0, 0, 1, 1), box(2, 2, 3, 3)),
            INNER,
            Code.HOLE_OUTSIDE,
        ),
        (
            polygon(
                box(0, 0, 0.9, 0.9), box(0.1, 0.1, 0.8, 0.8), box(0.2, 0.2, 0.3, 0.3)
            ),
            INNER,
            Code.NESTED_HOLES,
        ),
        (multi_polygon(), INNER, Code.EMPTY),
        ({"type": "MultiPolygon", "coordinates": 7}, INNER, Code.WRONG_TYPE),
        (
            multi_polygon([box(0, 0, 0.9, 0.9)], [box(0.1, 0.1, 0.2, 0.2)]),
            INNER,
            Code.NESTED_PARTS,
        ),
        (
            multi_polygon([box(0, 0, 0.5, 0.5)], [box(0.2, 0.2, 0.7, 0.7)]),
            INNER,
            Code.CROSSING_EDGES,
        ),
        (multi_polygon([box(0, 0, 1, 1)], [STAR]), f"{INNER}[1]", Code.CROSSING_EDGES),
        (
            polygon([[0, 89], [90, 89], [180, 89], [-90, 89], [0, 89]]),
            INNER,
            Code.AROUND_POLE,
        ),
        (polygon(box(0, 0, 2, 2)), "$.features[0].geometry", Code.AREA_TOO_LARGE),
    ],
)
def test_a_bad_geometry_is_refused_at_its_place(
    geometry: object, path: str, code: Code
) -> None:
    body = collection({**feature(), "geometry": geometry})
    parsed = parse_zones(body)
    assert [(problem.path, problem.code) for problem in parsed.problems] == [
        (path, code)
    ]
    assert parsed.zones == ()


def test_crossing_edges_are_shown_on_the_map() -> None:
    [problem] = parse_zones(collection(feature(polygon(STAR)))).problems
    assert problem.at == (0.5, 0.5)


def test_crossing_edges_beyond_the_antimeridian_are_shown_on_the_map() -> None:
    star = [[179.5, 0], [-179.5, 1], [-179.5, 0], [179.5, 1], [179.5, 0]]
    [problem] = parse_zones(collection(feature(polygon(star)))).problems
    assert problem.at == (180.0, 0.5)


def test_every_bad_position_is_named() -> None:
    ring = [[0, 0], [181, 0], [1, 1], [2, 99], [0, "1"], [0, 0]]
    problems = parse_zones(collection(feature(polygon(ring)))).problems
    assert [p.path.removeprefix(INNER) for p in problems] == [
        "[0][1]",
        "[0][3]",
        "[0][4]",
    ]
    assert problems[0].suggestion == "Longitudes run from -180 to 180: write -179."


def test_swapped_coordinates_are_one_problem_with_a_question() -> None:
    ring = [[40.7, -74.0], [40.8, -174.0], [40.8, -73.9], [40.7, -74.0]]
    [problem] = parse_zones(collection(feature(polygon(ring)))).problems
    assert problem.code == Code.SWAPPED_COORDINATES
    assert problem.path == f"{INNER}[0][1]"
    assert problem.at == (40.8, -174.0)
    assert "swap" in str(problem.suggestion)


def test_a_swapped_center_is_a_question_too() -> None:
    point = {"type": "Point", "coordinates": [-36.8, 174.8]}
    [problem] = parse_zones(collection(feature(point, radius=100))).problems
    assert problem.code == Code.SWAPPED_COORDINATES


def test_coordinates_in_meters_are_recognised() -> None:
    ring = [[121_000, 487_000], [122_000, 487_000], [122_000, 488_000]]
    problem = parse_zones(collection(feature(polygon(ring)))).problems[0]
    assert problem.code == Code.OUT_OF_RANGE
    assert "meters" in str(problem.suggestion)


def test_vertices_are_counted_before_edges_are_looked_at() -> None:
    crossing = [[i % 2, i / 10_000] for i in range(5_001)]
    [problem] = parse_zones(collection(feature(polygon(crossing)))).problems
    assert problem.code == Code.TOO_MANY_VERTICES


def test_vertices_of_all_rings_of_a_polygon_count() -> None:
    limits = Limits(vertices_per_polygon=9)
    geometry = multi_polygon(
        [box(0, 0, 0.1, 0.1)], [box(1, 1, 1.2, 1.2), box(1.05, 1.05, 1.1, 1.1)]
    )
    [problem] = parse_zones(collection(feature(geometry)), limits=limits).problems
    assert (problem.path, problem.code) == (f"{INNER}[1]", Code.TOO_MANY_VERTICES)


@pytest.mark.parametrize(
    ("radius", "code"),
    [
        (None, Code.RADIUS_MISSING),
        ("100", Code.BAD_PROPERTY),
        (True, Code.BAD_PROPERTY),
        (9.9, Code.RADIUS_OUT_OF_RANGE),
        (10_001, Code.RADIUS_OUT_OF_RANGE),
    ],
)
def test_a_point_needs_a_radius(radius: object, code: Code) -> None:
    point = {"type": "Point", "coordinates": [4.9, 52.4]}
    [problem] = parse_zones(collection(feature(point, radius=radius))).problems
    assert (problem.path, problem.code) == ("$.features[0].properties.radius", code)


def test_a_point_with_a_radius_is_a_circle() -> None:
    zone = the_zone({"type": "Point", "coordinates": [4.9, 52.4, 3.0]}, radius=150)
    assert (zone.area.center, zone.area.radius) == (Point(4.9, 52.4), 150.0)
    assert zone.area.area_km2 == pytest.approx(0.0707, rel=0.002)
    assert zone.metadata == {}


@pytest.mark.parametrize(
    "ring",
    [
        box(4, 52, 4.1, 52.1),
        box(4, 52, 4.1, 52.1)[::-1],
        box(4, 52, 4.1, 52.1)[:-1],
        [[*position, 12.5] for position in box(4, 52, 4.1, 52.1)],
    ],
    ids=["plain", "clockwise", "unclosed", "with heights"],
)
def test_winding_closing_and_heights_make_no_fuss(ring: list[list[float]]) -> None:
    zone = the_zone(polygon(ring))
    assert shapely.equals(zone.area.geometry, shapely.box(4, 52, 4.1, 52.1))
    assert shapely.is_ccw(zone.area.parts[0].exterior)


def test_a_ring_across_the_antimeridian_is_split_there() -> None:
    zone = the_zone(polygon(box(179.9, 10, -179.9, 10.1)))
    assert sorted(part.bounds for part in zone.area.parts) == [
        (-180.0, 10.0, pytest.approx(-179.9), 10.1),
        (179.9, 10.0, 180.0, 10.1),
    ]
    assert zone.area.bounds == pytest.approx((179.9, 10.0, -179.9, 10.1))


def test_holes_follow_their_shell_across_the_antimeridian() -> None:
    shell, hole = box(179.7, 10, -179.7, 10.3), box(-179.9, 10.1, -179.8, 10.2)
    zone = the_zone(polygon(shell, hole))
    expected = shapely.union_all(
        [
            shapely.box(179.7, 10, 180, 10.3),
            shapely.difference(
                shapely.box(-180, 10, -179.7, 10.3),
                shapely.box(-179.9, 10.1, -179.8, 10.2),
            ),
        ]
    )
    difference = shapely.symmetric_difference(zone.area.geometry, expected)
    assert difference.area == pytest.approx(0, abs=1e-9)


def test_what_is_split_already_stays_as_it_is() -> None:
    halves = [[box(179.9, 10, 180, 10.1)], [box(-180, 10, -179.9, 10.1)]]
    zone = the_zone(multi_polygon(*halves))
    assert len(zone.area.parts) == 2
    assert zone.area.bounds == (179.9, 10.0, -179.9, 10.1)


@pytest.mark.parametrize(
    "ring",
    [
        box(-180, 89.8, 180, 90),
        [[-180, 89.8], [-60, 89.8], [60, 89.8], [180, 89.8], [180, 90], [-180, 90]],
        [[-170, 90], [-170, 89.8], [0, 89.8], [170, 89.8], [170, 90], [-170, 90]],
    ],
)
def test_a_cap_drawn_along_the_pole_is_taken_as_drawn(ring: list[list[float]]) -> None:
    zone = the_zone(polygon(ring))
    assert shapely.intersects_xy(zone.area.geometry, 0.0, 89.9)
    assert not shapely.intersects_xy(zone.area.geometry, 0.0, 89.7)
    assert 1_400 < zone.area.area_km2 < 1_600


def test_vertices_of_all_parts_count() -> None:
    limits = Limits(vertices_per_polygon=5)
    parts = [[box(i, 0, i + 0.1, 0.1)] for i in range(5)]
    [problem] = parse_zones(
        collection(feature(multi_polygon(*parts))), limits=limits
    ).problems
    assert (problem.path, problem.code) == (INNER, Code.TOO_MANY_VERTICES)
    body = collection(feature(multi_polygon(*parts[1:])))
    assert parse_zones(body, limits=limits).problems == ()


def zigzag(teeth: int) -> list[list[float]]:
    """Return a comb whose teeth cross the antimeridian."""
    tips = [[(-179.9, 179.9)[i % 2], i / 1_000] for i in range(2 * teeth + 1)]
    return [*tips, [179.8, tips[-1][1]], [179.8, 0.0], tips[0]]


def test_parts_and_vertices_that_a_cut_makes_count() -> None:
    limits = Limits(vertices_per_polygon=4)
    assert len(the_zone(polygon(zigzag(500))).area.parts) == 502
    [problem] = parse_zones(collection(feature(polygon(zigzag(1_000))))).problems
    assert (problem.path, problem.code) == (INNER, Code.TOO_MANY_PARTS)
    wedge = [[179, 0], [-179, 0.1], [179, 0.1], [179, 0]]
    body = collection(feature(polygon(wedge)))
    [problem] = parse_zones(body, limits=limits).problems
    assert (problem.path, problem.code) == (INNER, Code.TOO_MANY_VERTICES)


def test_parts_are_counted() -> None:
    parts = [[box(i / 1_000, 0, i / 1_000 + 0.0005, 0.001)] for i in range(1_001)]
    [problem] = parse_zones(collection(feature(multi_polygon(*parts)))).problems
    assert (problem.path, problem.code) == (INNER, Code.TOO_MANY_PARTS)
    assert len(the_zone(multi_polygon(*parts[1:])).area.parts) == 1_000


def test_a_ring_twice_around_the_earth_is_too_wide() -> None:
    there = [[lon, 0] for lon in (0, 120, -120, 0, 120, -120)]
    back = [[lon, 0.01] for lon in (-120, 120, 0, -120, 120, 0)]
    [problem] = parse_zones(collection(feature(polygon([*there, *back])))).problems
    assert problem.code == Code.TOO_WIDE
