"""The compiled loops: the ids of h3, and the answers of shapely to the last bit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import shapely
from h3.api import basic_int
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.zones.kinds import Kind, build_index, kernel
from tests.zones.worlds import world
from zones import Area, Point, Zone, ZoneId, ZoneIndex
from zones.answers import measure
from zones.cells import lattice
from zones.roll import build_roll
from zones.table import Table

pytest.importorskip("numba")

Floats = NDArray[np.float64]
Places = tuple[Floats, Floats]


def on_map(vectors: Floats) -> Places:
    x, y, z = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).T
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(np.clip(z, -1, 1)))


def corners() -> Floats:
    """Return where the faces of H3's icosahedron meet: in the middle of pentagons."""
    cells = sorted(basic_int.get_pentagons(0))
    lat, lng = np.radians([basic_int.cell_to_latlng(cell) for cell in cells]).T
    return np.column_stack(
        [np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)]
    )


def tried(rng: np.random.Generator, count: int) -> Iterator[Places]:
    """Yield places everywhere, near pentagons, along faces, at poles, at 180."""
    yield on_map(rng.normal(size=(count, 3)))
    ends = corners()
    spread = 10.0 ** rng.uniform(-7, -0.5, size=(count, 1))
    yield on_map(
        ends[rng.integers(12, size=count)] + rng.normal(size=(count, 3)) * spread
    )
    one, other = np.argwhere(ends @ ends.T > 0.4)[rng.integers(72, size=count)].T
    share = 10.0 ** rng.uniform(-6, -0.3, size=(count, 1))
    along = ends[one] * (1 - share) + ends[other] * share
    yield on_map(
        along
        + rng.normal(size=(count, 3)) * 10.0 ** rng.uniform(-9, -2, size=(count, 1))
    )
    sign = rng.choice([-1.0, 1.0], size=count)
    yield rng.uniform(-180, 180, count), sign * (90 - 10.0 ** rng.uniform(-9, 1, count))
    yield (
        sign * (180 - rng.choice([0, 1], count) * 10.0 ** rng.uniform(-12, 0, count)),
        rng.uniform(-90, 90, count),
    )
    # corners of the squares of a degree by which faces are found
    whole = rng.integers([-180, -90], [181, 91], size=(count, 2)).astype(np.float64)
    yield whole[:, 0].copy(), whole[:, 1].copy()


@pytest.mark.parametrize("resolution", range(16))
def test_cells_are_named_as_h3_names_them(resolution: int) -> None:
    compiled = kernel()
    assert compiled is not None
    context = lattice(compiled).addresses()
    for lons, lats in tried(np.random.default_rng(resolution), 1_500):
        keys = np.empty(len(lons), dtype=np.uint64)
        compiled.encode(context, resolution, lons, lats, keys)
        places = zip(lats.tolist(), lons.tolist(), strict=True)
        ids = [basic_int.latlng_to_cell(*place, resolution) for place in places]
        assert keys.tolist() == ids


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [(np.nan, 0.0), (0.0, np.nan), (np.inf, 0.0), (180.1, 0.0), (0.0, -90.1)],
)
def test_what_is_no_place_has_no_cell(longitude: float, latitude: float) -> None:
    compiled = kernel()
    assert compiled is not None
    keys = np.ones(1, dtype=np.uint64)
    where = np.array([longitude]), np.array([latitude])
    compiled.encode(lattice(compiled).addresses(), 9, *where, keys)
    assert keys.tolist() == [0]


def by_an_edge(zones: list[Zone], each: int, seed: int) -> Places:
    """Return places on corners, level with them, on edges and ever so near."""
    rng = np.random.default_rng(seed)
    found = []
    for zone in zones:
        edges = zone.area.edges[rng.integers(len(zone.area.edges), size=each)]
        share = (
            rng.choice([0.0, 1.0, 0.5], size=(each, 1)) * rng.random((each, 1)) ** 0.1
        )
        on = edges[:, :2] * (1 - share) + edges[:, 2:] * share
        off = rng.choice([-1.0, 0.0, 1.0], size=(each, 2)) * 10.0 ** rng.uniform(
            -17, -3, size=(each, 2)
        )
        level = np.column_stack(
            [on[:, 0] + rng.normal(scale=1e-3, size=each), edges[:, 1]]
        )
        found += [on + off, edges[:, :2] + off, edges[:, :2], level]
    lons, lats = np.concatenate(found).T
    return lons.copy(), lats.copy()


