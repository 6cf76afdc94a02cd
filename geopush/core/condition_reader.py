"""Reading conditions: JSON to a tree, or everything that is wrong with it."""

from collections.abc import Collection
from typing import TypeGuard

from msgspec import Struct

from geopush.core.condition import (
    All,
    AnyOf,
    Check,
    Condition,
    Not,
    Operator,
    Scalar,
    Wanted,
)
from geopush.core.field import CHOICES, FieldKind, kind_of, known_fields
from geopush.core.problems import nearest, note_unknown, quoted
from geopush.core.reading import Reading
from zones import Problem

MOST_WORDS = 200
LONGEST_TEXT = 256
LARGEST = 10**15  # what every format that a trace is kept in can hold

_JOINERS = ("all", "any", "not")
_ORDERING = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE, Operator.BETWEEN)
_EQUALITY = (Operator.EQ, Operator.NE, Operator.IN, Operator.EXISTS)
OPERATORS: dict[FieldKind, tuple[Operator, ...]] = {
    FieldKind.NUMBER: (*_ORDERING, *_EQUALITY),
    FieldKind.FLAG: (Operator.EQ, Operator.NE, Operator.EXISTS),
    FieldKind.TEXT: (*_EQUALITY, Operator.CONTAINS),
    FieldKind.SKY: _EQUALITY,
    FieldKind.DAY: _EQUALITY,
    FieldKind.WORDS: (Operator.CONTAINS, Operator.IN, Operator.EXISTS),
    FieldKind.ANY: tuple(Operator),
}
LETTING_GO: dict[str, tuple[Operator, ...]] = {
    "off_below": (Operator.GTE, Operator.GT),
    "off_above": (Operator.LTE, Operator.LT),
}
_IN_WORDS = {
    FieldKind.NUMBER: "a number",
    FieldKind.FLAG: "true or false",
    FieldKind.TEXT: "text",
    **{kind: "one of " + quoted(words) for kind, words in CHOICES.items()},
    FieldKind.WORDS: "text",
    FieldKind.ANY: "text, a number, true or false",
}


def parse_condition(
    raw: object, path: str, problems: list[Problem], *, roots: Collection[str]
) -> Condition | None:
    """Return the tree of a decoded condition, or None with its problems noted."""
    reading = Reading(problems, roots)
    return reading.end(_Reader(reading).node(raw, path, 1), path)


class _Question(Struct, frozen=True):
    """What is asked of one field."""

    field: str
    kind: FieldKind
    asked: dict[str, object]
    path: str


class _Unfit(Struct, frozen=True):
    """A constant that does not fit, and why."""

    text: str
    meant: str | None = None


