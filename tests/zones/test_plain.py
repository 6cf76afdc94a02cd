"""Most polygons of an upload are looked at all at once, and come out the same."""

import msgspec
import pytest

from tests.zones.geojson import SQUARE, box, collection, feature, multi_polygon, polygon
from tests.zones.worlds import world
from zones import Limits, ZoneId, parse_zone, parse_zones, to_feature
from zones.plain import plain_areas

ANY_SIZE = Limits(area_km2=1e9)
HOLED = polygon(box(0, 0, 0.5, 0.5), box(0.1, 0.1, 0.2, 0.2))
CLOCKWISE = polygon(SQUARE[::-1])
ODD = {
    "no feature": 7,
    "no geometry": {"type": "Feature", "geometry": None},
    "no list": feature({"type": "Polygon", "coordinates": "here"}),
    "no rings": feature({"type": "Polygon", "coordinates": []}),
    "no positions": feature({"type": "Polygon", "coordinates": [[]]}),
    "text": feature(polygon([["4", "52"], *SQUARE[1:-1], ["4", "52"]])),
    "heights": feature(polygon([[*pair, 3.5] for pair in SQUARE])),
    "open": feature(polygon(SQUARE[:-1])),
    "too short": feature(polygon([[0, 0], [1, 1], [0, 0]])),
    "two places": feature(polygon([[0, 0], [1, 1], [1, 1], [0, 0]])),
    "off the map": feature(polygon(box(181, 0, 182, 1))),
    "latitude first": feature(polygon(box(4.0, 91.0, 4.1, 91.1))),
    "crossing": feature(polygon([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]])),
    "hole outside": feature(polygon(box(0, 0, 0.1, 0.1), box(1, 1, 1.1, 1.1))),
    "antimeridian": feature(polygon([[179, 0], [-179, 0], [-179, 1], [179, 0]])),
    "hole beyond it": feature(polygon(box(170, 0, 179, 1), [
        [179, 0], [-179, 0], [-179, 1], [179, 0]])),
    "large": feature(polygon(box(0, 0, 2, 2))),
    "parts": feature(multi_polygon([box(0, 0, 0.1, 0.1)])),
    "circle": feature({"type": "Point", "coordinates": [4, 52]}, radius=50),
}  # fmt: skip


def one_by_one(features: list[dict[str, object]], limits: Limits) -> list[object]:
    """What comes of features that are looked at one after the other."""
    wholes = [
        parse_zone(msgspec.json.encode(one), ZoneId(f"{one['id']}"), limits=limits)
        for one in features
    ]
    return [
        (to_feature(zone), zone.area.geometry.wkb)
        for whole in wholes
        for zone in whole.zones
    ]


@pytest.mark.parametrize("limits", [ANY_SIZE, Limits(area_km2=500)])
@pytest.mark.parametrize("seed", range(3))
def test_an_upload_gives_what_its_features_give(seed: int, limits: Limits) -> None:
    features = [to_feature(zone) for zone in world(seed, 120)]
    taken = parse_zones(collection(*features), limits=limits).zones
    assert len(taken) > 30
    assert [(to_feature(zone), zone.area.geometry.wkb) for zone in taken] == one_by_one(
        features, limits
    )


@pytest.mark.parametrize("geometry", [polygon(), HOLED, CLOCKWISE])
def test_a_plain_polygon_needs_no_closer_look(geometry: object) -> None:
    (area,) = plain_areas([feature(geometry)], Limits())
    assert area is not None
    (zone,) = parse_zone(msgspec.json.encode(feature(geometry)), ZoneId("a")).zones
    assert area.geometry.wkb == zone.area.geometry.wkb


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_odd_is_looked_at_closely_and_its_neighbours_are_not(
    odd: object,
) -> None:
    first, found, last = plain_areas([feature(), odd, feature(HOLED)], Limits())
    assert found is None
    assert first is not None
    assert last is not None


def test_vertices_are_counted_before_edges_are_looked_at() -> None:
    limits = Limits(vertices_per_polygon=len(SQUARE))
    (within,) = plain_areas([feature()], limits)
    (beyond,) = plain_areas([feature(HOLED)], limits)
    assert within is not None
    assert beyond is None


def test_nothing_comes_of_nothing() -> None:
    assert plain_areas([], Limits()) == []