def differences(index: ZoneIndex, yardstick: ZoneIndex, places: Places) -> int:
    mine, right = index.covering(*places), yardstick.covering(*places)
    rows = [
        (mine.numbers[a:b].tolist(), right.numbers[c:d].tolist())
        for (a, b), (c, d) in zip(
            pairwise(mine.offsets.tolist()),
            pairwise(right.offsets.tolist()),
            strict=True,
        )
    ]
    return sum(one != other for one, other in rows)


@pytest.mark.parametrize("seed", range(3))
def test_places_on_or_by_an_edge_are_answered_as_shapely_answers(seed: int) -> None:
    zones = world(seed, 80)
    places = by_an_edge(zones, 40, seed)
    index, yardstick = build_index(zones), build_index(zones, Kind.SCAN)
    assert differences(index, yardstick, places) == 0


def star(lon: float, lat: float, size: float, seed: int) -> shapely.Polygon:
    rng = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    radius = size * (1 + 0.4 * np.sin(angles * 7) + rng.normal(scale=0.03, size=200))
    wide = np.cos(np.radians(lat))
    ring = np.column_stack(
        [lon + radius * np.cos(angles) / wide, lat + radius * np.sin(angles)]
    )
    return shapely.Polygon(ring, [(ring - [lon, lat]) * 0.3 + [lon, lat]])


@pytest.mark.parametrize("size", [0.003, 0.03, 0.3, 3.0])
def test_zones_across_the_faces_of_the_icosahedron_lose_nothing(size: float) -> None:
    ends, shapes = corners(), []
    for one, other in np.argwhere(np.triu(ends @ ends.T, 1) > 0.4).tolist():
        for share in (0.0, 0.02, 0.5):
            lon, lat = on_map((ends[one] * (1 - share) + ends[other] * share)[None])
            if abs(lat[0]) < 70 and abs(lon[0]) < 170:
                shapes.append(star(float(lon[0]), float(lat[0]), size, len(shapes)))
    zones = [Zone(ZoneId(f"z{n}"), Area(shape)) for n, shape in enumerate(shapes)]
    rng = np.random.default_rng(4)
    middles = np.repeat([[s.centroid.x, s.centroid.y] for s in shapes], 300, axis=0)
    lons, lats = (middles + rng.normal(scale=size, size=middles.shape)).T.copy()
    index, yardstick = build_index(zones), build_index(zones, Kind.TREE)
    assert differences(index, yardstick, (lons, lats)) == 0
    assert len(index.covering(lons, lats).numbers) > 1_000


def test_a_whole_cell_is_found_in_the_table_and_its_middle_in_the_zone() -> None:
    shape = shapely.box(4.0, 52.0, 4.05, 52.03)
    index = build_index([Zone(ZoneId("a"), Area(shape))])
    lons, lats = np.meshgrid(
        np.linspace(3.99, 4.06, 300), np.linspace(51.99, 52.04, 300)
    )
    numbers = index.covering(lons.ravel(), lats.ravel()).numbers
    assert len(numbers) == shapely.intersects_xy(shape, lons, lats).sum()


def test_two_indexes_made_from_one_do_not_see_each_other() -> None:
    zones = world(5, 60)
    first = build_index(zones[:40])
    one, other = (
        first.with_changes(zones[40:50], []),
        first.with_changes(zones[50:], ["z3"]),
    )
    places = by_an_edge(zones, 10, 5)
    for index, held in (
        (first, zones[:40]),
        (one, zones[:50]),
        (other, [z for z in zones[:40] + zones[50:] if z.zone_id != "z3"]),
    ):
        names = {zone.zone_id for zone in index.zones}
        assert names == {zone.zone_id for zone in held}
        yardstick = build_index(index.zones, Kind.SCAN)
        mine, right = index.covering(*places), yardstick.covering(*places)
        assert [index.zone(n).zone_id for n in mine.numbers] == [
            yardstick.zone(n).zone_id for n in right.numbers
        ]


