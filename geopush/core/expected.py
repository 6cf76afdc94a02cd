"""What a shape takes and what it was given, in words for people."""

from msgspec import inspect

from geopush.core.problems import quoted

_JSON_WORDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (list, "a list"),
    (dict, "an object"),
    (type(None), "null"),
)


def in_words(shape: inspect.Type) -> str:
    """Return what a shape takes: a number from 1 to 9, one of "a", "b"."""
    match shape:
        case inspect.IntType():
            return "a whole number" + _range_in_words(shape)
        case inspect.FloatType():
            return "a number" + _range_in_words(shape)
        case inspect.StrType():
            return "text" + _text_in_words(shape)
        case inspect.EnumType(cls=words):
            return "one of " + quoted([str(word) for word in words])
        case _:
            return _IN_WORDS.get(type(shape), "a list")


_IN_WORDS: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.DateTimeType: 'a time with an offset such as "2026-05-01T12:00:00Z"',
    inspect.DateType: 'a date such as "2026-05-01"',
    inspect.TimeDeltaType: 'a duration such as "PT24H" or "P7D"',
    inspect.StructType: "an object",
    inspect.DictType: "an object",
}


def _range_in_words(shape: inspect.IntType | inspect.FloatType) -> str:
    if shape.ge is not None and shape.le is not None:
        return f" from {shape.ge} to {shape.le}"
    return "" if shape.ge is None else f" of at least {shape.ge}"


def _text_in_words(shape: inspect.StrType) -> str:
    if shape.max_length is None:
        return ""
    return f" of {shape.min_length or 0} to {shape.max_length} plain characters"


def shown(raw: object) -> str:
    """Return what was given, cut short where it is long."""
    if isinstance(raw, str):
        return f'"{raw}"' if len(raw) <= 60 else f'"{raw[:60]}..."'
    for kind, word in _JSON_WORDS:
        if isinstance(raw, kind):
            return word
    return str(raw)[:40]
