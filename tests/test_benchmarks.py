"""Benchmarks measure the right thing: same data each time, same answers from all."""

import msgspec
import numpy as np
import pytest

from benchmarks import door, match, start
from benchmarks.data import WORLDS, hard_pings, make_pings, make_zones
from benchmarks.walkers import DEVICES, Laps
from geopush.api.ping_door import PingsTaken
from zones import Zone, parse_zones

FEW = 40


def drawn(zones: list[Zone]) -> list[tuple[str, bytes]]:
    return [(zone.zone_id, zone.area.geometry.wkb) for zone in zones]


@pytest.mark.parametrize("world", WORLDS)
def test_the_same_numbers_give_the_same_zones(world: str) -> None:
    zones = drawn(make_zones(world, FEW, seed=5))
    assert zones == drawn(make_zones(world, FEW, seed=5))
    assert zones != drawn(make_zones(world, FEW, seed=6))


@pytest.mark.parametrize("world", WORLDS)
def test_all_zones_are_sound(world: str) -> None:
    assert all(zone.area.geometry.is_valid for zone in make_zones(world, FEW))


def test_the_same_numbers_give_the_same_pings() -> None:
    zones = make_zones("city", FEW)
    assert np.array_equal(make_pings("city", 99), make_pings("city", 99))
    hard = hard_pings(zones, "city", 99)
    assert np.array_equal(hard, hard_pings(zones, "city", 99))
    assert not np.array_equal(hard, make_pings("city", 99, seed=3))


@pytest.mark.parametrize("name", match.PEERS)
@pytest.mark.parametrize("world", WORLDS)
def test_a_contender_answers_as_the_yardstick_does(world: str, name: str) -> None:
    zones = make_zones(world, FEW)
    pings = hard_pings(zones, world, 1_500)
    asked = [match.PEERS[one](zones) for one in (name, match.YARDSTICK)]
    given, right = (match.answers(one, FEW, *pings) for one in asked)
    assert len(right) > 50
    assert given.tolist() == right.tolist()


@pytest.mark.parametrize("size", door.SIZES)
def test_the_front_takes_every_ping_that_it_is_measured_with(size: int) -> None:
    start, body = door.ask(door.our_front(), door.make_request(1, size))
    assert start["status"] == 202
    assert msgspec.json.decode(body["body"], type=PingsTaken).accepted == size


def test_walkers_take_turns_and_their_time_passes() -> None:
    laps = Laps(FEW)
    uploads = [upload for _ in range(5) for upload in laps.next(2)]
    devices = [upload.device_id for upload in uploads]
    assert len(set(devices)) == DEVICES
    first, again = uploads[0], uploads[DEVICES]
    assert first.device_id == again.device_id
    assert first.pings[-1][1].recorded_at < again.pings[0][1].recorded_at
    assert again.pings[-1][1].recorded_at == laps.clock()


def test_a_start_is_measured_with_zones_that_the_service_takes() -> None:
    parsed = parse_zones(start.write_zones(FEW))
    assert (len(parsed.zones), parsed.problems) == (FEW, ())
