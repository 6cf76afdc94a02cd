"""Decoded JSON against the shape it should have: a value, or all that does not fit."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, inspect

from geopush.core.expected import in_words, shown
from geopush.core.problems import note_unknown
from zones import Problem

T = TypeVar("T")

# What authors and phones call things by; databases take no NUL in a text.
Word = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00]*\Z")]

# The codes of what does not fit; all other problems are about what fits and cannot be.
MISFITS = frozenset(
    (
        "wrong_type",
        "wrong_length",
        "out_of_range",
        "unknown_field",
        "unknown_word",
        "missing_field",
    )
)


def read(raw: object, wanted: type[T], path: str, problems: list[Problem]) -> T | None:
    """Return decoded JSON as a value of a type, or note all its problems."""
    try:
        return msgspec.convert(raw, wanted)
    except msgspec.ValidationError as error:
        before = len(problems)
        _check(raw, inspect.type_info(wanted), path, problems)
        if len(problems) == before:
            problems.append(Problem(path, "wrong_type", str(error)))
        return None


def piece(raw: object, key: str, wanted: type[T]) -> T | None:
    """Return one field of an object if it is there and reads well."""
    if not isinstance(raw, dict) or raw.get(key) is None:
        return None
    try:
        return msgspec.convert(raw[key], wanted)
    except msgspec.ValidationError:
        return None


def fitting(raw: object, key: str, wanted: type[T]) -> T | None:
    """Return one field of an object, without those of its own that do not fit."""
    inner = raw.get(key) if isinstance(raw, dict) else None
    if not isinstance(inner, dict):
        return None
    fits = {
        name: one
        for name, one in inner.items()
        if piece({key: {name: one}}, key, wanted) is not None
    }
    return piece({key: fits}, key, wanted)


def pieces(raw: object, key: str, wanted: type[T]) -> list[tuple[int, T]]:
    """Return the items of a list in an object that read well, with their places."""
    items = raw.get(key) if isinstance(raw, dict) else None
    return [
        (index, one)
        for index, item in enumerate(items if isinstance(items, list) else ())
        if (one := piece({key: item}, key, wanted)) is not None
    ]


def _check(
    raw: object, shape: inspect.Type, path: str, problems: list[Problem]
) -> None:
    match shape:
        case inspect.StructType():
            _check_struct(raw, shape, path, problems)
        case inspect.DictType():
            _check_dict(raw, shape, path, problems)
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            _check_items(raw, shape, item, path, problems)
        case inspect.TupleType(item_types=items):
            _check_tuple(raw, items, path, problems)
        case inspect.UnionType(types=types):
            _check_union(raw, types, path, problems)
        case inspect.Metadata():
            _check_described(raw, shape, path, problems)
        case inspect.CustomType() | inspect.AnyType():
            return
        case _:
            _check_leaf(raw, shape, path, problems)


def _check_struct(
    raw: object, shape: inspect.StructType, path: str, problems: list[Problem]
) -> None:
    if not isinstance(raw, dict):
        problems.append(_wrong(path, "an object", raw))
        return
    known = {field.encode_name: field for field in shape.fields}
    for key in raw:
        if key not in known and shape.forbid_unknown_fields:
            place = f"{path}.{key[:100]}"
            note_unknown(problems, place, "unknown_field", "field", key, known)
    for name, field in known.items():
        if name in raw:
            _check(raw[name], field.type, f"{path}.{name}", problems)
        elif field.required:
            text = f'"{name}" is missing and has no default; add it'
            problems.append(Problem(f"{path}.{name}", "missing_field", text))


def _check_dict(
    raw: object, shape: inspect.DictType, path: str, problems: list[Problem]
) -> None:
    if not isinstance(raw, dict):
        problems.append(_wrong(path, "an object", raw))
        return
    _check_length(len(raw), shape, path, problems)
    for key, value in raw.items():
        place = f"{path}.{key[:100]}"
        _check(key, shape.key_type, place, problems)
        _check(value, shape.value_type, place, problems)


def _check_items(
    raw: object,
    shape: inspect.VarTupleType | inspect.ListType,
    item: inspect.Type,
    path: str,
    problems: list[Problem],
) -> None:
    if not isinstance(raw, list):
        problems.append(_wrong(path, "a list", raw))
        return
    _check_length(len(raw), shape, path, problems)
    for index, one in enumerate(raw):
        _check(one, item, f"{path}[{index}]", problems)


def _check_tuple(
    raw: object, items: Sequence[inspect.Type], path: str, problems: list[Problem]
) -> None:
    if not isinstance(raw, list) or len(raw) != len(items):
        problems.append(_wrong(path, f"a list of {len(items)}", raw))
        return
    for index, (one, item) in enumerate(zip(raw, items, strict=True)):
        _check(one, item, f"{path}[{index}]", problems)


def _check_length(
    length: int,
    shape: inspect.VarTupleType | inspect.ListType | inspect.DictType,
    path: str,
    problems: list[Problem],
) -> None:
    least, most = shape.min_length or 0, shape.max_length
    if length < least or (most is not None and length > most):
        wanted = f"at least {least}" if length < least else f"at most {most}"
        text = f"has {length} entries; it takes {wanted}"
        problems.append(Problem(path, "wrong_length", text))


def _check_union(
    raw: object, types: Sequence[inspect.Type], path: str, problems: list[Problem]
) -> None:
    if raw is None and any(isinstance(kind, inspect.NoneType) for kind in types):
        return
    unfit: tuple[type[inspect.Type], ...] = (inspect.NoneType,)
    if isinstance(raw, int) and any(
        isinstance(kind, inspect.IntType) for kind in types
    ):
        unfit += (inspect.FloatType,)  # a whole number is not taken for any other
    kinds = [kind for kind in types if not isinstance(kind, unfit)]
    if len(kinds) == 1:
        _check(raw, kinds[0], path, problems)
    elif all(_faults(raw, kind, path) for kind in kinds):
        wanted = " or ".join(in_words(kind) for kind in kinds)
        problems.append(_wrong(path, wanted, raw))


def _faults(raw: object, shape: inspect.Type, path: str) -> list[Problem]:
    faults: list[Problem] = []
    _check(raw, shape, path, faults)
    return faults


def _check_described(
    raw: object, shape: inspect.Metadata, path: str, problems: list[Problem]
) -> None:
    """A shape that says what it wants in words of its own."""
    if _faults(raw, shape.type, path):
        wanted = (shape.extra_json_schema or {}).get("description", "something else")
        problems.append(_wrong(path, wanted, raw))


def _check_leaf(
    raw: object, shape: inspect.Type, path: str, problems: list[Problem]
) -> None:
    if isinstance(shape, inspect.EnumType) and isinstance(raw, str):
        words = [str(word) for word in shape.cls]
        if raw not in words:
            note_unknown(problems, path, "unknown_word", "word", raw, words)
    elif not _is_kind(raw, shape):
        problems.append(_wrong(path, in_words(shape), raw))
    elif not _is_within(raw, shape):
        problems.append(_wrong(path, in_words(shape), raw, "out_of_range"))


_PLAIN: dict[type[inspect.Type], type] = {
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.StrType: str,
    inspect.DateTimeType: datetime,
    inspect.DateType: date,
    inspect.TimeDeltaType: timedelta,
}


def _is_kind(raw: object, shape: inspect.Type) -> bool:
    plain = _PLAIN.get(type(shape))
    if plain is None or not _converts(raw, plain):
        return False
    if isinstance(shape, inspect.DateTimeType):
        return isinstance(raw, str) and _OFFSET.search(raw) is not None
    return plain is not timedelta or isinstance(raw, str)


_OFFSET = re.compile(r"(?:[zZ]|[+-]\d\d:?\d\d)$")


def _is_within(raw: object, shape: inspect.Type) -> bool:
    if isinstance(raw, str) and isinstance(shape, inspect.StrType):
        return _is_text(raw, shape)
    if not isinstance(raw, int | float):
        return True
    if not isinstance(shape, inspect.IntType | inspect.FloatType):
        return True
    least, most = shape.ge, shape.le
    return (least is None or raw >= least) and (most is None or raw <= most)


def _is_text(raw: str, shape: inspect.StrType) -> bool:
    return (
        len(raw) >= (shape.min_length or 0)
        and (shape.max_length is None or len(raw) <= shape.max_length)
        and (shape.pattern is None or re.search(shape.pattern, raw) is not None)
    )


def _converts(raw: object, wanted: type) -> bool:
    try:
        msgspec.convert(raw, wanted)
    except msgspec.ValidationError:
        return False
    return True


def _wrong(path: str, wanted: str, raw: object, code: str = "wrong_type") -> Problem:
    return Problem(path, code, f"is {shown(raw)}; it must be {wanted}")
