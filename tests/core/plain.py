"""Conditions in the plainest way, the yardstick for the compiled ones; random ones."""

from collections.abc import Mapping

from hypothesis import strategies as st

from geopush.core.condition import All, AnyOf, Check, Condition, Not, Operator, Value

Answer = bool | None


def interpret(condition: Condition, values: Mapping[str, Value]) -> Answer:
    """Say whether a condition holds, looking at every part of it."""
    match condition:
        case Check():
            return _looks(condition, values.get(condition.field))
        case Not(part=part):
            answer = interpret(part, values)
            return None if answer is None else not answer
        case All(parts=parts):
            answers = [interpret(part, values) for part in parts]
            return _worst(answers, [False, None, True])
        case AnyOf(parts=parts):
            answers = [interpret(part, values) for part in parts]
            return _worst(answers, [True, None, False])


def _worst(answers: list[Answer], order: list[Answer]) -> Answer:
    return next(one for one in order if one in answers)


def _looks(check: Check, seen: Value) -> Answer:
    if check.operator is Operator.EXISTS:
        return (seen is not None) == check.wanted
    if seen is None:
        return None
    match check.operator:
        case Operator.EQ | Operator.NE:
            equal = _equal(seen, check.wanted)
            return None if equal is None else equal == (check.operator is Operator.EQ)
        case Operator.IN | Operator.CONTAINS | Operator.BETWEEN:
            return _has(check, seen)
        case _:
            return _order(seen, check.wanted, _FITTING[check.operator])


def _has(check: Check, seen: Value) -> Answer:
    wanted = check.wanted
    if check.operator is Operator.CONTAINS:
        known = isinstance(seen, str | tuple) and isinstance(wanted, str)
        return wanted in seen if known else None
    assert isinstance(wanted, tuple)
    if check.operator is Operator.IN:
        each = seen if isinstance(seen, tuple) else (seen,)
        return any(_equal(one, other) is True for one in each for other in wanted)
    above = _order(seen, wanted[0], (0, 1))
    below = _order(seen, wanted[1], (-1, 0))
    return None if above is None or below is None else above and below


_FITTING = {
    Operator.GT: (1,),
    Operator.GTE: (0, 1),
    Operator.LT: (-1,),
    Operator.LTE: (-1, 0),
}


def _kind(value: object) -> type:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float
    return type(value)


def _equal(seen: object, wanted: object) -> Answer:
    if _kind(seen) is tuple or _kind(wanted) is tuple:
        return None
    return _kind(seen) is _kind(wanted) and seen == wanted


def _order(seen: object, wanted: object, fitting: tuple[int, ...]) -> Answer:
    if isinstance(seen, bool) or isinstance(wanted, bool):
        return None
    if isinstance(seen, int | float) and isinstance(wanted, int | float):
        return (-1 if seen < wanted else 0 if seen == wanted else 1) in fitting
    if isinstance(seen, str) and isinstance(wanted, str):
        return (-1 if seen < wanted else 0 if seen == wanted else 1) in fitting
    return None


FIELDS = tuple(f"zone.metadata.{name}" for name in "abcd")  # of any kind
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-3, 3),
    st.floats(-3, 3).map(lambda one: round(one, 1)),
    st.sampled_from(["", "a", "ab", "b", "1"]),
)
SEEN = st.none() | SCALARS | st.lists(st.sampled_from(["a", "ab"])).map(tuple)
WORLDS = st.dictionaries(st.sampled_from(FIELDS), SEEN)


@st.composite
def checks(draw: st.DrawFn) -> Check:
    """Any check that could be read, of fields that may hold anything."""
    field = draw(st.sampled_from(FIELDS))
    operator = draw(st.sampled_from(Operator))
    match operator:
        case Operator.EXISTS:
            return Check(field, operator, draw(st.booleans()))
        case Operator.IN:
            words = draw(st.lists(SCALARS, min_size=1, max_size=4))
            return Check(field, operator, tuple(words))
        case Operator.BETWEEN:
            bounds = sorted(draw(st.tuples(st.integers(-3, 3), st.integers(-3, 3))))
            return Check(field, operator, tuple(bounds))
        case Operator.CONTAINS:
            return Check(field, operator, draw(st.sampled_from(["", "a", "ab"])))
        case _:
            return Check(field, operator, draw(SCALARS))


def _joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=1, max_size=4).map(tuple)
    return several.map(All) | several.map(AnyOf) | inner.map(Not)


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(checks(), _joined, max_leaves=8)
