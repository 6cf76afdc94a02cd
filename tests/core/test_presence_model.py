"""Whatever the fixes: enter, then perhaps dwell once, then exit, and so on."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geopush.core.approach import draw_near
from geopush.core.presence import (
    Fix,
    Kind,
    Presence,
    Transition,
    Whereabouts,
    advance,
    come_due,
)
from tests.core.world import NOON, a_zone
from zones import Nearness, Zone, ZoneId

ZONES = {
    zone.zone_id: zone
    for zone in (
        a_zone("patient", dwell_seconds=60),
        a_zone("wary", dwell_seconds=30, min_confidence=3, exit_confirmations=3),
        a_zone("easy", min_confidence=1, exit_confirmations=1, approach_meters=200),
    )
}
LETTER = {Kind.APPROACH: "a", Kind.ENTER: "e", Kind.DWELL: "d", Kind.EXIT: "x"}

meters = st.floats(-3_000, 150) | st.sampled_from([-71.0, -70.0, -20.0, 0.0, 5.0])
accuracies = st.none() | st.floats(0.5, 3_000)
fixes = st.tuples(
    st.integers(1, 120),
    accuracies,
    st.dictionaries(st.sampled_from(sorted(ZONES)), meters),
    st.booleans(),
    st.none() | st.sampled_from(sorted(ZONES)),
)


def story(steps: list[tuple[int, float | None, dict[ZoneId, float], bool, ZoneId]]):
    """Walk and let timers ring in between; now and then a zone is taken away."""
    where, at, told = Whereabouts(), NOON, list[Transition]()
    for seconds, accuracy, distances, timers, missing in steps:
        at += timedelta(seconds=seconds)
        if timers:
            where, rung = rang(where, at)
            told += rung
        zones = {key: zone for key, zone in ZONES.items() if key != missing}
        near = {
            key: Nearness(zone_id=key, meters=distance, inside=distance >= 0)
            for key in {**where.presences, **where.approaches, **distances}
            if key in zones
            for distance in [distances.get(key, -5_000.0)]
        }
        fix = Fix(at, accuracy)
        presences, happened = advance(where, fix, near, zones, "anna")
        approaches, nearer = draw_near(
            where.approaches, fix, near, zones, presences, "anna"
        )
        where = replace(
            where, recorded_at=at, presences=presences, approaches=approaches
        )
        assert exits_first(happened)
        told += [*happened, *nearer]
    return where, told


def rang(where: Whereabouts, at) -> tuple[Whereabouts, list[Transition]]:
    presences, told = dict(where.presences), []
    for key, presence in where.presences.items():
        due = come_due(key, presence, ZONES[key], at)
        if due is not None:
            presences[key], transition = due
            told.append(transition)
    return replace(where, presences=presences), told


def exits_first(happened: list[Transition]) -> bool:
    order = [one.kind is not Kind.EXIT for one in happened]
    return order == sorted(order)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(fixes, max_size=40))
def test_enter_perhaps_dwell_exit_and_never_otherwise(steps) -> None:
    where, told = story(steps)
    for zone_id in ZONES:
        ours = [one for one in told if one.zone_id == zone_id]
        word = "".join(LETTER[one.kind] for one in ours)
        assert re.fullmatch("(a|ed?x)*(ed?)?", word), word
        stays = word.replace("a", "")
        assert (zone_id in where.presences) is (stays[-1:] in ("e", "d"))
        assert visits(ours) == sorted(visits(ours), key=visits(ours).index)


def visits(ours: list[Transition]) -> list[UUID]:
    return [one.visit_id for one in ours]


def test_a_timer_rings_only_for_whom_it_may() -> None:
    zone: Zone = ZONES[ZoneId("patient")]
    stay = Presence(NOON, UUID(int=1))
    at = NOON + timedelta(seconds=60)
    assert come_due(zone.zone_id, stay, zone, at - timedelta(seconds=1)) is None
    assert come_due(zone.zone_id, replace(stay, outside=1), zone, at) is None
    assert come_due(zone.zone_id, replace(stay, dwelt=True), zone, at) is None
    assert come_due(zone.zone_id, stay, zone, at) is not None
