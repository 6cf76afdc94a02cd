"""The figures of presence: how far, how sure and how often, at each limit."""

from datetime import timedelta
from uuid import UUID

import pytest

from geopush.core.presence import (
    Fix,
    Kind,
    Presence,
    Transition,
    Whereabouts,
    advance,
    confidence,
)
from tests.core.world import NOON, a_zone
from zones import Nearness, Zone

SHOP = a_zone()
LARGE = a_zone(radius=5_000)
PATIENT = a_zone(dwell_seconds=60)
STAY = Presence(NOON, UUID(int=7))


def at_distance(meters: float) -> Nearness:
    return Nearness(zone_id=SHOP.zone_id, meters=meters, inside=meters >= 0)


def seen(
    *distances: float, accuracy: float | None = 5.0, zone: Zone = SHOP, gap: int = 30
) -> list[Transition]:
    """What happens to somebody inside whose next fixes are at these distances."""
    where, told = Whereabouts(presences={zone.zone_id: STAY}), list[Transition]()
    for number, meters in enumerate(distances, 1):
        fix = Fix(NOON + timedelta(seconds=number * gap), accuracy)
        near = {zone.zone_id: at_distance(meters)}
        presences, happened = advance(where, fix, near, {zone.zone_id: zone}, "anna")
        where, told = Whereabouts(presences=presences), told + happened
    return told


@pytest.mark.parametrize(
    ("zone", "accuracy", "stays", "leaves"),
    [
        (SHOP, 5.0, -24.9, -25.1),  # the least margin is 20 m
        (LARGE, 5.0, -502.0, -506.0),  # 10 % of the radius, measured along the earth
        (SHOP, 30.0, -49.9, -50.1),  # the margin, and all that the fix may be off
        (SHOP, 50.0, -69.9, -70.1),
        (SHOP, 900.0, -69.9, -70.1),  # of which no more than 50 m count
        (SHOP, None, -69.9, -70.1),  # not said: off by 100 m, of which 50 count
    ],
)
def test_a_zone_is_left_beyond_its_margin_and_what_the_fix_may_be_off(
    zone: Zone, accuracy: float | None, stays: float, leaves: float
) -> None:
    assert seen(*[stays] * 5, accuracy=accuracy, zone=zone) == []
    left = seen(*[leaves] * 2, accuracy=accuracy, zone=zone)
    assert [one.kind for one in left] == [Kind.EXIT]


def test_a_fix_inside_between_two_outside_starts_the_count_anew() -> None:
    assert seen(-300, 50, -300) == []
    assert [one.kind for one in seen(-300, 50, -300, -300)] == [Kind.EXIT]


def test_a_fix_within_the_margin_neither_counts_nor_starts_anew() -> None:
    assert seen(-300, -10) == []
    assert [one.kind for one in seen(-300, -10, -300)] == [Kind.EXIT]


@pytest.mark.parametrize(
    ("meters", "accuracy", "sure"),
    [
        (30.0, 30.0, 3),
        (29.9, 30.0, 2),
        (0.0, 30.0, 2),
        (-0.1, 30.0, 1),
        (-30.0, 30.0, 1),
        (-30.1, 30.0, 0),
        (-50.0, 400.0, 1),
        (-50.1, 400.0, 0),
        (99.9, None, 2),
        (100.0, None, 3),
    ],
)
def test_a_fix_is_as_sure_as_its_accuracy_against_the_boundary(
    meters: float, accuracy: float | None, sure: int
) -> None:
    assert confidence(at_distance(meters), accuracy) == sure


@pytest.mark.parametrize(("meters", "sure"), [(50, 3), (5, 2), (-5, 1), (-22, 1)])
def test_a_dwell_is_as_sure_as_the_fix_that_confirms_it(
    meters: float, sure: int
) -> None:
    (stayed,) = seen(meters, zone=PATIENT, accuracy=10.0, gap=60)
    assert (stayed.kind, stayed.confidence) == (Kind.DWELL, sure)


def test_a_fix_that_may_be_anywhere_confirms_no_dwell() -> None:
    assert seen(-9_000, -9_000, zone=PATIENT, accuracy=17_000.0, gap=60) == []


@pytest.mark.parametrize(("least", "meters"), [(None, 0.0), (2, 0.0), (3, 10.0)])
def test_a_zone_is_entered_from_the_confidence_that_it_asks_for(
    least: int | None, meters: float
) -> None:
    zone = a_zone() if least is None else a_zone(min_confidence=least)
    fix = Fix(NOON, 10.0)
    for distance, kinds in ((meters - 0.1, []), (meters, [Kind.ENTER])):
        near = {zone.zone_id: at_distance(distance)}
        _, told = advance(Whereabouts(), fix, near, {zone.zone_id: zone}, "anna")
        assert [one.kind for one in told] == kinds
