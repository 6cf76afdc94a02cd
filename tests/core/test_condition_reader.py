"""Conditions that are refused: what is wrong, where, and what was probably meant."""

import pytest

from geopush.core.condition_reader import parse_condition
from zones import Problem

ROOTS = ("attributes", "customer", "weather", "zone")
WARM = {"weather.temperature_c": {"gte": 22}}
DAY = {"weather.is_day": {"eq": True}}


def problems_of(raw: object) -> list[Problem]:
    problems: list[Problem] = []
    condition = parse_condition(raw, "$.conditions", problems, roots=ROOTS)
    assert (condition is None) is bool(problems)
    return problems


@pytest.mark.parametrize(
    ("raw", "path", "code"),
    [
        ([], "", "condition_malformed"),
        ({}, "", "condition_malformed"),
        ({"all": []}, ".all", "condition_malformed"),
        ({"all": WARM}, ".all", "condition_malformed"),
        ({"all": [WARM], **DAY}, "", "condition_malformed"),
        ({"all": [WARM], "any": [DAY]}, "", "condition_malformed"),
        ({"zone.open": True}, ".zone.open", "condition_malformed"),
        ({"zone.open": {}}, ".zone.open", "condition_malformed"),
        ({"offer.name": {"eq": "x"}}, ".offer.name", "condition_unknown_field"),
        ({"attributes.": {"eq": 1}}, ".attributes.", "condition_unknown_field"),
        ({"attributes": {"eq": 1}}, ".attributes", "condition_unknown_field"),
        (
            {"weather.is_day": {"gte": 1}},
            ".weather.is_day.gte",
            "condition_unknown_operator",
        ),
        ({"zone.tags": {"eq": "a"}}, ".zone.tags.eq", "condition_unknown_operator"),
        (
            {"weather.wind_ms": {"gte": "9"}},
            ".weather.wind_ms.gte",
            "condition_wrong_constant",
        ),
        (
            {"weather.wind_ms": {"gte": True}},
            ".weather.wind_ms.gte",
            "condition_wrong_constant",
        ),
        ({"weather.sky": {"eq": 3}}, ".weather.sky.eq", "condition_wrong_constant"),
        ({"weather.sky": {"in": []}}, ".weather.sky.in", "condition_wrong_constant"),
        (
            {"attributes.x": {"in": list(range(201))}},
            ".attributes.x.in",
            "condition_wrong_constant",
        ),
        (
            {"weather.wind_ms": {"between": [9, 3]}},
            ".weather.wind_ms.between",
            "condition_wrong_constant",
        ),
        (
            {"weather.wind_ms": {"between": [1, 2, 3]}},
            ".weather.wind_ms.between",
            "condition_wrong_constant",
        ),
        (
            {"attributes.x": {"gt": 10**16}},
            ".attributes.x.gt",
            "condition_wrong_constant",
        ),
        ({"zone.open": {"exists": 1}}, ".zone.open.exists", "condition_wrong_constant"),
        (
            {"attributes.x": {"eq": "\x00"}},
            ".attributes.x.eq",
            "condition_wrong_constant",
        ),
        (
            {"weather.wind_ms": {"gte": 5, "off_below": 6}},
            ".weather.wind_ms.off_below",
            "condition_wrong_constant",
        ),
        (
            {"weather.wind_ms": {"lte": 5, "off_above": 4}},
            ".weather.wind_ms.off_above",
            "condition_wrong_constant",
        ),
        (
            {"weather.wind_ms": {"gte": 5, "off_below": "x"}},
            ".weather.wind_ms.off_below",
            "condition_wrong_constant",
        ),
        (
            {"weather.wind_ms": {"lte": 5, "off_below": 4}},
            ".weather.wind_ms.off_below",
            "condition_malformed",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    raw: object, path: str, code: str
) -> None:
    assert [(one.path, one.code) for one in problems_of(raw)] == [
        ("$.conditions" + path, code)
    ]


def test_everything_wrong_is_told_at_once_and_misspelt_words_are_guessed() -> None:
    raw = {
        "all": [
            {"weather.temprature_c": {"gte": 22}},
            {"weather.sky": {"in": ["claer"]}},
            {"weather.wind_ms": {"gtee": 3}},
        ]
    }
    assert [(one.path, one.suggestion) for one in problems_of(raw)] == [
        ("$.conditions.all[0].weather.temprature_c", "weather.temperature_c"),
        ("$.conditions.all[1].weather.sky.in", "clear"),
        ("$.conditions.all[2].weather.wind_ms.gtee", "gte"),
    ]


def nested(depth: int) -> object:
    raw: object = WARM
    for _ in range(depth):
        raw = {"not": raw}
    return raw


def test_eight_levels_are_taken_and_nine_are_not() -> None:
    assert not problems_of(nested(7))
    assert [one.code for one in problems_of(nested(8))] == ["condition_too_deep"]


def test_sixty_four_parts_are_taken_and_more_are_not() -> None:
    assert not problems_of({"all": [WARM] * 63})
    letting_go = {"weather.wind_ms": {"gte": 5, "off_below": 4}}
    assert not problems_of({"all": [letting_go] * 63})
    assert problems_of({"all": [{"weather.wind_ms": {"gte": 5, "lt": 9}}] * 63})
    assert [one.code for one in problems_of({"all": [WARM] * 64})] == [
        "condition_too_large"
    ]


@pytest.mark.parametrize(
    "raw",
    [
        {"all": [{}] * 100_000},
        {f"weather.x{number}": {"gte": 1} for number in range(100_000)},
        {"zone.open": {f"x{number}": 1 for number in range(100_000)}},
        {"attributes.x": {"in": list(range(1_000_000))}},
        nested(100_000),
    ],
    ids=["parts", "fields", "operators", "values", "depth"],
)
def test_far_too_much_is_refused(raw: object) -> None:
    assert problems_of(raw)
