"""Conditions: three answers, and everything that is wrong with one at once."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopush.core.condition import (
    Condition,
    Operator,
    Value,
    clauses,
    fields,
)
from geopush.core.condition_reader import parse_condition
from geopush.core.rule import compile_rule
from zones import Problem

ROOTS = ("attributes", "customer", "weather", "zone")


def holds(condition: Condition, values: Mapping[str, Value]) -> bool | None:
    return compile_rule(condition).holds(values)


def read(raw: object) -> Condition:
    problems: list[Problem] = []
    condition = parse_condition(raw, "$", problems, roots=ROOTS)
    assert condition is not None, problems
    return condition


WARM = {"weather.temperature_c": {"gte": 22}}
DAY = {"weather.is_day": {"eq": True}}


@pytest.mark.parametrize(
    ("raw", "values", "answer"),
    [
        (WARM, {"weather.temperature_c": 22}, True),
        (WARM, {"weather.temperature_c": 21.9}, False),
        (WARM, {}, None),
        (WARM, {"weather.temperature_c": None}, None),
        ({"not": WARM}, {}, None),
        ({"not": WARM}, {"weather.temperature_c": 30.0}, False),
        ({"all": [WARM, DAY]}, {"weather.is_day": False}, False),
        ({"all": [WARM, DAY]}, {"weather.is_day": True}, None),
        ({"any": [WARM, DAY]}, {"weather.is_day": True}, True),
        ({"any": [WARM, DAY]}, {"weather.is_day": False}, None),
        ({**WARM, **DAY}, {"weather.temperature_c": 25, "weather.is_day": True}, True),
        (
            {"weather.temperature_c": {"gt": 1, "lt": 5}},
            {"weather.temperature_c": 5},
            False,
        ),
        (
            {"weather.temperature_c": {"lte": 5}},
            {"weather.temperature_c": 5},
            True,
        ),
        ({"weather.uv_index": {"between": [3, 6]}}, {"weather.uv_index": 6}, True),
        ({"weather.uv_index": {"between": [3, 6]}}, {"weather.uv_index": 6.1}, False),
        ({"weather.uv_index": {"between": [3, 6]}}, {"weather.uv_index": 2.9}, False),
        ({"weather.sky": {"in": ["clear", "fog"]}}, {"weather.sky": "fog"}, True),
        ({"weather.sky": {"ne": "clear"}}, {"weather.sky": "fog"}, True),
        ({"zone.tags": {"contains": "bar"}}, {"zone.tags": ("bar", "x")}, True),
        ({"zone.tags": {"in": ["a", "b"]}}, {"zone.tags": ("b",)}, True),
        ({"zone.tags": {"in": ["a", "b"]}}, {"zone.tags": ()}, False),
        ({"zone.name": {"contains": "Blue"}}, {"zone.name": "The Blue Duck"}, True),
        ({"zone.open": {"exists": False}}, {}, True),
        ({"zone.open": {"exists": True}}, {}, False),
        ({"zone.open": {"exists": True}}, {"zone.open": False}, True),
        ({"attributes.since": {"lt": "2026-01"}}, {"attributes.since": "2025"}, True),
    ],
)
def test_a_condition_holds_does_not_or_nobody_knows(
    raw: object, values: Mapping[str, Value], answer: bool | None
) -> None:
    assert holds(read(raw), values) is answer


@pytest.mark.parametrize(
    ("wanted", "observed", "answer"),
    [
        ({"eq": True}, 1, False),
        ({"eq": 1}, True, False),
        ({"ne": 1}, True, True),
        ({"in": [1, 2]}, True, False),
        ({"eq": "1"}, 1, False),
        ({"eq": 1}, 1.0, True),
        ({"gte": 1}, True, None),
        ({"gte": 1}, "2", None),
        ({"lt": "b"}, 1, None),
        ({"between": [0, 2]}, "1", None),
        ({"eq": "a"}, ("a",), None),
        ({"contains": "a"}, 5, None),
    ],
)
def test_values_of_another_kind_never_pass_for_each_other(
    wanted: object, observed: Value, answer: bool | None
) -> None:
    condition = read({"attributes.x": wanted})
    assert holds(condition, {"attributes.x": observed}) is answer


def test_the_trace_shows_every_check_with_what_it_saw() -> None:
    condition = read({"any": [WARM, {"not": DAY}]})
    seen = clauses(condition, {"weather.temperature_c": 20.0})
    assert [(one.field, one.operator, one.wanted) for one in seen] == [
        ("weather.temperature_c", Operator.GTE, 22),
        ("weather.is_day", Operator.EQ, True),
    ]
    assert [(one.observed, one.holds) for one in seen] == [(20.0, False), (None, None)]


def test_a_condition_names_the_fields_it_asks_for_once_and_in_order() -> None:
    condition = read({"all": [DAY, WARM, {"not": DAY}]})
    assert fields(condition) == ("weather.is_day", "weather.temperature_c")


def test_where_a_condition_lets_go_is_kept() -> None:
    raw = {"weather.temperature_c": {"gte": 22, "off_below": 21}}
    assert repr(read(raw)).endswith("wanted=22, off=21.0)")


leaves = st.sampled_from([WARM, DAY, {"weather.temperature_c": {"lt": 15}}])
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
    ),
    max_leaves=6,
)


def plainly(raw: dict[str, object], world: Mapping[str, Value]) -> bool:
    """Evaluate a condition whose values are all known, in the plainest way."""
    (word, inner), *_ = raw.items()
    match word, inner:
        case "not", dict():
            return not plainly(inner, world)
        case "all", list():
            return all(plainly(one, world) for one in inner)
        case "any", list():
            return any(plainly(one, world) for one in inner)
        case "weather.is_day", _:
            return world[word] is True
        case _:
            degrees = world["weather.temperature_c"]
            assert isinstance(degrees, int | float)
            return degrees >= 22 if raw == WARM else degrees < 15


@settings(max_examples=100, deadline=None)
@given(trees, st.sampled_from([None, 10, 18, 30]), st.sampled_from([None, True, False]))
def test_an_answer_is_one_that_no_missing_value_can_change(
    raw: dict[str, object], degrees: int | None, day: bool | None
) -> None:
    problems: list[Problem] = []
    condition = parse_condition(raw, "$", problems, roots=ROOTS)
    if condition is None:
        assert {one.code for one in problems} <= {"condition_too_deep"}
        return
    seen = {"weather.temperature_c": degrees, "weather.is_day": day}
    answer = holds(condition, seen)
    possible = {
        plainly(raw, {"weather.temperature_c": warmth, "weather.is_day": light})
        for warmth in ([10, 18, 30] if degrees is None else [degrees])
        for light in ([True, False] if day is None else [day])
    }
    if answer is not None:
        assert possible == {answer}
    if None not in seen.values():
        assert answer is not None
