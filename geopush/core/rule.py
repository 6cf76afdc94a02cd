"""A condition compiled once, when its offer is read: closures that only compare.

What takes part in a check (the field, the constant, how they compare) is bound when it
is compiled; the tree is kept for the trace.
"""

import operator
from collections.abc import Callable, Sequence

from msgspec import Struct

from geopush.core.condition import (
    All,
    AnyOf,
    Check,
    Condition,
    Not,
    Operator,
    Values,
    fields,
    passes,
)

Answer = bool | None
Test = Callable[[Values], Answer]


class Rule(Struct, frozen=True, eq=False):
    """A condition ready to be asked, and the fields that it asks for.

    ``holds`` says whether it holds; None if what is missing decides.
    """

    condition: Condition
    fields: tuple[str, ...]
    roots: frozenset[str]
    holds: Test

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and self.condition == other.condition

    def __hash__(self) -> int:
        return hash(self.condition)


def compile_rule(condition: Condition) -> Rule:
    """Return a condition ready to be asked."""
    asked = fields(condition)
    roots = frozenset(field.split(".")[0] for field in asked)
    return Rule(condition, asked, roots, _compile(condition))


def _compile(condition: Condition) -> Test:
    match condition:
        case Check():
            return _check(condition)
        case Not(part=part):
            return _denied(_compile(part))
        case All(parts=parts):
            return _joined([_compile(part) for part in parts], decisive=False)
        case AnyOf(parts=parts):
            return _joined([_compile(part) for part in parts], decisive=True)


def _denied(test: Test) -> Test:
    def holds(values: Values) -> Answer:
        answer = test(values)
        return None if answer is None else not answer

    return holds


def _joined(tests: Sequence[Test], *, decisive: bool) -> Test:
    """The first answer that decides ends it; one that is not known may yet be."""
    otherwise = not decisive

    def holds(values: Values) -> Answer:
        answer: Answer = otherwise
        for test in tests:
            one = test(values)
            if one is decisive:
                return decisive
            if one is None:
                answer = None
        return answer

    return holds


def _check(check: Check) -> Test:
    """What checks mostly see is compared at once; all else as the trace does it."""
    wanted = check.wanted
    order = _ORDERS.get(check.operator)
    if isinstance(wanted, bool):
        return _flag(check, wanted)
    if order is not None and isinstance(wanted, int | float):
        return _ordered(check, wanted, order)
    if check.operator is Operator.IN and isinstance(wanted, tuple):
        return _listed(check, frozenset(one for one in wanted if type(one) is str))
    return lambda values: passes(check, values.get(check.field))


def _ordered(
    check: Check, wanted: float, order: Callable[[float, float], bool]
) -> Test:
    field = check.field

    def holds(values: Values) -> Answer:
        seen = values.get(field)
        if type(seen) is float or type(seen) is int:  # a flag is a number in Python
            return order(seen, wanted)
        return passes(check, seen)

    return holds


def _flag(check: Check, wanted: bool) -> Test:
    field, equal = check.field, check.operator is Operator.EQ

    def holds(values: Values) -> Answer:
        seen = values.get(field)
        return True if equal and seen is wanted else passes(check, seen)

    return holds


def _listed(check: Check, words: frozenset[str]) -> Test:
    field = check.field

    def holds(values: Values) -> Answer:
        seen = values.get(field)
        return seen in words if type(seen) is str else passes(check, seen)

    return holds


_ORDERS: dict[Operator, Callable[[float, float], bool]] = {
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
}
