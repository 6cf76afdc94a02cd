"""A parsed template: texts, outputs and choices, and how they are filled in.

Nothing here loops or grows: filling in takes one walk over a tree that was bounded
when it was saved, of values that are cut before anything is done to them.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from geopush.core.condition import Value, Values
from geopush.core.filter import FILTERS, written

# Longer than the longest words that are sent, so that cutting never shows there.
LONGEST_VALUE = 2000
LONGEST_SAID = 4096


class Missing(Struct, frozen=True):
    """A field that a text needs and that has no value."""

    field: str


class Field(Struct, frozen=True):
    """A value looked up by name."""

    name: str


class Constant(Struct, frozen=True):
    """A value written in the template."""

    value: str | float | int | bool | None


class Blank(Struct, frozen=True):
    """What equals anything with nothing to read in it."""


Operand = Field | Constant | Blank


class Filter(Struct, frozen=True):
    """One step that an output goes through."""

    name: str
    arguments: tuple[Operand, ...] = ()


class Text(Struct, frozen=True):
    """Words that stay as they are."""

    text: str


class Output(Struct, frozen=True):
    """A value put into the text."""

    operand: Operand
    filters: tuple[Filter, ...] = ()


class Truth(Struct, frozen=True):
    """Holds for anything but a missing value and false."""

    operand: Operand


class Comparison(Struct, frozen=True):
    """Two values compared."""

    left: Operand
    operator: str
    right: Operand


class Both(Struct, frozen=True):
    """Holds when both do."""

    left: "Question"
    right: "Question"


class Either(Struct, frozen=True):
    """Holds when one of both does."""

    left: "Question"
    right: "Question"


class Denial(Struct, frozen=True):
    """Holds when the other does not."""

    question: "Question"


Question = Truth | Comparison | Both | Either | Denial


class Branch(Struct, frozen=True):
    """The phrases that are said if a question holds; none always holds."""

    question: Question | None
    phrases: tuple["Phrase", ...]


class Choice(Struct, frozen=True):
    """The first of some branches whose question holds."""

    branches: tuple[Branch, ...]


Phrase = Text | Output | Choice


def fill(phrases: Sequence[Phrase], values: Values) -> str | Missing:
    """Return the text with every value filled in, or the first one that is missing.

    It ends after ``LONGEST_SAID`` characters, which no message has room for.
    """
    said, length = [], 0
    for phrase in phrases:
        text = _say(phrase, values)
        if isinstance(text, Missing):
            return text
        said.append(text)
        length += len(text)
        if length > LONGEST_SAID:
            break
    return "".join(said)[:LONGEST_SAID]


def _say(phrase: Phrase, values: Values) -> str | Missing:
    match phrase:
        case Text(text=text):
            return text
        case Output():
            return _output(phrase, values)
        case Choice(branches=branches):
            for branch in branches:
                if branch.question is None or _holds(branch.question, values):
                    return fill(branch.phrases, values)
            return ""


def _output(output: Output, values: Values) -> str | Missing:
    value = _value(output.operand, values)
    for step in output.filters:
        arguments = [_value(one, values) for one in step.arguments]
        if value is not None or step.name == "default":
            value = FILTERS[step.name](value, arguments)
    if value is None:
        operand = output.operand
        return Missing(operand.name if isinstance(operand, Field) else "")
    return written(value)


def _value(operand: Operand, values: Values) -> Value:
    match operand:
        case Field(name=name):
            return _cut(values.get(name))
        case Constant(value=value):
            return value
        case Blank():
            return ""


def _cut(value: Value) -> Value:
    if isinstance(value, tuple):
        value = written(value)
    return value[:LONGEST_VALUE] if isinstance(value, str) else value


def _holds(question: Question, values: Values) -> bool:
    match question:
        case Truth(operand=operand):
            value = _value(operand, values)
            return value is not None and value is not False
        case Comparison():
            return _compares(question, values)
        case Both(left=left, right=right):
            return _holds(left, values) and _holds(right, values)
        case Either(left=left, right=right):
            return _holds(left, values) or _holds(right, values)
        case Denial(question=denied):
            return not _holds(denied, values)


def _compares(comparison: Comparison, values: Values) -> bool:
    left = _value(comparison.left, values)
    right = _value(comparison.right, values)
    if comparison.operator in ("==", "!="):
        if isinstance(comparison.left, Blank) or isinstance(comparison.right, Blank):
            same = _is_blank(left) and _is_blank(right)
        else:
            same = isinstance(left, bool) is isinstance(right, bool) and left == right
        return same is (comparison.operator == "==")
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _ORDER[comparison.operator]((left > right) - (left < right))
    if isinstance(left, str) and isinstance(right, str):
        return _ORDER[comparison.operator]((left > right) - (left < right))
    return False


_ORDER: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def _is_blank(value: Value) -> bool:
    return value is None or value is False or not written(value).strip()
