"""Answers to a question of consent in whatever order they come: the latest holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopush.core.consent import answered
from geopush.core.customer import ConsentGiven, Purpose, has_consent
from tests.core.people import after

PUSH = Purpose.PUSH_MARKETING
ANSWERS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=8)


def told(answers: list[tuple[int, bool]]) -> dict[Purpose, object]:
    held = {}
    for minute, granted in answers:
        held = answered(held, {PUSH: ConsentGiven(granted, after(minute))})
    return held


@pytest.mark.slow
@settings(max_examples=300)
@given(ANSWERS, st.randoms(use_true_random=False))
def test_the_latest_answer_holds_in_whatever_order_they_come(answers, dice) -> None:
    mixed = dice.sample(answers, len(answers))
    _, refused = max((minute, not granted) for minute, granted in answers)
    assert has_consent(told(mixed), PUSH, after(9)) is not refused


@pytest.mark.slow
@settings(max_examples=300)
@given(ANSWERS, st.integers(0, 8))
def test_nothing_old_undoes_a_withdrawal(answers, minute) -> None:
    held = told([*answers, (9, False)])
    late = answered(held, {PUSH: ConsentGiven(True, after(minute))})
    assert not has_consent(late, PUSH, after(10))


@settings(max_examples=300)
@given(ANSWERS, st.integers(0, 9))
def test_a_consent_that_held_then_was_not_refused_then_or_since(answers, then) -> None:
    if has_consent(told(answers), PUSH, after(then)):
        assert any(granted and minute <= then for minute, granted in answers)
        assert not any(not granted and minute >= then for minute, granted in answers)
