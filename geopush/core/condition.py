"""What an offer may ask of weather, place and customer: a tree with three answers.

A value that is missing makes a check unknown; unknown stays unknown under ``not``.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum, auto

from msgspec import Struct

Value = str | float | int | bool | tuple[str, ...] | None
Values = Mapping[str, Value]


class Operator(StrEnum):
    """How a check compares what it sees with what it wants."""

    GT = auto()
    GTE = auto()
    LT = auto()
    LTE = auto()
    EQ = auto()
    NE = auto()
    IN = auto()
    BETWEEN = auto()
    CONTAINS = auto()
    EXISTS = auto()


Scalar = str | float | int | bool
Wanted = Scalar | tuple[Scalar, ...]


class Check(Struct, frozen=True):
    """One comparison; ``off`` is where it lets go again once it held."""

    field: str
    operator: Operator
    wanted: Wanted
    off: float | None = None


class All(Struct, frozen=True):
    """Holds when every part does."""

    parts: tuple["Condition", ...]


class AnyOf(Struct, frozen=True):
    """Holds when some part does."""

    parts: tuple["Condition", ...]


class Not(Struct, frozen=True):
    """Holds when its part does not."""

    part: "Condition"


Condition = Check | All | AnyOf | Not


class Clause(Struct, frozen=True):
    """One check with what it saw, for the trace of a decision."""

    field: str
    operator: Operator
    wanted: Wanted
    observed: Value
    holds: bool | None


def clauses(condition: Condition, values: Values) -> list[Clause]:
    """Return every check of a condition with what it saw, in the author's order."""
    return [
        Clause(
            field=check.field,
            operator=check.operator,
            wanted=check.wanted,
            observed=values.get(check.field),
            holds=passes(check, values.get(check.field)),
        )
        for check in _checks(condition)
    ]


def fields(condition: Condition) -> tuple[str, ...]:
    """Return the fields a condition asks for, each once, sorted."""
    return tuple(sorted({check.field for check in _checks(condition)}))


def passes(check: Check, observed: Value) -> bool | None:
    """Say whether a check passes with what it sees; None if that is not known."""
    if check.operator is Operator.EXISTS:
        return (observed is not None) is check.wanted
    if observed is None:
        return None
    return _COMPARE[check.operator](observed, check.wanted)


def _checks(condition: Condition) -> Iterator[Check]:
    match condition:
        case Check():
            yield condition
        case Not(part=part):
            yield from _checks(part)
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _checks(part)


def _equal(observed: Value, wanted: Wanted) -> bool | None:
    """Never equal across kinds: in Python alone, true is 1."""
    if isinstance(observed, tuple) or isinstance(wanted, tuple):
        return None
    if isinstance(observed, bool) or isinstance(wanted, bool):
        return observed is wanted
    return observed == wanted


def _differs(observed: Value, wanted: Wanted) -> bool | None:
    equal = _equal(observed, wanted)
    return None if equal is None else not equal


def _is_in(observed: Value, wanted: Wanted) -> bool | None:
    if not isinstance(wanted, tuple):
        return None
    seen = observed if isinstance(observed, tuple) else (observed,)
    return any(_equal(one, other) is True for one in seen for other in wanted)


def _contains(observed: Value, wanted: Wanted) -> bool | None:
    if isinstance(observed, tuple):
        return wanted in observed
    if isinstance(observed, str) and isinstance(wanted, str):
        return wanted in observed
    return None


def _between(observed: Value, wanted: Wanted) -> bool | None:
    if not isinstance(wanted, tuple):
        return None
    low, high = _order(observed, wanted[0]), _order(observed, wanted[1])
    return None if low is None or high is None else low >= 0 >= high


def _order(observed: Value, wanted: Wanted) -> int | None:
    """Below, at or above; texts have an order too, so that ISO dates compare."""
    if isinstance(observed, bool) or isinstance(wanted, bool):
        return None
    if isinstance(observed, int | float) and isinstance(wanted, int | float):
        return (observed > wanted) - (observed < wanted)
    if isinstance(observed, str) and isinstance(wanted, str):
        return (observed > wanted) - (observed < wanted)
    return None


def _ordered(fits: Callable[[int], bool]) -> Callable[[Value, Wanted], bool | None]:
    def compare(observed: Value, wanted: Wanted) -> bool | None:
        order = _order(observed, wanted)
        return None if order is None else fits(order)

    return compare


_COMPARE: dict[Operator, Callable[[Value, Wanted], bool | None]] = {
    Operator.GT: _ordered(lambda order: order > 0),
    Operator.GTE: _ordered(lambda order: order >= 0),
    Operator.LT: _ordered(lambda order: order < 0),
    Operator.LTE: _ordered(lambda order: order <= 0),
    Operator.EQ: _equal,
    Operator.NE: _differs,
    Operator.IN: _is_in,
    Operator.BETWEEN: _between,
    Operator.CONTAINS: _contains,
}
