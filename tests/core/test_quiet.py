"""The short ways of the hot path come to the very same as the long one."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopush.core.approach import draw_near
from geopush.core.change import Change, Taken, Upload
from geopush.core.evaluate import evaluate, take
from geopush.core.fold import Fold
from geopush.core.intake import Standing, Standings, stand
from geopush.core.known import Known
from geopush.core.matching import match
from geopush.core.occasion import World
from geopush.core.ping import Ping
from geopush.core.presence import (
    Fix,
    Transition,
    Whereabouts,
    advance,
)
from geopush.core.quiet import pass_quietly
from geopush.core.times import moment, unpack
from geopush.core.walk import Walk
from tests.core.world import (
    ANNA,
    FAR,
    HERE,
    NOON,
    PHONE,
    a_customer,
    a_world,
    a_zone,
    after,
    consents,
    ping,
    run,
    taken,
    the_change,
    upload,
)
from zones import Point

MIDWAY = Point(longitude=4.9, latitude=52.374)  # 345 m off the first zone's edge
ZONES = [
    a_zone("shop", dwell_seconds=240),
    a_zone("block", HERE, radius=250, exit_confirmations=1),
    a_zone("stop", FAR, approach_meters=400, radius=60),
    a_zone("closed", FAR, radius=900, enabled=False),
]
PLACES = [
    HERE,
    FAR,
    MIDWAY,
    Point(longitude=4.9022, latitude=52.37),  # in the block, not in the shop
    Point(longitude=4.954, latitude=52.40),  # near the stop
    Point(longitude=5.2, latitude=52.1),
    Point(longitude=5.3, latitude=52.1),
]
WORLD = a_world(ZONES)

fixes = st.tuples(
    st.sampled_from([-400, -60, 0, 1, 20, 60, 60, 60, 200, 700]),
    st.sampled_from([*PLACES, PLACES[-1], PLACES[-1]]),
    st.sampled_from([10.0, 10.0, 10.0, 80.0, None, 5_000.0]),
)
stories = st.lists(st.lists(fixes, min_size=1, max_size=6), max_size=12)


def told(
    story: list[list[tuple[int, Point, float | None]]],
) -> list[tuple[Upload, datetime]]:
    """Uploads and when they come; a time is so many seconds after the one before."""
    uploads, at = [], 0
    for steps in story:
        pings = []
        for seconds, place, accuracy in steps:
            pings.append(ping(at + seconds, place, accuracy))
            at += max(seconds, 0)
        uploads.append((upload(*pings), NOON + timedelta(seconds=at)))
    return uploads


def long_way(
    one: Upload, known: Known, world: World, now: datetime
) -> tuple[Change | None, Taken]:
    fold = Fold(known, now)
    answer = take(one, fold, world, match([one], world.catalog.zones), 0)
    assert isinstance(answer, Taken)
    return fold.change(world.catalog.tallies_kept), answer


@pytest.mark.slow
@given(stories)
@settings(max_examples=60, deadline=None)
def test_the_short_way_comes_to_what_the_long_one_does(story) -> None:
    known = a_customer()
    for one, now in told(story):
        change, answer = long_way(one, known, WORLD, now)
        matched = match([one], WORLD.catalog.zones)
        passed = pass_quietly(one, known, WORLD.catalog, matched, 0, now)
        if passed is not None:
            assert (passed.change, passed.answer) == (change, answer)
        if change is not None:
            known = Known(ANNA, known.version + 1, change.state, known.profile)


@pytest.mark.slow
@given(stories)
@settings(max_examples=40, deadline=None)
def test_a_walk_comes_to_what_measuring_every_ping_does(story) -> None:
    where, plain = Whereabouts(), Whereabouts()
    for one, _ in told(story):
        matched = match([one], WORLD.catalog.zones)
        walk = Walk(where, one, WORLD.catalog, matched, 0)
        happened = []
        for place, (_, step) in enumerate(one.pings):
            walk.step(place, step)
            plain, more = measured(plain, step)
            happened += more
        where = walk.whereabouts()
        assert walk.transitions == happened
        assert (where.presences, where.approaches) == (
            plain.presences,
            plain.approaches,
        )


def measured(where: Whereabouts, step: Ping) -> tuple[Whereabouts, list[Transition]]:
    point = Point(step.longitude, step.latitude)
    near = WORLD.catalog.zones.nearness(
        point, where.presences.keys() | where.approaches.keys()
    )
    zones = {one.zone_id: one for one in ZONES if one.enabled}
    fix, whose = Fix(step.recorded_at, step.accuracy_meters), f"anna\n{PHONE}"
    presences, happened = advance(where, fix, near, zones, whose)
    approaches, nearer = draw_near(where.approaches, fix, near, zones, presences, whose)
    return Whereabouts(presences=presences, approaches=approaches), [
        *happened,
        *nearer,
    ]


@given(
    st.lists(
        st.lists(st.integers(0, 40), min_size=1, max_size=45).map(sorted), max_size=8
    )
)
def test_who_is_newer_than_all_before_needs_no_closer_look(uploads) -> None:
    where, seen = Whereabouts(), set[int]()
    newest, batch = -1, list[int]()
    for seconds in uploads:
        told = stand(where, [NOON + timedelta(seconds=one) for one in seconds])
        expected = []
        again = seconds == batch and len(seconds) > 1
        for second in seconds:
            if second > newest:
                expected.append(Standing.ACCEPTED)
            elif second in seen or again:
                expected.append(Standing.REPEATED)
                continue
            else:
                expected.append(Standing.LATE)
            newest = max(newest, second)
            seen = set(sorted({*seen, second})[-32:])
        batch = seconds if len(seconds) > 1 else batch
        assert told.each == expected
        assert told.recorded_at == NOON + timedelta(seconds=newest)
        kept = [(moment(at) - NOON).total_seconds() for at in unpack(told.recent)]
        assert kept == sorted(seen, reverse=True)
        where = whereabouts_after(told)


def whereabouts_after(told: Standings) -> Whereabouts:
    return Whereabouts(
        recorded_at=told.recorded_at, recent=told.recent, batch=told.batch
    )


def passes(known: Known, *pings: Ping, world: World = WORLD) -> bool:
    one = upload(*pings)
    matched = match([one], world.catalog.zones)
    now = max(one.recorded_at for one in pings)
    return pass_quietly(one, known, world.catalog, matched, 0, now) is not None


def a_walker(*pings: Ping, world: World = WORLD) -> Known:
    known = a_customer()
    return after(known, run(known, upload(*pings), world=world))


NOWHERE = PLACES[-1]


def test_who_walks_where_no_zone_is_passes_quietly() -> None:
    known = a_walker(ping(0, NOWHERE))
    assert passes(known, ping(60, NOWHERE))
    assert passes(known, *(ping(60 + at, NOWHERE) for at in range(100)))


def test_who_stays_inside_passes_quietly_until_a_dwell_is_due() -> None:
    known = a_walker(ping(0, HERE), ping(30, HERE))
    assert passes(known, ping(239, HERE))
    assert not passes(known, ping(240, HERE))


def test_only_who_may_be_near_an_approach_pays_for_it() -> None:
    assert passes(a_walker(ping(0, MIDWAY)), ping(60, MIDWAY))
    nearby = PLACES[4]
    assert not passes(a_walker(ping(0, NOWHERE)), ping(60, nearby))


@pytest.mark.parametrize(
    "pings",
    [
        [ping(0, NOWHERE)],  # repeated
        [ping(-30, NOWHERE)],  # late
        [ping(60, NOWHERE), ping(60, NOWHERE)],  # twice in one
        [ping(60, HERE)],  # it enters
        [ping(60, NOWHERE, 2_000.0)],  # such a fix is in no visit
        [ping(-8 * 86_400, NOWHERE), ping(60, NOWHERE)],  # too old
    ],
)
def test_whatever_is_out_of_the_ordinary_goes_the_long_way(pings: list[Ping]) -> None:
    assert not passes(a_walker(ping(0, NOWHERE)), *pings)


def test_without_consent_nothing_passes() -> None:
    known = a_walker(ping(0, NOWHERE))
    no = Known(ANNA, 2, known.state, a_customer(consents(location=False)).profile)
    assert not passes(no, ping(60, NOWHERE))


def test_several_uploads_of_a_customer_in_a_batch_are_folded_into_one_change() -> None:
    known = a_walker(ping(0, NOWHERE))
    both = run(known, *(upload(ping(at, NOWHERE)) for at in (60, 120)), world=WORLD)
    apart = run(known, upload(ping(60, NOWHERE), ping(120, NOWHERE)), world=WORLD)
    assert [taken(both, number).accepted for number in (0, 1)] == [1, 1]
    one, other = the_change(both).state, the_change(apart).state
    assert one.devices[PHONE].memory == other.devices[PHONE].memory
    assert one.devices[PHONE].recent == other.devices[PHONE].recent


def test_a_batch_in_any_mixture_gives_the_changes_in_its_own_order() -> None:
    known = a_walker(ping(0, NOWHERE))
    quiet, loud = upload(ping(60, NOWHERE)), upload(ping(90, HERE))
    evaluation = evaluate([quiet, loud], {ANNA: known}, WORLD, NOON)
    assert [len(one.transitions) for one in map(as_taken, evaluation.answers)] == [0, 2]


def as_taken(answer: object) -> Taken:
    assert isinstance(answer, Taken)
    return answer