class _Reader:
    """Reads the parts of one condition."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def node(self, raw: object, path: str, depth: int) -> Condition | None:
        if not self._reading.enter(path, depth):
            return None
        if not isinstance(raw, dict) or not raw:
            text = 'must be an object such as {"weather.temperature_c": {"gte": 22}}'
            self._reading.refuse(path, "condition_malformed", text)
            return None
        joiners = [word for word in _JOINERS if word in raw]
        if joiners and len(raw) > 1:
            text = f'has "{joiners[0]}" beside other keys; put them in one "all" list'
            self._reading.refuse(path, "condition_malformed", text)
            return None
        if not joiners:
            return self._leaves(raw, path) if self._reading.has_room(len(raw)) else None
        inner = f"{path}.{joiners[0]}"
        if joiners == ["not"]:
            part = self.node(raw["not"], inner, depth + 1)
            return None if part is None else Not(part)
        parts = self._parts(raw[joiners[0]], inner, depth)
        return All(parts) if joiners == ["all"] else AnyOf(parts)

    def _parts(self, raw: object, path: str, depth: int) -> tuple[Condition, ...]:
        if not isinstance(raw, list) or not raw:
            text = "must be a list with at least one condition"
            self._reading.refuse(path, "condition_malformed", text)
            return ()
        if not self._reading.has_room(len(raw)):
            return ()
        read = [
            self.node(one, f"{path}[{index}]", depth + 1)
            for index, one in enumerate(raw)
        ]
        return tuple(one for one in read if one is not None)

    def _leaves(self, raw: dict[str, object], path: str) -> Condition | None:
        checks = [
            check
            for field, asked in raw.items()
            for check in self._field(field, asked, f"{path}.{field[:100]}")
        ]
        self._reading.count(len(checks) - 1)
        return checks[0] if len(checks) == 1 else All(tuple(checks))

    def _field(self, field: str, asked: object, path: str) -> list[Check]:
        kind = kind_of(field, self._reading.roots)
        if kind is None:
            known = known_fields(self._reading.roots)
            code = "condition_unknown_field"
            note_unknown(self._reading.problems, path, code, "field", field, known)
            return []
        if not isinstance(asked, dict) or not asked.keys() - LETTING_GO:
            hint = quoted([str(word) for word in OPERATORS[kind]])
            text = f"must be an object with at least one of {hint}"
            self._reading.refuse(path, "condition_malformed", text)
            return []
        if not self._reading.has_room(len(asked)):
            return []
        question = _Question(field, kind, asked, path)
        return [check for word in asked if (check := self._read_check(question, word))]

    def _read_check(self, question: _Question, word: str) -> Check | None:
        place = f"{question.path}.{word[:100]}"
        if word in LETTING_GO:
            self._check_off(question, word)
            return None
        if word not in OPERATORS[question.kind]:
            known = [str(one) for one in OPERATORS[question.kind]] + list(LETTING_GO)
            code = "condition_unknown_operator"
            note_unknown(self._reading.problems, place, code, "operator", word, known)
            return None
        operator = Operator(word)
        wanted = _wanted(operator, question.kind, question.asked[word])
        if isinstance(wanted, _Unfit):
            self._reading.refuse(
                place, "condition_wrong_constant", wanted.text, wanted.meant
            )
            return None
        return Check(question.field, operator, wanted, _off(operator, question.asked))

    def _check_off(self, question: _Question, word: str) -> None:
        """Letting go must lie on the other side of taking hold, or it would flap."""
        off = question.asked[word]
        place = f"{question.path}.{word}"
        holds = [
            question.asked[one] for one in LETTING_GO[word] if one in question.asked
        ]
        if not holds:
            text = f"goes with {quoted(LETTING_GO[word])} only"
            self._reading.refuse(place, "condition_malformed", text)
        elif question.kind is not FieldKind.NUMBER or not _is_number(off):
            text = "must be a number, for a field that is a number"
            self._reading.refuse(place, "condition_wrong_constant", text)
        elif any(_is_number(one) and not _lets_go(word, off, one) for one in holds):
            side = "above" if word == "off_below" else "below"
            text = f"must not lie {side} the value where the condition takes hold"
            self._reading.refuse(place, "condition_wrong_constant", text)


def _wanted(operator: Operator, kind: FieldKind, raw: object) -> Wanted | _Unfit:
    match operator:
        case Operator.EXISTS:
            return raw if isinstance(raw, bool) else _Unfit("must be true or false")
        case Operator.IN:
            return _list(kind, raw, 1, MOST_WORDS)
        case Operator.BETWEEN:
            return _bounds(kind, raw)
        case Operator.CONTAINS:
            return _constant(FieldKind.TEXT, raw)
        case _:
            return _constant(kind, raw)


def _bounds(kind: FieldKind, raw: object) -> Wanted | _Unfit:
    bounds = _list(kind, raw, 2, 2)
    if isinstance(bounds, _Unfit):
        return bounds
    low, high = bounds
    if _is_number(low) and _is_number(high) and low <= high:
        return bounds
    return _Unfit("must be two numbers, the lower one first")


def _list(
    kind: FieldKind, raw: object, least: int, most: int
) -> tuple[Scalar, ...] | _Unfit:
    if not isinstance(raw, list) or not least <= len(raw) <= most:
        return _Unfit(f"must be a list of {least} to {most} values")
    constants: list[Scalar] = []
    for one in raw:
        constant = _constant(kind, one)
        if isinstance(constant, _Unfit):
            return constant
        constants.append(constant)
    return tuple(constants)


def _constant(kind: FieldKind, raw: object) -> Scalar | _Unfit:
    fits = {
        FieldKind.NUMBER: _is_number(raw),
        FieldKind.FLAG: isinstance(raw, bool),
        FieldKind.TEXT: _is_text(raw),
        **{kind: raw in words for kind, words in CHOICES.items()},
        FieldKind.WORDS: _is_text(raw),
        FieldKind.ANY: _is_number(raw) or isinstance(raw, bool) or _is_text(raw),
    }
    if fits[kind] and isinstance(raw, str | int | float):
        return raw
    meant = nearest(raw, CHOICES.get(kind, ())) if _is_text(raw) else None
    return _Unfit(f"must be {_IN_WORDS[kind]}", meant)


def _is_text(raw: object) -> TypeGuard[str]:
    return isinstance(raw, str) and len(raw) <= LONGEST_TEXT and "\x00" not in raw


def _is_number(raw: object) -> TypeGuard[float]:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return False
    return abs(raw) <= LARGEST


def _lets_go(word: str, off: float, takes_hold: float) -> bool:
    return off <= takes_hold if word == "off_below" else off >= takes_hold


def _off(operator: Operator, asked: dict[str, object]) -> float | None:
    for word, operators in LETTING_GO.items():
        off = asked.get(word)
        if operator in operators and _is_number(off):
            return float(off)
    return None