def test_readers_keep_their_answers_while_zones_are_added() -> None:
    zones = world(6, 300)
    start = build_index(zones[:100])
    places = by_an_edge(zones, 4, 6)
    right = start.covering(*places)

    def read(_: int) -> bool:
        mine = start.covering(*places)
        return all(map(np.array_equal, mine, right))

    with ThreadPoolExecutor(2) as threads:
        reads = threads.map(read, range(40))
        index = start
        for zone in zones[100:]:
            index = index.with_changes([zone], [])
        assert all(reads)
    assert len(index) == 300


def jagged(corners: int) -> Zone:
    """Return a zone whose coast goes up and down all the way."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = 0.01 * (1 + 0.3 * (np.arange(corners) % 2))
    ring = np.column_stack([4.9 + radius * np.cos(angles), radius * np.sin(angles)])
    return Zone(ZoneId(f"jagged-{corners}"), Area(shapely.Polygon(ring)))


@pytest.mark.parametrize("corners", [100, 1_000, 10_000])
def test_a_fine_outline_takes_room_as_it_has_corners(corners: int) -> None:
    compiled = kernel()
    assert compiled is not None
    zone = jagged(corners)
    table = Table(compiled, lattice(compiled), 10, 300)
    roll = build_roll([zone])
    assert table.put(0, roll.geometries, np.zeros(1)).all()
    _, (_, arrays) = table.context(roll)
    used = np.count_nonzero(arrays[2].any(axis=1))
    assert corners <= used <= 3.1 * corners
    places = by_an_edge([zone], 500, 7)
    index, yardstick = build_index([zone]), build_index([zone], Kind.SCAN)
    assert differences(index, yardstick, places) == 0


def test_many_corners_are_put_in_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    zones = world(9, 80)
    places, yardstick = by_an_edge(zones, 10, 9), build_index(zones, Kind.SCAN)
    for chunk in (1, 50, 1_000):
        monkeypatch.setattr("zones.table.CHUNK", chunk)
        assert differences(build_index(zones), yardstick, places) == 0


WORLD = world(8, 80)
NUMBERS = st.integers(0, len(WORLD) - 1)
EDGES = st.floats(0, 1)
OFFSETS = st.sampled_from([0.0, 1e-12, 1e-6, 1e-3, 0.1, 5.0, 90.0])


@given(NUMBERS, EDGES, EDGES, OFFSETS, OFFSETS, st.sampled_from([-1, 1]))
def test_the_loop_measures_as_its_plain_twin_does(
    number: int, edge: float, share: float, east: float, north: float, sign: int
) -> None:
    zone, index = WORLD[number], indexed()
    edges = zone.area.edges
    x0, y0, x1, y1 = edges[int(edge * (len(edges) - 1))].tolist()
    lon = x0 + share * (x1 - x0) + sign * east
    lat = y0 + share * (y1 - y0) + north
    point = Point((lon + 180) % 360 - 180, max(-90.0, min(90.0, lat)))
    near = index.nearness(point, {zone.zone_id})[zone.zone_id]
    plain = measure(zone, point)
    assert near.inside is plain.inside
    assert near.meters == pytest.approx(plain.meters, rel=1e-9, abs=1e-6)


@cache
def indexed() -> ZoneIndex:
    return build_index(WORLD)


def test_distances_are_measured_by_the_loop_where_a_flat_map_does() -> None:
    compiled = kernel()
    assert compiled is not None
    box = Zone(ZoneId("box"), Area(shapely.box(4.0, 52.0, 4.01, 52.01)))
    rim = Zone(ZoneId("rim"), Area(shapely.box(179.0, 52.0, 180.0, 52.01)))
    table = Table(compiled, lattice(compiled), 9, 300)
    shapes = np.array([box.area.geometry, rim.area.geometry], dtype=np.object_)
    table.put(0, shapes, np.zeros(2))
    context, kept = table.context(build_roll([box, rim]))
    assert len(kept) > 0
    assert compiled.to_edge(context, 0, 4.005, 52.009) == pytest.approx(111.2, abs=0.1)
    assert compiled.to_edge(context, 0, 4.0, 52.005) == pytest.approx(0, abs=1e-6)
    assert compiled.to_edge(context, 0, 4.0, 80.1) == -1
    assert compiled.to_edge(context, 1, 179.5, 52.0) == -1
