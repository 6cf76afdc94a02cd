"""Visits: who was where from when till when, however late the pings come."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopush.core.times import micros
from geopush.core.visit import Going, Memory, Seen, Visit, carry_on, revise
from tests.core.world import (
    FAR,
    NOON,
    a_customer,
    a_world,
    a_zone,
    after,
    ping,
    run,
    taken,
    the_change,
    upload,
)
from zones import ZoneId

SHOP, PARK = ZoneId("shop"), ZoneId("park")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def seen(minutes: float, *zones: ZoneId) -> Seen:
    return Seen(at(minutes), zones)


class Table:
    """The visits as they are written, and what is kept to correct them."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.rows: dict[tuple[ZoneId, datetime], Visit] = {}

    def take(self, *fixes: Seen) -> "Table":
        revised = revise(self.memory, fixes)
        self.memory = revised.memory
        for one in revised.undone:
            del self.rows[one.zone_id, one.began]
        for one in revised.written:
            self.rows[one.zone_id, one.began] = one
        return self

    def visits(self) -> list[Visit]:
        return sorted(self.rows.values())


def visits(*requests: Sequence[Seen]) -> list[Visit]:
    table = Table()
    for fixes in requests:
        table.take(*fixes)
    return table.visits()


def test_a_visit_lasts_from_the_first_fix_inside_to_the_first_outside() -> None:
    fixes = [seen(0, SHOP), seen(40), seen(41)]
    assert visits(fixes) == [Visit(SHOP, at(0), at(40))]


def test_one_fix_outside_ends_no_visit() -> None:
    assert visits([seen(0, SHOP), seen(9), seen(30, SHOP)]) == [
        Visit(SHOP, at(0), None)
    ]


def test_who_is_back_soon_was_only_at_the_door() -> None:
    fixes = [seen(0, SHOP), seen(1), seen(2), seen(5, SHOP)]
    assert visits(fixes) == [Visit(SHOP, at(0), None)]


def test_who_is_back_later_is_on_another_visit() -> None:
    fixes = [seen(0, SHOP), seen(1), seen(2), seen(7, SHOP)]
    assert visits(fixes) == [Visit(SHOP, at(0), at(1)), Visit(SHOP, at(7), None)]


def test_a_late_ping_makes_a_visit_longer() -> None:
    assert visits([seen(5, SHOP)], [seen(1, SHOP)]) == [Visit(SHOP, at(1), None)]


def test_a_late_ping_makes_a_visit_that_nobody_knew_of() -> None:
    late = visits([seen(5)], [seen(6)], [seen(1, PARK)])
    assert late == [Visit(PARK, at(1), at(5))]


def test_late_pings_part_one_visit_in_two() -> None:
    late = visits([seen(0, SHOP), seen(9, SHOP)], [seen(1), seen(2)])
    assert late == [Visit(SHOP, at(0), at(1)), Visit(SHOP, at(9), None)]


def test_a_ping_from_before_the_window_corrects_nothing() -> None:
    assert visits([seen(11)], [seen(1, SHOP)]) == []


def test_a_visit_outlives_the_window() -> None:
    hours = [[seen(minute, SHOP)] for minute in range(0, 120, 2)]
    ended = visits(*hours, [seen(121)], [seen(122)])
    assert ended == [Visit(SHOP, at(0), at(121))]


def test_what_is_kept_stays_small() -> None:
    table = Table()
    for second in range(1_000):
        table.take(Seen(NOON + timedelta(seconds=second), (SHOP,)))
    assert len(table.memory.fixes) == 32
    assert table.visits() == [Visit(SHOP, NOON, None)]


zones = st.sets(st.sampled_from([SHOP, PARK])).map(lambda one: tuple(sorted(one)))
tracks = st.dictionaries(st.integers(0, 40 * 60), zones, max_size=30).map(
    lambda track: [Seen(at(second / 60), zones) for second, zones in track.items()]
)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Seen], list[Seen]]:
    """A track in order, and the same in an order with nothing later than the window."""
    track = sorted(draw(tracks), key=lambda one: one.at)
    delays = draw(
        st.lists(st.integers(0, 599), min_size=len(track), max_size=len(track))
    )
    late = [one.at + timedelta(seconds=s) for one, s in zip(track, delays, strict=True)]
    order = sorted(range(len(track)), key=lambda number: (late[number], number))
    return track, [track[number] for number in order]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(arrivals(), st.integers(1, 5))
