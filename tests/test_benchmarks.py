"""Benchmarks measure the right thing: same data each time, same answers from all."""

import numpy as np
import pytest

from benchmarks import bare, door, match
from benchmarks.data import WORLDS, hard_pings, make_pings, make_zones
from benchmarks.doors.keys import RING
from benchmarks.report import Goal, Rounds
from benchmarks.walkers import DEVICES, Laps
from geopush.api.ping_bodies import JSON, read_pings
from geopush.core.known import read_state
from geopush.core.times import unpack
from geopush.core.token import DeviceToken
from zones import Zone

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
def test_the_door_is_asked_with_pings_and_tokens_that_it_takes(size: int) -> None:
    assert len(read_pings(door.make_body(1, size), JSON).fitting) == size
    token = RING.read(door.make_token(1, door.OURS), door.NOON)
    assert isinstance(token, DeviceToken)
    assert token.device_id == "phone-1"


def test_bare_statements_advance_rows_as_ours_mostly_are() -> None:
    (where,) = read_state(bare.usual_state()).devices.values()
    assert (len(unpack(where.recent)), len(where.memory.fixes)) == (32, 32)


@pytest.mark.parametrize(
    ("measured", "less", "reached"),
    [
        (5.0, False, "aim"),
        (4.5, False, "must"),
        (3.9, False, "no"),
        (3.0, True, "aim"),
        (4.5, True, "must"),
        (9.0, True, "no"),
    ],
)
def test_a_goal_says_how_far_it_is_reached(
    measured: float, less: bool, reached: str
) -> None:
    must, aim = (5.0, 3.0) if less else (4.0, 5.0)
    one = Goal("speed", must, aim, Rounds([measured] * 3), less=less)
    assert one.reached == reached


def test_walkers_take_turns_and_their_time_passes() -> None:
    laps = Laps(FEW)
    uploads = [upload for _ in range(5) for upload in laps.next(2)]
    devices = [upload.device_id for upload in uploads]
    assert len(set(devices)) == DEVICES
    first, again = uploads[0], uploads[DEVICES]
    assert first.device_id == again.device_id
    assert first.pings[-1][1].recorded_at < again.pings[0][1].recorded_at
    assert again.pings[-1][1].recorded_at == laps.clock()
