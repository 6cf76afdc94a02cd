"""Benchmarks measure the right thing: same data each time, same answers from all."""

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely

from benchmarks import bare, door, match, page, peers, start, stress
from benchmarks.__main__ import BENCHMARKS, measure
from benchmarks.data import REAL, WORLDS, make_pings, make_zones
from benchmarks.doors.keys import RING
from benchmarks.report import Goal, Table
from benchmarks.walkers import DEVICES, Laps
from geopush.api.ping_bodies import JSON, read_pings
from geopush.bench.matching import collected
from geopush.bench.plot import Plot
from geopush.bench.rounds import Rounds
from geopush.core.known import read_state
from geopush.core.times import unpack
from geopush.core.token import DeviceToken
from zones import Zone, parse_zones

FEW = 40
PINGS = 1_500


def drawn(zones: list[Zone]) -> list[tuple[str, bytes]]:
    return [(zone.zone_id, zone.area.geometry.wkb) for zone in zones]


@pytest.mark.parametrize("world", WORLDS)
def test_the_same_numbers_give_the_same_zones(world: str) -> None:
    zones = drawn(make_zones(world, FEW, seed=5))
    assert zones == drawn(make_zones(world, FEW, seed=5))
    assert zones != drawn(make_zones(world, FEW, seed=6))


@pytest.mark.parametrize("world", [*WORLDS, REAL])
def test_all_zones_are_sound_and_as_many_as_asked_for(world: str) -> None:
    zones = make_zones(world, FEW)
    assert len(zones) == FEW
    assert all(zone.area.geometry.is_valid for zone in zones)


def test_the_same_numbers_give_the_same_pings() -> None:
    assert np.array_equal(make_pings("city", 99), make_pings("city", 99))
    assert not np.array_equal(make_pings("city", 99), make_pings("city", 99, seed=3))


def test_countries_leave_hardly_any_ping_without_one() -> None:
    zones = make_zones("countries", FEW)
    everything = shapely.union_all([zone.area.geometry for zone in zones])
    inside = shapely.intersects_xy(everything, *make_pings("countries", PINGS))
    assert inside.mean() > 0.97


def near_zones(world: str, zones: list[Zone]) -> match.Course:
    """Places around a few zones, so that a good part of them is in one."""
    contest = match.Contest(world, FEW, quick=True)
    bounds = np.array([zone.area.geometry.bounds for zone in zones])
    rng = np.random.default_rng(9)
    which = bounds[rng.integers(len(zones), size=PINGS)]
    places = rng.uniform(which[:, :2], which[:, 2:])
    pings = places[:, 0].copy(), places[:, 1].copy()
    return match.Course(pings, pings, contest.batches, contest.seconds)


def looked_at_one_by_one(zones: list[Zone], course: match.Course) -> list[int]:
    found = [
        shapely.intersects_xy(zone.area.geometry, *course.compared) for zone in zones
    ]
    pings, numbers = np.nonzero(np.array(found).T)
    return (pings << 32 | numbers).tolist()


EXACT = ["rtree + prepared", "geopandas sjoin", "h3ronpy + shapely"]


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("world", WORLDS)
def test_a_peer_answers_as_looking_at_each_zone_does(world: str, name: str) -> None:
    if peers.PEERS[name].missing:
        pytest.skip(f"{peers.PEERS[name].missing} is not installed")
    zones = make_zones(world, FEW)
    course = near_zones(world, zones)
    peer = peers.PEERS[name].build(zones, world)
    given = collected(peer.ask, peer.code, course.compared)
    right = looked_at_one_by_one(zones, course)
    assert len(right) > PINGS / 10
    assert given.tolist() == right


@pytest.mark.parametrize(
    "ask", [peers.tree_of_boxes, peers.tree_with_predicate, peers.tree_of_pings]
)
def test_all_ways_of_shapely_answer_alike(ask: Callable) -> None:
    zones = make_zones("overlapping", FEW)
    course = near_zones("overlapping", zones)
    given = collected(ask(zones), peers.pairs_coded, course.compared)
    assert given.tolist() == looked_at_one_by_one(zones, course)


def test_cells_alone_are_nearly_right_and_that_is_counted() -> None:
    zones = make_zones("city", FEW)
    course = near_zones("city", zones)
    peer = peers.h3_dictionary(zones, "city")
    given = collected(peer.ask, peer.code, course.compared).tolist()
    right = looked_at_one_by_one(zones, course)
    bad = match.wrong(np.array(given), np.array(right))
    assert 0 < bad < len(right)


