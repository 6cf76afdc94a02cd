"""JSON against its shape: all that does not fit, each with its place."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import pytest
from msgspec import Meta, Struct, field

from geopush.core.problems import note_unknown
from geopush.core.shape import MISFITS, piece, pieces, read
from zones import Problem


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Inner(Struct, frozen=True, forbid_unknown_fields=True):
    number: Annotated[int, Meta(ge=1, le=9)]


class Outer(Struct, frozen=True, forbid_unknown_fields=True):
    inner: Inner
    name: Annotated[str, Meta(min_length=1, max_length=3)] = "x"
    colours: Annotated[tuple[Colour, ...], Meta(max_length=2)] = ()
    at: Annotated[datetime, Meta(tz=True)] | None = None
    day: date | None = field(default=None, name="from")
    span: timedelta | None = None
    pair: tuple[str, str] | None = None
    flags: dict[str, bool] = {}
    loose: dict[Annotated[str, Meta(max_length=2)], str | int | float] = {}
    clock: Annotated[str, Meta(pattern="^..:..$", description="a time")] | None = None
    anything: object = None
    share: float = 0.0


FINE = {"inner": {"number": 3}}


def test_what_fits_is_read() -> None:
    problems: list[Problem] = []
    raw = FINE | {
        "from": "2026-05-01",
        "span": "PT24H",
        "loose": {"a": 1.5},
        "share": 1,
    }
    outer = read(raw, Outer, "$", problems)
    assert problems == []
    assert outer is not None
    assert (outer.day, outer.span) == (date(2026, 5, 1), timedelta(days=1))


@pytest.mark.parametrize(
    ("changed", "path", "code", "text"),
    [
        ({"inner": {}}, "$.inner.number", "missing_field", "add it"),
        ({"inner": 5}, "$.inner", "wrong_type", "is 5; it must be an object"),
        ({"inner": {"number": 0}}, "$.inner.number", "out_of_range", "from 1 to 9"),
        ({"inner": {"number": True}}, "$.inner.number", "wrong_type", "true or false;"),
        ({"inner": {"number": 1.5}}, "$.inner.number", "wrong_type", "is 1.5;"),
        ({"name": ""}, "$.name", "out_of_range", "1 to 3 plain characters"),
        ({"name": "x" * 99}, "$.name", "out_of_range", 'x..."'),
        ({"nam": "x"}, "$.nam", "unknown_field", 'try "name"'),
        ({"colours": ["red"] * 3}, "$.colours", "wrong_length", "has 3 entries"),
        ({"colours": ["gren"]}, "$.colours[0]", "unknown_word", 'try "green"'),
        ({"colours": [1]}, "$.colours[0]", "wrong_type", 'one of "red", "green"'),
        ({"colours": "red"}, "$.colours", "wrong_type", "must be a list"),
        ({"at": "2026-05-01T12:00:00"}, "$.at", "wrong_type", "with an offset"),
        ({"at": 5}, "$.at", "wrong_type", "with an offset"),
        ({"from": "2026-02-30"}, "$.from", "wrong_type", "a date such as"),
        ({"span": "1 day"}, "$.span", "wrong_type", "a duration such as"),
        ({"span": 60}, "$.span", "wrong_type", "a duration such as"),
        ({"pair": ["a"]}, "$.pair", "wrong_type", "a list of 2"),
        ({"pair": ["a", 5]}, "$.pair[1]", "wrong_type", "is 5; it must be text"),
        ({"flags": {"a": 1}}, "$.flags.a", "wrong_type", "true or false"),
        ({"flags": []}, "$.flags", "wrong_type", "an object"),
        ({"loose": {"a": None}}, "$.loose.a", "wrong_type", "is null"),
        ({"loose": {"abc": 1}}, "$.loose.abc", "out_of_range", "0 to 2"),
        ({"clock": "noon"}, "$.clock", "wrong_type", "it must be a time"),
        ({"share": "1"}, "$.share", "wrong_type", "must be a number"),
    ],
)
def test_what_does_not_fit_says_where_what_and_how_to_mend_it(
    changed: dict[str, object], path: str, code: str, text: str
) -> None:
    problems: list[Problem] = []
    assert read(FINE | changed, Outer, "$", problems) is None
    assert [(one.path, one.code) for one in problems] == [(path, code)]
    assert text in problems[0].text
    assert code in MISFITS


def test_all_that_does_not_fit_is_told_at_once() -> None:
    problems: list[Problem] = []
    raw = {"name": 5, "colours": ["red", "blue"], "inner": {"number": "x", "more": 1}}
    read(raw, Outer, "$", problems)
    assert [one.path for one in problems] == [
        "$.inner.more",
        "$.inner.number",
        "$.name",
        "$.colours[1]",
    ]


def test_parts_that_fit_are_found_beside_parts_that_do_not() -> None:
    raw = {"good": {"number": 1}, "bad": {"number": 0}, "none": None}
    assert piece(raw, "good", Inner) == Inner(1)
    assert piece(raw, "bad", Inner) is None
    assert piece(raw, "none", Inner) is None
    assert piece([], "good", Inner) is None
    listed = {"all": [{"number": 0}, {"number": 2}, None]}
    assert pieces(listed, "all", Inner) == [(1, Inner(2))]
    assert pieces(listed, "some", Inner) == []


def test_only_the_first_hundred_misspelt_words_are_guessed() -> None:
    problems: list[Problem] = []
    for _ in range(101):
        note_unknown(problems, "$", "unknown_word", "word", "gren", list(Colour))
    assert problems[99].suggestion == "green"
    assert problems[100].suggestion is None
