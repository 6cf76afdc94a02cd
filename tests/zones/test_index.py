"""Every kind of index gives the same answers as looking at every zone."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from tests.zones.kinds import Kind, build_index
from tests.zones.worlds import places, world
from zones import (
    Area,
    Covering,
    Nearness,
    Point,
    UnknownZone,
    Zone,
    ZoneId,
    ZoneIndex,
    circle,
)

SEEDS = range(2)


def a_zone(zone_id: str, shape: shapely.Polygon, **settings: float) -> Zone:
    return Zone(ZoneId(zone_id), Area(shape), **settings)


def ids_at(index: ZoneIndex, longitude: float, latitude: float) -> list[str]:
    covering = index.covering(np.array([longitude]), np.array([latitude]))
    return [index.zone(number).zone_id for number in covering.numbers.tolist()]


def rows(index: ZoneIndex, covering: Covering) -> list[set[str]]:
    ids = [index.zone(number).zone_id for number in covering.numbers.tolist()]
    edges = covering.offsets.tolist()
    return [set(ids[a:b]) for a, b in pairwise(edges)]


SQUARE = shapely.box(4.0, 52.0, 4.01, 52.01)
RING = shapely.difference(
    shapely.box(5, 52, 5.03, 52.03), shapely.box(5.01, 52.01, 5.02, 52.02)
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


@pytest.mark.parametrize("seed", SEEDS)
def test_changes_lead_to_the_same_index_as_starting_anew(kind: Kind, seed: int) -> None:
    rng = np.random.default_rng(seed)
    current = {zone.zone_id: zone for zone in world(seed, 30)}
    index = build_index(current.values(), kind)
    lons, lats = places(list(current.values()), seed, each=1)
    for step in range(3):
        removed = [ZoneId(f"z{n}") for n in rng.integers(40, size=10).tolist()]
        added = world(100 + step, 40)[:: int(rng.integers(2, 6))]
        before = rows(index, index.covering(lons, lats))
        changed = index.with_changes(added, removed)
        assert rows(index, index.covering(lons, lats)) == before
        for zone_id in removed:
            current.pop(zone_id, None)
        current |= {zone.zone_id: zone for zone in added}
        anew, index = build_index(current.values(), kind), changed
        assert rows(index, index.covering(lons, lats)) == rows(
            anew, anew.covering(lons, lats)
        )
        assert (len(index), {*current}) == (
            len(current),
            {z.zone_id for z in index.zones},
        )
        here = Point(4.9, 52.37)
        assert index.nearness(here, current) == anew.nearness(here, current)
        assert index.within((-180, -90, 0, 90)) == anew.within((-180, -90, 0, 90))


def test_many_changes_one_by_one_lose_nothing(kind: Kind) -> None:
    index = build_index([], kind)
    for step in range(150):
        zone = Zone(ZoneId(f"z{step}"), circle(Point(step / 100, 50.0), 200.0))
        index = index.with_changes([zone], [ZoneId(f"z{step - 10}")])
    assert {zone.zone_id for zone in index.zones} == {f"z{n}" for n in range(140, 150)}
    assert ids_at(index, 1.45, 50.0) == ["z145"]
    assert ids_at(index, 1.0, 50.0) == []


def test_changes_are_kept_when_they_are_merged(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zones.tree.FRESH", 3)
    monkeypatch.setattr("zones.boxes.FRESH", 5)
    index = build_index([], kind)
    for step in range(30):
        zone = Zone(ZoneId(f"z{step}"), circle(Point(step / 1_000, 50.0), 200.0))
        index = index.with_changes([zone], [])
    yardstick = build_index(index.zones, Kind.SCAN)
    for longitude in np.arange(30) / 1_000:
        found = ids_at(index, float(longitude), 50.0)
        assert set(found) == set(ids_at(yardstick, float(longitude), 50.0))


def test_every_index_of_a_chain_goes_on_to_know_its_own_zones(kind: Kind) -> None:
    rng = np.random.default_rng(11)
    index, held = build_index([], kind), dict[ZoneId, Zone]()
    chain = [(index, dict(held))]
    for step in range(60):
        some = [ZoneId(f"z{n}") for n in rng.integers(12, size=3).tolist()]
        added = {
            one: Zone(one, circle(Point(4.0 + int(one[1:]) / 10, 52.0), 50.0 + step))
            for one in some[: step % 3]
        }
        index = index.with_changes(added.values(), some)
        held = {one: zone for one, zone in held.items() if one not in some} | added
        chain.append((index, held))
    for one, known in chain:
        assert {zone.zone_id: zone for zone in one.zones} == known
        assert len(one) == len(known)
        for number in range(12):
            zone = known.get(ZoneId(f"z{number}"))
            assert one.get(ZoneId(f"z{number}")) is zone
            found = ids_at(one, 4.0 + number / 10, 52.0)
            assert found == ([] if zone is None else [zone.zone_id])


def test_two_indexes_that_lost_different_zones_do_not_see_each_other(
    kind: Kind,
) -> None:
    whole = build_index([a_zone("a", SQUARE), a_zone("b", RING)], kind)
    one = whole.with_changes([], [ZoneId("a")])
    other = whole.with_changes([], [ZoneId("b")])
    for index, first, second in ((whole, 1, 1), (one, 0, 1), (other, 1, 0)):
        assert len(ids_at(index, 4.005, 52.005)) == first
        assert len(ids_at(index, 5.005, 52.005)) == second
        assert (index.get(ZoneId("a")) is None) == (first == 0)


def test_a_zone_added_again_replaces_the_one_with_its_id(kind: Kind) -> None:
    index = build_index([a_zone("a", SQUARE)], kind)
    moved = index.with_changes([a_zone("a", RING)], [])
    assert (ids_at(moved, 4.005, 52.005), ids_at(moved, 5.005, 52.005)) == ([], ["a"])
    assert ids_at(index, 4.005, 52.005) == ["a"]
    assert len(moved) == 1


def test_nearness_says_nothing_of_a_zone_that_went(kind: Kind) -> None:
    index = build_index([a_zone("a", SQUARE)], kind).with_changes([], [ZoneId("a")])
    assert index.nearness(Point(4.005, 52.005), {ZoneId("a")}) == {}
    assert index.nearest(Point(4.005, 52.005), 2) == []
