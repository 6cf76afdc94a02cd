"""Indexes that come of changes answer as if they had been started anew."""

import numpy as np
import pytest

from tests.zones.kinds import Kind, build_index
from tests.zones.looks import RING, SEEDS, SQUARE, a_zone, ids_at, rows
from tests.zones.worlds import places, world
from zones import (
    Point,
    Zone,
    ZoneId,
    circle,
)


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
