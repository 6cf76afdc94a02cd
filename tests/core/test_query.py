"""Conditions of a query builder: in, out, and what cannot be expressed."""

from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given, settings

from geopush.core.condition import All, AnyOf, Check, Condition, Not, Operator, Value
from geopush.core.condition_reader import parse_condition
from geopush.core.query_reader import read_query
from geopush.core.query_writer import write_query
from geopush.core.rule import compile_rule
from tests.core.plain import CONDITIONS, WORLDS
from zones import Problem

ROOTS = ("attributes", "counters", "customer", "time", "weather", "zone")


def read(rule: dict[str, object]) -> Condition:
    """What a query of one rule is read as."""
    problems: list[Problem] = []
    raw = {"combinator": "and", "rules": [rule]}
    condition = read_query(raw, "$", problems, roots=ROOTS)
    assert condition is not None, problems
    return condition


def problems_of(raw: object) -> list[tuple[str, str]]:
    problems: list[Problem] = []
    assert read_query(raw, "$.conditions", problems, roots=ROOTS) is None
    return [(one.path.removeprefix("$.conditions"), one.code) for one in problems]


def a_rule(**changed: object) -> dict[str, object]:
    return {"field": "weather.wind_ms", "operator": ">", "value": 3} | changed


def group(*rules: object, **changed: object) -> dict[str, object]:
    return {"combinator": "and", "rules": list(rules)} | changed


TEXT = "attributes.city"
NUMBER = "weather.temperature_c"


@pytest.mark.parametrize(
    ("field", "operator", "value", "check"),
    [
        (NUMBER, "=", 3, Check(NUMBER, Operator.EQ, 3)),
        (NUMBER, "=", "3", Check(NUMBER, Operator.EQ, 3)),
        (NUMBER, ">=", "21.5", Check(NUMBER, Operator.GTE, 21.5)),
        (TEXT, "=", "3", Check(TEXT, Operator.EQ, "3")),
        (TEXT, "!=", "Ede", Check(TEXT, Operator.NE, "Ede")),
        ("zone.open", "=", "true", Check("zone.open", Operator.EQ, True)),
        (NUMBER, "between", "3, 5", Check(NUMBER, Operator.BETWEEN, (3, 5))),
        (NUMBER, "between", [3, "5"], Check(NUMBER, Operator.BETWEEN, (3, 5))),
        (NUMBER, "notBetween", [3, 5], Not(Check(NUMBER, Operator.BETWEEN, (3, 5)))),
        (TEXT, "in", "Ede, Urk", Check(TEXT, Operator.IN, ("Ede", "Urk"))),
        (TEXT, "notIn", ["Ede"], Not(Check(TEXT, Operator.IN, ("Ede",)))),
        (TEXT, "contains", "de", Check(TEXT, Operator.CONTAINS, "de")),
        (TEXT, "doesNotContain", "de", Not(Check(TEXT, Operator.CONTAINS, "de"))),
        (TEXT, "null", None, Check(TEXT, Operator.EXISTS, False)),
        (TEXT, "notNull", "ignored", Check(TEXT, Operator.EXISTS, True)),
    ],
)
def test_a_rule_of_a_query_is_a_check(
    field: str, operator: str, value: object, check: Condition
) -> None:
    rule = {"id": "r1", "field": field, "operator": operator, "value": value}
    assert repr(read(rule)) == repr(check)  # 1, 1.0 and True are not the same here


def simple(condition: Condition) -> Condition:
    """A condition without groups of one, which a query cannot tell from their rule."""
    match condition:
        case Check():
            return condition
        case Not(part=part):
            return Not(simple(part))
        case All(parts=(only,)) | AnyOf(parts=(only,)):
            return simple(only)
        case All(parts=parts):
            return All(tuple(simple(one) for one in parts))
        case AnyOf(parts=parts):
            return AnyOf(tuple(simple(one) for one in parts))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(CONDITIONS, WORLDS)
def test_what_is_written_as_a_query_is_read_as_the_same(
    condition: Condition, values: Mapping[str, Value]
) -> None:
    query = msgspec.json.decode(msgspec.json.encode(write_query(condition)))
    problems: list[Problem] = []
    again = read_query(query, "$", problems, roots=["zone.metadata"])
    if again is None:
        codes = {one.code for one in problems}
        assert codes <= {"condition_too_deep", "condition_too_large"}
        return
    assert repr(again) == repr(simple(condition))
    assert compile_rule(again).holds(values) is compile_rule(condition).holds(values)


def test_where_a_rule_lets_go_is_kept_both_ways() -> None:
    problems: list[Problem] = []
    raw = {"all": [{NUMBER: {"gte": 22, "off_below": 21}}, {NUMBER: {"lt": 30}}]}
    condition = parse_condition(raw, "$", problems, roots=ROOTS)
    assert condition is not None
    query = write_query(condition)
    assert query["rules"] == [
        {"field": NUMBER, "operator": ">=", "value": 22, "off_below": 21.0},
        {"field": NUMBER, "operator": "<", "value": 30},
    ]
    assert read_query(query, "$", problems, roots=ROOTS) == condition


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (group(), [(".rules", "query_malformed")]),
        (group(a_rule(), combinator="xor"), [(".combinator", "query_malformed")]),
        (group(a_rule(), combinator=None), [(".combinator", "query_malformed")]),
        (group(a_rule(), "and", a_rule()), [(".rules[1]", "query_malformed")]),
        (group(a_rule(), **{"not": 1}), [(".not", "query_malformed")]),
        (group(a_rule(), muted=True), [(".muted", "query_malformed")]),
        (group(a_rule(muted=True)), [(".rules[0].muted", "query_malformed")]),
        (group(a_rule(field=3)), [(".rules[0]", "query_malformed")]),
        (
            group(a_rule(valueSource="field")),
            [(".rules[0].valueSource", "query_malformed")],
        ),
        (group(a_rule(match={})), [(".rules[0].match", "query_malformed")]),
        (
            group(a_rule(operator="beginsWith")),
            [(".rules[0].operator", "condition_unknown_operator")],
        ),
        (
            group(a_rule(field="zone.open")),
            [(".rules[0].operator", "condition_unknown_operator")],
        ),
        (
            group(a_rule(field="weather.wind")),
            [(".rules[0].field", "condition_unknown_field")],
        ),
        (
            group(a_rule(value="much")),
            [(".rules[0].value", "condition_wrong_constant")],
        ),
        (
            group(a_rule(off_below=9)),
            [(".rules[0].off_below", "condition_wrong_constant")],
        ),
        (
            group(group(a_rule(operator="=~"), a_rule(value=None))),
            [
                (".rules[0].rules[0].operator", "condition_unknown_operator"),
                (".rules[0].rules[1].value", "condition_wrong_constant"),
            ],
        ),
    ],
)
def test_what_cannot_be_expressed_is_named_with_its_place(
    raw: object, found: list[tuple[str, str]]
) -> None:
    assert problems_of(raw) == found


def test_a_query_has_the_limits_of_a_condition() -> None:
    nested: dict[str, object] = group(a_rule())
    for _ in range(7):
        nested = group(nested, **{"not": True})
    assert {code for _, code in problems_of(nested)} == {"condition_too_deep"}
    assert problems_of(group(*[a_rule()] * 64)) == [("", "condition_too_large")]
    assert problems_of(group(*[a_rule()] * 100_000)) == [("", "condition_too_large")]
