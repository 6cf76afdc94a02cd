"""Bodies that are no offers, and offers with anything anywhere: refused or taken."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopush.core.compose import compose
from geopush.core.offer import Refusal, parse_offer
from tests.core.sample_offers import ICE_CREAM, PLAIN, a_message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'"\\ud800"',
        b'{"priority": NaN}',
        b'{"priority": 1e400}',
        b"[" * 100_000,
        b'{"name": ' + b"[" * 100_000,
        b"1" * 100_000,
        b"null",
        b"[]",
        b'"text"',
        b" " * 300_000,
        msgspec.json.encode({f"x{number}": 1 for number in range(20_000)}),
        msgspec.json.encode(
            PLAIN
            | {"message": a_message(title={f"a{n}": "{{x}}" for n in range(9000)})}
        ),
        msgspec.json.encode(PLAIN | {"message": a_message(data=[[[[[]]]]])}),
    ],
    ids=range(16),
)
def test_a_body_that_is_no_offer_is_refused_whatever_it_is(body: bytes) -> None:
    refusal = parse_offer("x", body)
    assert isinstance(refusal, Refusal)
    assert refusal.unreadable
    assert refusal.problems


def places(
    raw: object, path: tuple[str | int, ...] = ()
) -> list[tuple[str | int, ...]]:
    """List every place in a document."""
    items: list[tuple[str | int, object]] = []
    if isinstance(raw, dict):
        items = list(raw.items())
    elif isinstance(raw, list):
        items = list(enumerate(raw))
    below = [place for key, one in items for place in places(one, (*path, key))]
    return [path, *below]


def with_change(raw: object, path: tuple[str | int, ...], change: object) -> object:
    """Copy a document with another value at a place."""
    if not path:
        return change
    if isinstance(raw, dict):
        key = str(path[0])
        return raw | {key: with_change(raw[key], path[1:], change)}
    assert isinstance(raw, list)
    return [
        with_change(one, path[1:], change) if index == path[0] else one
        for index, one in enumerate(raw)
    ]


PLACES = places(ICE_CREAM)
ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 10**30, 1.5, 1e300, "", "x", "\x00", "{{", "{% if %}", "PT0S"]
) | st.sampled_from([[], {}, [[]], [None], {"": None}, {"all": {}}, {"en": "{{x}}"}])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=3))
def test_whatever_stands_anywhere_is_either_taken_or_told(
    changes: list[tuple[tuple[str | int, ...], object]],
) -> None:
    raw: object = ICE_CREAM
    for place, change in changes:
        if place in places(raw):
            raw = with_change(raw, place, change)
    answer = parse_offer("ice", msgspec.json.encode(raw))
    if isinstance(answer, Refusal):
        assert answer.problems
        assert all(one.path.startswith("$") and one.text for one in answer.problems)
    else:
        assert answer.document == raw
        assert b"\x00" not in repr(answer).encode()
        rule = answer.conditions
        msgspec.msgpack.encode(None if rule is None else rule.condition)
        compose(answer, {"zone.name": "x", "weather.temperature_c": 22.5}, "en")


def test_a_body_larger_than_any_offer_needs_is_not_even_read() -> None:
    refusal = parse_offer("x", msgspec.json.encode(PLAIN) + b" " * 262_144)
    assert isinstance(refusal, Refusal)
    assert [one.code for one in refusal.problems] == ["too_large"]
