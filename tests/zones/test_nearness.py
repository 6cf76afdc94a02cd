"""What is near a point, nearest to it, or in a box: the same for every index."""

import numpy as np
import pytest
import shapely

from tests.zones.kinds import Kind, build_index
from tests.zones.looks import SEEDS, SQUARE, a_zone, ids_at
from tests.zones.worlds import places, world
from zones import (
    Nearness,
    Point,
    ZoneId,
)


def rounded(near: dict[ZoneId, Nearness]) -> list[tuple[ZoneId, bool, object]]:
    """Return distances as they compare: the compiled loop rounds in another way."""
    return [
        (one.zone_id, one.inside, pytest.approx(one.meters, rel=1e-9, abs=1e-6))
        for one in near.values()
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_nearness_agrees_with_looking_at_every_zone(
    other_kind: Kind, seed: int
) -> None:
    zones = world(seed, 60)
    lons, lats = places(zones, seed, each=1)
    yardstick, index = (
        build_index(zones, Kind.SCAN),
        build_index(zones, other_kind),
    )
    also = {ZoneId("z1"), ZoneId("z7"), ZoneId("gone")}
    for point in map(Point, lons[15::29].tolist(), lats[15::7].tolist()):
        found = index.nearness(point, also)
        assert rounded(found) == rounded(yardstick.nearness(point, also))
        assert list(found) == sorted(found)
        covering = set(ids_at(index, point.longitude, point.latitude))
        assert {zone_id for zone_id, near in found.items() if near.inside} == covering


def test_nearness_reaches_as_far_as_the_approach(kind: Kind) -> None:
    zones = [a_zone("shy", SQUARE), a_zone("open", SQUARE, approach_meters=500.0)]
    index = build_index(zones, kind)
    near, far = Point(4.0, 52.01 + 400 / 111_195), Point(4.0, 52.01 + 600 / 111_195)
    assert set(index.nearness(near)) == {"open"}
    assert set(index.nearness(far)) == set()
    assert set(index.nearness(far, {ZoneId("shy"), ZoneId("gone")})) == {"shy"}


def test_an_approach_reaches_across_the_antimeridian_and_the_pole(
    kind: Kind,
) -> None:
    zones = [
        a_zone("east", shapely.box(179.9, 0, 179.99, 1), approach_meters=3_000.0),
        a_zone("north", shapely.box(0, 89.9, 10, 89.99), approach_meters=3_000.0),
    ]
    index = build_index(zones, kind)
    assert set(index.nearness(Point(-179.99, 0.5))) == {"east"}
    assert set(index.nearness(Point(-179.9, 0.5))) == set()
    assert set(index.nearness(Point(-175.0, 89.99))) == {"north"}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_nearest_agree_with_looking_at_every_zone(
    other_kind: Kind, seed: int
) -> None:
    zones = world(seed, 60)
    lons, lats = places(zones, seed, each=1)
    yardstick, index = (
        build_index(zones, Kind.SCAN),
        build_index(zones, other_kind),
    )
    for point in map(Point, lons[15::61].tolist(), lats[15::29].tolist()):
        for limit in (1, 5):
            assert index.nearest(point, limit) == yardstick.nearest(point, limit)


def test_the_nearest_begin_with_those_that_cover_the_point(kind: Kind) -> None:
    zones = [
        a_zone("far", shapely.box(5, 52, 5.1, 52.1)),
        a_zone("near", shapely.box(4.02, 52, 4.03, 52.01)),
        a_zone("here", SQUARE),
        a_zone("around", shapely.box(3, 51, 5, 53)),
    ]
    nearest = build_index(zones, kind).nearest(Point(4.005, 52.005), 3)
    assert [near.zone_id for near in nearest] == ["around", "here", "near"]
    assert [near.inside for near in nearest] == [True, True, False]


@pytest.mark.parametrize("seed", SEEDS)
def test_within_agrees_with_looking_at_every_zone(other_kind: Kind, seed: int) -> None:
    rng = np.random.default_rng(seed)
    zones = world(seed, 100)
    yardstick, index = (
        build_index(zones, Kind.SCAN),
        build_index(zones, other_kind),
    )
    for _ in range(50):
        west, east = rng.uniform(-180, 180, size=2).tolist()
        south, north = sorted(rng.uniform(-90, 90, size=2).tolist())
        bbox = (west, south, east, north)
        assert index.within(bbox) == yardstick.within(bbox)


def test_a_box_from_east_to_west_crosses_the_antimeridian(kind: Kind) -> None:
    zones = [
        a_zone("fiji", shapely.box(179, -18, 180, -16)),
        a_zone("samoa", shapely.box(-173, -14, -171, -13)),
        a_zone("ghana", shapely.box(-1, 5, 1, 7)),
    ]
    found = build_index(zones, kind).within((170, -20, -170, 10))
    assert [zone.zone_id for zone in found] == ["fiji", "samoa"]
