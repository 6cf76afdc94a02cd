"""The steps an output of a template can go through, and what each of them takes."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import quote

from geopush.core.condition import Value

MOST_EXACT = 1e15  # above it a float has no digits left to round
DATE_FORMATS = (
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y-%m-%d",
    "%d/%m",
    "%m/%d",
    "%H:%M",
)

# Every filter an author may name, and what it takes, in words.
ARGUMENTS: dict[str, str] = {
    "capitalize": "nothing",
    "date": "one of " + ", ".join(f'"{one}"' for one in DATE_FORMATS),
    "default": "one value",
    "downcase": "nothing",
    "round": "nothing, or how many digits after the point: 0 to 6",
    "strip": "nothing",
    "truncate": "a length from 1 to 200, and perhaps what to end with",
    "upcase": "nothing",
}

ADDRESS = "(address)"  # no author can name it: every output of an address goes through


def takes(name: str, arguments: Sequence[Value]) -> bool:
    """Say whether a filter takes these arguments; what is no constant is None here."""
    match name, arguments:
        case "date", [form]:
            return form in DATE_FORMATS
        case "default", [_]:
            return True
        case "round", [digits]:
            return type(digits) is int and 0 <= digits <= 6
        case "truncate", [length, *end]:
            ends = all(isinstance(one, str) and len(one) <= 20 for one in end)
            return type(length) is int and 1 <= length <= 200 and ends and len(end) < 2
        case "date" | "default" | "truncate", _:
            return False
        case _:
            return not arguments


def written(value: Value) -> str:
    """Return a value as people write it: 24 rather than 24.0, lists with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < MOST_EXACT:
        return str(int(value))
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)


def _default(value: Value, arguments: Sequence[Value]) -> Value:
    return arguments[0] if value is None or value is False or value == "" else value


def _round(value: Value, arguments: Sequence[Value]) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not abs(value) < MOST_EXACT:
        return value
    digits = arguments[0] if arguments else 0
    step = Decimal(1).scaleb(-digits) if isinstance(digits, int) else Decimal(1)
    rounded = Decimal(str(value)).quantize(step, ROUND_HALF_UP)
    return float(rounded) if digits else int(rounded)


def _truncate(value: Value, arguments: Sequence[Value]) -> Value:
    text = written(value)
    length = arguments[0]
    end = written(arguments[1]) if len(arguments) > 1 else "…"
    if not isinstance(length, int) or len(text) <= length:
        return text
    return text[: max(0, length - len(end))] + end


def _date(value: Value, arguments: Sequence[Value]) -> Value:
    try:
        return datetime.fromisoformat(written(value)).strftime(written(arguments[0]))
    except ValueError:
        return None


FILTERS: Mapping[str, Callable[[Value, Sequence[Value]], Value]] = {
    "default": _default,
    "upcase": lambda value, _: written(value).upper(),
    "downcase": lambda value, _: written(value).lower(),
    "capitalize": lambda value, _: written(value)[:1].upper() + written(value)[1:],
    "strip": lambda value, _: written(value).strip(),
    "round": _round,
    "truncate": _truncate,
    "date": _date,
    ADDRESS: lambda value, _: quote(written(value), safe=""),
}
