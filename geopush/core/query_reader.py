"""Reading conditions as react-querybuilder writes them: groups of rules.

Each rule is read by the same reader as a condition written by hand, so that both know
the same fields, and a problem names the part of the query that it is about.
"""

from collections.abc import Collection

import msgspec
from msgspec.structs import replace

from geopush.core.condition import All, AnyOf, Condition, Not, Operator
from geopush.core.condition_reader import LETTING_GO, OPERATORS, parse_condition
from geopush.core.field import FieldKind, kind_of
from geopush.core.problems import note_unknown, quoted
from geopush.core.reading import Reading
from zones import Problem

# A query's operator, ours, and whether it is ours denied.
READ_AS: dict[str, tuple[Operator, bool]] = {
    "=": (Operator.EQ, False),
    "!=": (Operator.NE, False),
    "<": (Operator.LT, False),
    "<=": (Operator.LTE, False),
    ">": (Operator.GT, False),
    ">=": (Operator.GTE, False),
    "in": (Operator.IN, False),
    "notIn": (Operator.IN, True),
    "between": (Operator.BETWEEN, False),
    "notBetween": (Operator.BETWEEN, True),
    "contains": (Operator.CONTAINS, False),
    "doesNotContain": (Operator.CONTAINS, True),
    "notNull": (Operator.EXISTS, False),
    "null": (Operator.EXISTS, False),
}
COMBINATORS = ("and", "or")
_IGNORED = ("id", "path", "disabled")  # of the page that shows the query
_OF_GROUPS = ("combinator", "rules", "not", *_IGNORED)
_OF_RULES = ("field", "operator", "value", "valueSource", *LETTING_GO, *_IGNORED)
_ABOUT = {
    "condition_unknown_field": "field",
    "condition_unknown_operator": "operator",
    "condition_wrong_constant": "value",
}


def is_query(raw: object) -> bool:
    """Tell a query from a condition written by hand; no field is called like this."""
    return isinstance(raw, dict) and ("rules" in raw or "combinator" in raw)


def read_query(
    raw: object, path: str, problems: list[Problem], *, roots: Collection[str]
) -> Condition | None:
    """Return the tree of a decoded query, or None with its problems noted."""
    reading = Reading(problems, roots)
    return reading.end(_Reader(reading).group(raw, path, 1), path)


class _Reader:
    """Reads the groups and rules of one query."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def group(self, raw: object, path: str, depth: int) -> Condition | None:
        """Read a group; one with a single rule is that rule."""
        if not self._reading.enter(path, depth):
            return None
        if not isinstance(raw, dict):
            self._refuse(path, "must be a rule or a group of rules")
            return None
        self._check_keys(raw, path, _OF_GROUPS)
        denied, joined = raw.get("not", False), raw.get("combinator")
        if not isinstance(denied, bool):
            self._refuse(f"{path}.not", "must be true or false")
        if joined not in COMBINATORS:
            text = 'must be "and" or "or", the same for all rules of the group'
            self._refuse(f"{path}.combinator", text)
        parts = self._parts(raw.get("rules"), f"{path}.rules", depth)
        if not parts:
            return None
        together = All(parts) if joined == "and" else AnyOf(parts)
        whole = parts[0] if len(parts) == 1 else together
        return Not(whole) if denied else whole

    def _parts(self, raw: object, path: str, depth: int) -> tuple[Condition, ...]:
        if not isinstance(raw, list) or not raw:
            self._refuse(path, "must be a list with at least one rule")
            return ()
        if not self._reading.has_room(len(raw)):
            return ()
        read = [
            self.group(one, f"{path}[{index}]", depth + 1)
            if is_query(one)
            else self._rule(one, f"{path}[{index}]", depth + 1)
            for index, one in enumerate(raw)
        ]
        return tuple(one for one in read if one is not None)

    def _rule(self, raw: object, path: str, depth: int) -> Condition | None:
        if not self._reading.enter(path, depth):
            return None
        if not isinstance(raw, dict):
            text = "must be a rule or a group; one combinator holds for a whole group"
            self._refuse(path, text)
            return None
        self._check_keys(raw, path, _OF_RULES)
        if raw.get("valueSource", "value") != "value":
            text = "must be a value; two fields cannot be compared"
            self._refuse(f"{path}.valueSource", text)
        field, word = raw.get("field"), raw.get("operator")
        if not isinstance(field, str) or not isinstance(word, str):
            self._refuse(path, 'must have a "field" and an "operator"')
            return None
        return self._check(raw, field, word, path)

    def _check(
        self, rule: dict[str, object], field: str, word: str, path: str
    ) -> Condition | None:
        kind = kind_of(field, self._reading.roots) or FieldKind.ANY
        if word not in READ_AS or READ_AS[word][0] not in OPERATORS[kind]:
            known = [
                one for one, (ours, _) in READ_AS.items() if ours in OPERATORS[kind]
            ]
            place, code = f"{path}.operator", "condition_unknown_operator"
            note_unknown(self._reading.problems, place, code, "operator", word, known)
            return None
        operator, denied = READ_AS[word]
        asked: dict[str, object] = {str(operator): _value(rule, word, kind)}
        asked |= {one: rule[one] for one in LETTING_GO if one in rule}
        found: list[Problem] = []
        check = parse_condition({field: asked}, "$", found, roots=self._reading.roots)
        self._reading.problems += [_about(one, path) for one in found]
        return Not(check) if denied and check is not None else check

    def _check_keys(
        self, raw: dict[str, object], path: str, known: Collection[str]
    ) -> None:
        for key in raw:
            if key not in known:
                text = f'"{key[:100]}" cannot be expressed; known: {quoted(known)}'
                self._refuse(f"{path}.{key[:100]}", text)

    def _refuse(self, path: str, text: str) -> None:
        self._reading.refuse(path, "query_malformed", text)


def _value(rule: dict[str, object], word: str, kind: FieldKind) -> object:
    """The value as the kind of its field; pages often have texts for everything."""
    operator, _ = READ_AS[word]
    value = rule.get("value")
    if operator is Operator.EXISTS:
        return word == "notNull"
    if operator not in (Operator.IN, Operator.BETWEEN):
        return _converted(value, kind)
    if isinstance(value, str):
        value = [one.strip() for one in value.split(",") if one.strip()]
    if not isinstance(value, list):
        return value
    return [_converted(one, kind) for one in value]


def _converted(value: object, kind: FieldKind) -> object:
    wanted = {FieldKind.NUMBER: int | float, FieldKind.FLAG: bool}.get(kind)
    if wanted is None or not isinstance(value, str):
        return value
    try:
        return msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError:
        return value


def _about(problem: Problem, path: str) -> Problem:
    """The problem of one check, at the part of the rule that it is about."""
    part = problem.path.rpartition(".")[2]
    place = part if part in LETTING_GO else _ABOUT.get(problem.code)
    return replace(problem, path=path if place is None else f"{path}.{place}")