def test_any_order_of_arrival_inside_the_window_gives_the_same_visits(
    both: tuple[list[Seen], list[Seen]], size: int
) -> None:
    track, arrived = both
    requests = [arrived[one : one + size] for one in range(0, len(arrived), size)]
    assert visits(*requests) == visits(*([one] for one in track)) == visits(track)


@settings(max_examples=50, deadline=None)
@given(st.permutations(list(range(8))))
def test_any_order_inside_a_request_gives_the_same_transitions_and_visits(
    order: list[int],
) -> None:
    places = [FAR, None, None, FAR, FAR, None, FAR, FAR]
    pings = [
        ping(60 * number) if place is None else ping(60 * number, place)
        for number, place in enumerate(places)
    ]
    shuffled = upload(*(pings[number] for number in order))
    world = a_world([a_zone(dwell_seconds=60)])
    one = run(a_customer(), shuffled, world=world, now=at(8))
    other = run(a_customer(), upload(*pings), world=world, now=at(8))
    assert taken(one).transitions == taken(other).transitions
    assert the_change(one).visits == the_change(other).visits
    kinds = [str(transition.kind) for transition in taken(one).transitions]
    assert kinds == ["enter", "dwell", "exit", "enter", "exit"]


def test_a_late_ping_corrects_a_visit_but_no_transition_and_no_message() -> None:
    known = a_customer()
    known = after(known, run(known, upload(ping(240))))
    late = run(known, upload(ping(60)))
    change = the_change(late)
    assert (change.happened, change.messages, change.decided) == ((), (), ())
    told = [(one.visit.began, one.undone) for one in change.visits]
    assert told == [(at(4), True), (at(1), False)]


def test_a_fix_that_may_be_anywhere_begins_no_visit() -> None:
    change = the_change(run(a_customer(), upload(ping(0, accuracy=17_000.0))))
    assert change.visits == ()


steps = st.lists(
    st.tuples(
        st.lists(st.integers(1, 400), min_size=1, max_size=40),
        st.sampled_from([(), (), (SHOP,), (SHOP, PARK)]),
    ),
    max_size=12,
)


@given(steps)
def test_carrying_on_is_what_revising_comes_to_where_nothing_is_new(steps) -> None:
    memory, second = Memory(), 0
    for gaps, zones in steps:
        times = [NOON + timedelta(seconds=(second := second + gap)) for gap in gaps]
        plain = revise(memory, [Seen(one, zones) for one in times])
        carried = carry_on(memory, [micros(one) for one in times], zones)
        if carried is not None:
            assert carried == plain.memory
            assert plain.written == plain.undone == ()
        memory = plain.memory


def test_who_is_where_they_were_carries_on() -> None:
    for zones in ((), (SHOP,)):
        memory = revise(Memory(), [Seen(at(minute), zones) for minute in range(5)])
        assert carry_on(memory.memory, [micros(at(30))], zones) is not None


def walked(going: dict[ZoneId, Going], fixes: Sequence[Seen]) -> set[Visit]:
    """The visits that fixes tell of, looking at one after the other."""
    still, over = dict(going), set[Visit]()
    for fix in fixes:
        for zone_id, one in list(still.items()):
            since = one.out_since
            if one.outs >= 2 and since and fix.at - since > timedelta(minutes=5):
                over.add(Visit(zone_id, one.began, since))
                del still[zone_id]
            elif zone_id in fix.zones:
                still[zone_id] = Going(one.began)
            else:
                still[zone_id] = Going(one.began, one.outs + 1, since or fix.at)
        for zone_id in fix.zones:
            still.setdefault(zone_id, Going(fix.at))
    ends = {key: one.out_since if one.outs >= 2 else None for key, one in still.items()}
    return over | {Visit(key, one.began, ends[key]) for key, one in still.items()}


@given(
    st.lists(
        st.tuples(
            st.integers(1, 200),
            st.sampled_from([(), (), (), (SHOP,), (PARK,), (SHOP, PARK)]),
        ),
        max_size=60,
    )
)
def test_rows_of_fixes_tell_what_each_fix_does(steps) -> None:
    second, fixes = 0, list[Seen]()
    for gap, zones in steps:
        second += gap
        fixes.append(Seen(NOON + timedelta(seconds=second), zones))
    assert set(visits(fixes)) == walked({}, fixes)
