"""Every kind of index gives the same answers as looking at every zone."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from tests.zones.kinds import Kind, build_index
from tests.zones.looks import RING, SEEDS, SQUARE, a_zone, ids_at, rows
from tests.zones.worlds import places, world
from zones import (
    Area,
    Point,
    UnknownZone,
    Zone,
    ZoneId,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_agrees_with_looking_at_every_zone(other_kind: Kind, seed: int) -> None:
    zones = world(seed, 100)
    lons, lats = places(zones, seed)
    yardstick, index = (
        build_index(zones, Kind.SCAN),
        build_index(zones, other_kind),
    )
    expected = rows(yardstick, yardstick.covering(lons, lats))
    assert rows(index, index.covering(lons, lats)) == expected
    assert sum(map(len, expected)) > 800


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_in_an_approach_may_be_near(other_kind: Kind, seed: int) -> None:
    zones = world(seed, 30)
    kept = [one for one in zones if one.zone_id != "z0"]
    lons, lats = places(zones, seed, each=1)
    real = (np.abs(lons) <= 180) & (np.abs(lats) <= 90)
    lons, lats = lons[real], lats[real]
    surely = build_index(kept, Kind.SCAN).near(lons, lats)
    for index in (
        build_index(kept, other_kind),
        build_index(zones[:30], other_kind).with_changes(
            zones[30:], [zones[0].zone_id]
        ),
    ):
        perhaps = index.near(lons, lats)
        assert not (surely & ~perhaps).any()
        assert 20 < perhaps.sum() < len(lons)


def test_without_approaches_nobody_is_near(kind: Kind) -> None:
    index = build_index([a_zone("a", SQUARE)], kind)
    assert not index.near(np.array([4.005]), np.array([52.005])).any()


def test_numbers_of_a_point_ascend_and_offsets_frame_them(kind: Kind) -> None:
    zones = world(1, 80)
    lons, lats = places(zones, 1)
    offsets, numbers = build_index(zones, kind).covering(lons, lats)
    assert (offsets.dtype, numbers.dtype) == (np.int64, np.int32)
    assert (len(offsets), offsets[0], offsets[-1]) == (len(lons) + 1, 0, len(numbers))
    for start, end in pairwise(offsets.tolist()):
        assert (np.diff(numbers[start:end]) > 0).all()


def test_no_points_have_no_zones(kind: Kind) -> None:
    offsets, numbers = build_index([a_zone("a", SQUARE)], kind).covering(
        np.zeros(0), np.zeros(0)
    )
    assert (offsets.tolist(), numbers.tolist()) == ([0], [])


def test_an_empty_index_answers(kind: Kind) -> None:
    index = build_index([], kind)
    here = Point(4.0, 52.0)
    assert (len(index), list(index.zones)) == (0, [])
    assert ids_at(index, 4.0, 52.0) == []
    assert (index.nearness(here), index.nearest(here, 3)) == ({}, [])
    assert index.within((-180, -90, 180, 90)) == []


@pytest.mark.parametrize(
    ("longitude", "latitude", "covered"),
    [
        (4.005, 52.005, ["square"]),
        (4.0, 52.005, ["square"]),
        (4.01, 52.01, ["square"]),
        (4.010001, 52.01, []),
        (5.015, 52.015, []),
        (5.01, 52.015, ["ring"]),
        (5.005, 52.005, ["ring"]),
        (float("nan"), 52.0, []),
        (float("inf"), 52.0, []),
        (4.0, 952.0, []),
    ],
)
def test_edges_belong_to_a_zone_and_holes_do_not(
    kind: Kind, longitude: float, latitude: float, covered: list[str]
) -> None:
    index = build_index([a_zone("square", SQUARE), a_zone("ring", RING)], kind)
    assert ids_at(index, longitude, latitude) == covered


def test_a_box_across_the_antimeridian_is_narrow(kind: Kind) -> None:
    shape = shapely.MultiPolygon(
        [shapely.box(179, -1, 180, 1), shapely.box(-180, -1, -179, 1)]
    )
    index = build_index([Zone(ZoneId("date line"), Area(shape))], kind)
    assert ids_at(index, 0.0, 0.0) == []
    for longitude in (179.5, 180.0, -180.0, -179.5):
        assert ids_at(index, longitude, 0.0) == ["date line"]


def test_180_east_is_180_west(kind: Kind) -> None:
    index = build_index([a_zone("east", shapely.box(179.9, 0, 180, 1))], kind)
    assert ids_at(index, -180.0, 0.5) == ids_at(index, 180.0, 0.5) == ["east"]


def test_of_two_zones_with_one_id_the_last_is_kept(kind: Kind) -> None:
    index = build_index([a_zone("a", SQUARE), a_zone("a", RING)], kind)
    assert len(index) == 1
    assert ids_at(index, 4.005, 52.005) == []
    assert ids_at(index, 5.005, 52.005) == ["a"]


def test_it_finds_a_zone_by_its_id_and_by_its_number(kind: Kind) -> None:
    zone = a_zone("a", SQUARE)
    index = build_index([zone], kind)
    assert index.get(ZoneId("a")) is zone
    assert index.get(ZoneId("b")) is None
    assert index.zone(0) is zone
    with pytest.raises(UnknownZone, match="number 7"):
        index.zone(7)
