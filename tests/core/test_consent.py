"""Which answers to questions of consent count, and what holds after them."""

import pytest

from geopush.core.consent import answered, inherited, settled, undated, unsettled
from geopush.core.customer import ConsentGiven, Purpose
from tests.core.people import after, said_no, said_yes

PUSH, PLACE = Purpose.PUSH_MARKETING, Purpose.LOCATION
YES, NO = ConsentGiven(True, after(9)), ConsentGiven(False, after(9))


@pytest.mark.parametrize(
    ("raw", "purposes"),
    [
        ({}, set()),
        ([], set()),
        ({"location": True, "push_marketing": False}, {PUSH, PLACE}),
        ({"location": {"granted": True}}, {PLACE}),
        ({"location": {"granted": True, "at": "2026-07-04T12:00:00Z"}}, set()),
        ({"unknown": True}, set()),
    ],
)
def test_an_answer_without_a_time_is_undated(
    raw: object, purposes: set[Purpose]
) -> None:
    assert undated(raw) == purposes


@pytest.mark.parametrize(
    ("known", "given", "counts"),
    [
        ({}, YES, True),
        ({PUSH: said_yes(0)}, YES, False),
        ({PUSH: said_no(0)}, NO, False),
        ({PUSH: said_yes(0)}, NO, True),
        ({PLACE: said_yes(0)}, YES, True),
    ],
)
def test_an_undated_answer_that_repeats_what_is_known_does_not_count(
    known: dict[Purpose, object], given: ConsentGiven, counts: bool
) -> None:
    assert settled({PUSH: given}, known, {PUSH}) == ({PUSH: given} if counts else {})
    assert settled({PUSH: given}, known, set()) == {PUSH: given}


@pytest.mark.parametrize(
    ("known", "given", "undated", "paths"),
    [
        ({PUSH: said_no(0)}, YES, {PUSH}, ["$.consents.push_marketing.at"]),
        ({PUSH: said_no(0)}, YES, set(), []),
        ({PUSH: said_no(0)}, NO, {PUSH}, []),
        ({PUSH: said_yes(0)}, NO, {PUSH}, []),
        ({}, YES, {PUSH}, []),
    ],
)
def test_only_a_yes_without_a_date_against_a_no_is_a_problem(
    known: dict[Purpose, object],
    given: ConsentGiven,
    undated: set[Purpose],
    paths: list[str],
) -> None:
    problems = unsettled(known, {PUSH: given}, undated)
    assert [one.path for one in problems] == paths


def test_purposes_that_are_not_named_stay() -> None:
    both = answered({PLACE: said_yes(0)}, {PUSH: YES})
    assert both == {PLACE: said_yes(0), PUSH: said_yes(9)}


def test_an_older_answer_undoes_no_withdrawal() -> None:
    assert answered({PUSH: said_no(10)}, {PUSH: YES}) == {PUSH: said_no(10)}


def test_merging_leaves_a_line_for_each_consent_it_changed() -> None:
    lines = inherited(
        {PUSH: said_yes(0), PLACE: said_yes(0)},
        {PUSH: said_no(1), PLACE: said_yes(0)},
    )
    assert lines == {PUSH: ConsentGiven(False, after(1), source="merged")}
