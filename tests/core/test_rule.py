"""Compiled conditions: they say what the plain reading of them says."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings

from geopush.core.condition import Check, Condition, Not, Operator, Value, clauses
from geopush.core.edge import possible
from geopush.core.rule import compile_rule
from tests.core.plain import CONDITIONS, WORLDS, checks, interpret


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(CONDITIONS, WORLDS)
def test_the_compiled_form_agrees_with_the_plain_one(
    condition: Condition, values: Mapping[str, Value]
) -> None:
    assert compile_rule(condition).holds(values) is interpret(condition, values)


@settings(max_examples=200, deadline=None)
@given(checks(), WORLDS)
def test_the_trace_of_a_check_agrees_with_the_decision(
    check: Check, values: Mapping[str, Value]
) -> None:
    (seen,) = clauses(check, values)
    assert seen.holds is compile_rule(check).holds(values)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(CONDITIONS, WORLDS)
def test_what_may_hold_at_a_zone_agrees_where_no_customer_is_asked(
    condition: Condition, values: Mapping[str, Value]
) -> None:
    may, may_not = possible(condition, values, held=False)
    assert may is interpret(condition, values)
    assert may_not is interpret(Not(condition), values)


def test_a_rule_is_known_by_its_condition() -> None:
    check = Check("zone.open", Operator.EQ, True)
    assert compile_rule(check) == compile_rule(check)
    assert compile_rule(check) != compile_rule(Not(check))
    assert compile_rule(Not(check)).fields == ("zone.open",)