def test_places_by_edges_are_where_answers_are_hard() -> None:
    zones = make_zones("city", FEW)
    rng = np.random.default_rng(1)
    lons, lats = stress.by_an_edge(stress.edges_of(zones), PINGS, rng)
    borders = shapely.union_all([zone.area.geometry.boundary for zone in zones])
    gaps = shapely.distance(shapely.points(lons, lats), borders)
    assert np.mean(gaps < 1e-9) > 0.3
    assert np.mean(gaps < 2e-3) > 0.9


def a_table(title: str, measured: list[float]) -> Table:
    rounds = Rounds(measured)
    goal = Goal(f"{title} is fast", 4, 8, rounds)
    plot = Plot(title, "pings", "speed", {"ours": [(1, 2.0), (10, 3.0)]})
    return Table(title, "", ("who", "rate"), [["we", rounds]], "- why", [goal], plot)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own for what is kept."""
    for name, file in (("PAGE", "RESULTS.md"), ("RECORD", "results.json")):
        monkeypatch.setattr(page, name, tmp_path / file)
    monkeypatch.setattr(page, "PLOTS", tmp_path / "plots")
    return tmp_path


def test_a_part_that_is_measured_again_replaces_only_itself(kept: Path) -> None:
    names = ["first", "second"]
    page.keep("On Monday.", {"first": [a_table("One", [1.0, 2.0, 3.0])]}, names)
    page.keep("On Tuesday.", {"second": [a_table("Two", [9.0])]}, names)
    page.keep("On Friday.", {"second": [a_table("Three", [5.0])]}, names)
    text = (kept / "RESULTS.md").read_text()
    assert text.index("## One") < text.index("## Three")
    assert "## Two" not in text
    assert "On Monday." in text
    assert "Tuesday" not in text
    assert "| we  | 2 (100%) |" in text
    assert (kept / "plots" / "second.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_no_longer_measured_is_dropped(kept: Path) -> None:
    page.keep("Once.", {"old": [a_table("Old", [1.0])]}, ["old"])
    page.keep("Now.", {"new": [a_table("New", [1.0])]}, ["new"])
    assert list(json.loads((kept / "results.json").read_text())) == ["new"]


FULL = Namespace(quick=False, zones=None, json=False)


def test_what_fails_is_named_and_the_others_are_kept(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Namespace) -> list[Table]:
        raise EOFError

    for name in ("ingest", "store"):
        monkeypatch.setitem(BENCHMARKS, name, lambda _: [a_table("One", [1.0])])
    monkeypatch.setitem(BENCHMARKS, "door", fails)
    made, failed = measure(["ingest", "door", "store"], FULL, keeping=True)
    assert (list(made), failed) == (["ingest", "store"], ["door"])
    assert list(json.loads((kept / "results.json").read_text())) == ["ingest", "store"]


@pytest.mark.parametrize(("quick", "goals"), [(True, 0), (False, 1)])
def test_what_was_quick_reaches_no_goals(
    *, quick: bool, goals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BENCHMARKS, "door", lambda _: [a_table("One", [9.0])])
    asked = Namespace(quick=quick, zones=None, json=False)
    made, _ = measure(["door"], asked, keeping=False)
    assert len(made["door"][0].goals) == goals


@pytest.mark.parametrize(
    ("measured", "less", "reached"),
    [(9, False, "aim"), (5, False, "must"), (3, False, "no"), (9, True, "no")],
)
def test_a_goal_says_how_far_it_is_reached(
    measured: float, less: bool, reached: str
) -> None:
    must, aim = (8, 4) if less else (4, 8)
    assert Goal("fast", must, aim, Rounds([measured]), less=less).reached == reached


def test_the_page_is_made_of_the_record() -> None:
    record = page.read_record()
    assert set(record) <= set(BENCHMARKS)
    assert page.as_page(record) == page.PAGE.read_text()


@pytest.mark.parametrize("size", door.SIZES)
def test_the_door_is_asked_with_pings_and_tokens_that_it_takes(size: int) -> None:
    assert len(read_pings(door.make_body(1, size), JSON).fitting) == size
    token = RING.read(door.make_token(1, door.OURS), door.NOON)
    assert isinstance(token, DeviceToken)
    assert token.device_id == "phone-1"


def test_bare_statements_advance_rows_as_ours_mostly_are() -> None:
    (where,) = read_state(bare.usual_state()).devices.values()
    assert (len(unpack(where.recent)), len(where.memory.fixes)) == (32, 32)


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
