"""Who came, who stayed, who left."""

from datetime import timedelta
from uuid import UUID

import pytest

from geopush.core.presence import Fix, Kind, Presence, Whereabouts, advance
from tests.core.world import NOON, a_zone
from zones import Nearness, Zone

ZONE = a_zone()
ZONE_VISIT = UUID(int=7)


def walk(
    *steps: tuple[float, float], accuracy: float | None = 5.0, zone: Zone = ZONE
) -> list[tuple[float, Kind]]:
    """Steps of (seconds, meters inside; negative is outside) -> what happened when."""
    where, story = Whereabouts(), []
    for seconds, meters in steps:
        near = {
            zone.zone_id: Nearness(
                zone_id=zone.zone_id, meters=meters, inside=meters >= 0
            )
        }
        fix = Fix(NOON + timedelta(seconds=seconds), accuracy)
        presences, happened = advance(where, fix, near, {zone.zone_id: zone}, "anna")
        where = Whereabouts(recorded_at=fix.at, presences=presences)
        story += [((one.at - NOON).total_seconds(), one.kind) for one in happened]
    return story


def test_who_comes_enters_once() -> None:
    assert walk((0, 50), (10, 60), (20, 40)) == [(0, Kind.ENTER)]


def test_leaving_takes_two_fixes_in_a_row() -> None:
    assert walk((0, 50), (10, -500), (20, -600)) == [(0, Kind.ENTER), (20, Kind.EXIT)]


def test_one_wild_fix_moves_nobody() -> None:
    steps = [(0, 50), (10, -200), (20, 50), (30, -200), (40, 50)]
    assert walk(*steps, accuracy=1.9) == [(0, Kind.ENTER)]


def test_a_phone_that_lies_at_the_edge_does_not_come_and_go() -> None:
    steps = [(at, 8 if at % 20 else -15) for at in range(0, 600, 10)]
    assert walk(*steps) == [(10, Kind.ENTER)]


@pytest.mark.parametrize("accuracy", [17_000.0, 1_414.0])
def test_a_fix_that_may_be_anywhere_moves_nobody(accuracy: float) -> None:
    inside = {ZONE.zone_id: Presence(NOON, ZONE_VISIT)}
    where = Whereabouts(recorded_at=NOON, presences=inside)
    near = {ZONE.zone_id: Nearness(zone_id=ZONE.zone_id, meters=-900.0, inside=False)}
    for seconds in (10, 20, 30):
        fix = Fix(NOON + timedelta(seconds=seconds), accuracy)
        presences, happened = advance(where, fix, near, {ZONE.zone_id: ZONE}, "anna")
        where = Whereabouts(recorded_at=fix.at, presences=presences)
        assert happened == []


def test_unknown_accuracy_is_never_perfect() -> None:
    assert walk((0, 50), (10, -60), (20, -60), accuracy=None) == [(0, Kind.ENTER)]


def test_a_zone_may_ask_for_more_fixes_before_it_is_left() -> None:
    zone = a_zone(exit_confirmations=3)
    steps = [(0, 50), (10, -500), (20, -500), (30, -500)]
    assert walk(*steps, zone=zone) == [(0, Kind.ENTER), (30, Kind.EXIT)]


def test_dwell_comes_once_when_the_time_is_up() -> None:
    zone = a_zone(dwell_seconds=60)
    steps = [(0, 50), (30, 50), (70, 50), (200, 50)]
    assert walk(*steps, zone=zone) == [(0, Kind.ENTER), (70, Kind.DWELL)]


def test_a_zone_may_ask_for_a_surer_fix_before_it_is_entered() -> None:
    zone = a_zone(min_confidence=3)
    assert walk((0, 3), (10, 50), zone=zone) == [(10, Kind.ENTER)]


def test_who_comes_back_is_on_a_new_visit() -> None:
    steps = [(0, 50), (10, -500), (20, -500), (30, 50)]
    assert [kind for _, kind in walk(*steps)] == [Kind.ENTER, Kind.EXIT, Kind.ENTER]
