"""Pings in any order, doubled or late, through all of ``evaluate``."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopush.core.change import Taken
from geopush.core.ping import Ping
from geopush.core.visit import Visit
from tests.core.world import (
    FAR,
    HERE,
    NOON,
    a_customer,
    a_world,
    a_zone,
    after,
    an_offer,
    ping,
    run,
    taken,
    the_change,
    upload,
)
from zones import Point, ZoneId

NEAR = Point(longitude=4.9, latitude=52.3727)  # 300 m away: in both approaches
BESIDE = Point(longitude=4.9, latitude=52.3745)  # 500 m away: another zone
WORLD = a_world(
    [
        a_zone("patient", dwell_seconds=60),
        a_zone("easy", BESIDE, approach_meters=250, exit_confirmations=1),
    ],
    [an_offer(trigger={"on": ["enter", "dwell", "exit"]}, caps=[])],
)
NOW = NOON + timedelta(minutes=12)
LETTER = {"enter": "e", "dwell": "d", "exit": "x", "approach": "a"}

places = st.sampled_from([HERE, HERE, NEAR, BESIDE, FAR])
accuracies = st.sampled_from([5.0, 5.0, 60.0, None, 0.0, 17_000.0])
fixes = st.builds(ping, st.integers(0, 700), places, accuracies)


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(
    st.lists(fixes, max_size=5),
    st.lists(fixes, min_size=1, max_size=16),
    st.randoms(use_true_random=False),
)
def test_a_request_comes_to_the_same_in_whatever_order_its_pings_stand(
    before: list[Ping], pings: list[Ping], dice
) -> None:
    known = a_customer()
    if before:
        known = after(known, run(known, upload(*before), world=WORLD, now=NOW))
    mixed = dice.sample(pings, len(pings))
    one = run(known, upload(*pings), world=WORLD, now=NOW)
    assert run(known, upload(*mixed), world=WORLD, now=NOW) == one


def test_of_two_pings_at_the_same_time_the_more_accurate_counts() -> None:
    pings = [ping(0, HERE, 5.0), ping(0, FAR, 40.0), ping(0, FAR, None)]
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        answer = taken(run(a_customer(), upload(*(pings[one] for one in order))))
        assert (answer.inside, answer.repeated) == (("shop",), 2)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Ping], list[Ping]]:
    """A walk in order, and as it arrives: some twice, none later than the window."""
    times = sorted(draw(st.sets(st.integers(0, 2_400), min_size=1, max_size=25)))
    walk = [ping(at, draw(places), draw(accuracies)) for at in times]
    delays = st.lists(st.integers(0, 599), min_size=1, max_size=2)
    late = [
        (one.recorded_at + timedelta(seconds=delay), number)
        for number, one in enumerate(walk)
        for delay in draw(delays)
    ]
    return walk, [walk[number] for _, number in sorted(late)]


def written(requests: Sequence[Sequence[Ping]]) -> tuple[list[Visit], dict[str, str]]:
    """The visits that stand in the end, and what was told of each zone as letters."""
    known, now = a_customer(), NOON + timedelta(minutes=60)
    visits: dict[tuple[ZoneId, datetime], Visit] = {}
    words: dict[str, str] = {}
    for pings in requests:
        found = run(known, upload(*pings), world=WORLD, now=now)
        (answer,) = found.answers
        assert isinstance(answer, Taken)
        for one in answer.transitions:
            words[one.zone_id] = words.get(one.zone_id, "") + LETTER[one.kind]
        if not found.changes:
            continue
        for row in the_change(found).visits:
            key = row.visit.zone_id, row.visit.began
            visits[key] = row.visit
            if row.undone:
                del visits[key]
        known = after(known, found)
    return sorted(visits.values()), words


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(arrivals(), st.integers(1, 5))
def test_late_and_doubled_pings_leave_the_visits_of_the_walk_and_no_broken_story(
    both: tuple[list[Ping], list[Ping]], size: int
) -> None:
    walk, arrived = both
    visits, words = written(
        [arrived[at : at + size] for at in range(0, len(arrived), size)]
    )
    assert visits == written([[one] for one in walk])[0] == written([walk])[0]
    assert all(re.fullmatch("(a|ed?x)*(ed?)?", one) for one in words.values()), words
