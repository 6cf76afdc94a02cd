"""Squares: what is in none of them is in no zone, and they cost no answer."""

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from tests.zones.kinds import Kind, build_index, kernel
from zones import Area, Zone, ZoneId, ZoneIndex
from zones.squares import LEAST, Squares

pytest.importorskip("numba")

Floats = NDArray[np.float64]
SQUARE = 1 / 1024  # degrees
FEW, MANY = 400, 5_000  # zones that the first words have room for, and that they do not


def zones_of(boxes: Floats) -> list[Zone]:
    shapes = shapely.box(*boxes.T).tolist()
    return [Zone(ZoneId(f"z{n}"), Area(shape)) for n, shape in enumerate(shapes)]


def boxes(count: int, widest: float, seed: int) -> Floats:
    """Return boxes all over the map, some with sides where those of squares are."""
    rng = np.random.default_rng(seed)
    low = rng.uniform([-170, -70], [170, 70], size=(count, 2))
    low = np.where(rng.random((count, 2)) < 0.5, low, np.round(low * 1024) / 1024)
    return np.concatenate([low, low + rng.uniform(0, widest, size=(count, 2))], axis=1)


def at_corners(some: Floats) -> tuple[Floats, Floats]:
    """Return the corners of boxes, and places a hair off them on either side."""
    lons, lats = some[:, [0, 2, 2, 0]].ravel(), some[:, [1, 1, 3, 3]].ravel()
    all_lons = [np.nextafter(lons, to) for to in (-np.inf, np.inf)]
    all_lats = [np.nextafter(lats, to) for to in (-np.inf, np.inf)]
    return np.concatenate([lons, *all_lons]), np.concatenate([lats, *all_lats])


def agrees(index: ZoneIndex, zones: list[Zone], places: tuple[Floats, Floats]) -> bool:
    mine = index.covering(*places)
    right = build_index(zones, Kind.TREE).covering(*places)
    assert len(right.numbers) >= 4 * len(zones)
    return all(map(np.array_equal, mine, right))


@pytest.mark.parametrize("widest", [0.3 * SQUARE, 5 * SQUARE, 80 * SQUARE, 3.0])
def test_corners_of_zones_are_in_their_squares(widest: float) -> None:
    some = boxes(FEW, widest, seed=1)
    zones = zones_of(some)
    assert agrees(build_index(zones), zones, at_corners(some))


def test_more_zones_get_more_squares_and_lose_none() -> None:
    some = boxes(MANY, 4 * SQUARE, seed=2)
    zones = zones_of(some)
    index = build_index(zones[:FEW])
    for at in range(FEW, MANY, 2_300):
        index = index.with_changes(zones[at : at + 2_300], [])
    assert agrees(index, zones, at_corners(some))


def test_few_places_in_a_long_call_are_told_where_they_are() -> None:
    rng = np.random.default_rng(3)
    lons, lats = rng.uniform(10, 11, 5_000), rng.uniform(50, 51, 5_000)
    near = np.sort(rng.choice(5_000, 40, replace=False))
    lons[near], lats[near] = 10.5, 20.0
    zones = zones_of(np.array([[10.5 - SQUARE, 20.0, 10.5 + SQUARE, 20.1]]))
    found = build_index(zones).covering(lons, lats)
    assert np.flatnonzero(np.diff(found.offsets)).tolist() == near.tolist()
    assert found.numbers.tolist() == [0] * 40


@pytest.mark.parametrize("longitude", [np.nan, np.inf, -np.inf, 360.0, -180.1, 1e300])
def test_what_is_no_place_is_in_no_zone(longitude: float) -> None:
    index = build_index(zones_of(np.array([[-0.01, -0.01, 0.01, 0.01]])))
    wrong, right = np.array([longitude, 0.0]), np.zeros(2)
    assert index.covering(wrong, right).offsets.tolist() == [0, 0, 1]
    assert index.covering(right, wrong).offsets.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("box", "fine", "coarse"),
    [
        ((4.0, 52.0, 4.0, 52.0), 1, 0),
        ((4.0, 52.0, 4.0 + 2.5 * SQUARE, 52.0 + 9.5 * SQUARE), 30, 0),
        ((-4.0 - SQUARE / 2, -SQUARE / 2, -4.0, 0.0), 4, 0),
        ((4.01, 52.01, 4.24, 52.24), 0, 1),
        ((-180.0, -90.0, 180.0, 90.0), 0, 1441 * 721),
        ((170.0, 0.0, 190.0, 1.0), 0, 0),
    ],
)
def test_zones_are_marked_in_the_squares_they_touch(
    box: tuple[float, float, float, float], fine: int, coarse: int
) -> None:
    compiled = kernel()
    assert compiled is not None
    squares = Squares(compiled.mark_squares)
    squares.put(np.array([[*box, 0.0, 0.0, 0.0, 0.0]]), 0, 1)
    assert np.bitwise_count(squares.fine).sum() == fine
    assert np.bitwise_count(squares.coarse).sum() == coarse


def test_there_are_never_many_more_marks_than_words() -> None:
    compiled = kernel()
    assert compiled is not None
    squares = Squares(compiled.mark_squares)
    records = np.zeros((MANY, 8))
    records[:, :4] = boxes(MANY, 4 * SQUARE, seed=4)
    squares.put(records, 0, FEW)
    assert len(squares.fine) == 1 << LEAST
    squares.put(records, FEW, MANY)
    assert 1 < np.bitwise_count(squares.fine).sum() / len(squares.fine) <= 8
