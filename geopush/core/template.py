"""The safe subset of Liquid: parsed once when saved, then filled in by geopush itself.

With `template_reader` the only one that knows python-liquid; nothing of it is used for
filling in. A tag that is not named here is refused, those of later versions too.
"""

import re

from liquid import Environment, Mode
from liquid.builtin.content import Literal as ContentTag
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output as OutputTag
from liquid.builtin.tags.case_tag import CaseTag
from liquid.builtin.tags.if_tag import IfTag
from liquid.builtin.tags.unless_tag import UnlessTag
from liquid.exceptions import LiquidError
from msgspec import Struct

from geopush.core.condition import Values
from geopush.core.filter import ADDRESS
from geopush.core.phrase import Filter, Missing, Phrase, fill
from geopush.core.template_reader import ALLOWED, DEEPEST, MOST_NODES, Reading
from zones import Problem

LONGEST_SOURCE = 2048


class Template(Struct, frozen=True):
    """A text with values to be filled in; each of its ``nodes`` is looked at once."""

    source: str
    phrases: tuple[Phrase, ...]
    nodes: int

    def render(self, values: Values) -> str | Missing:
        """Return the text filled in, or the first field that is missing."""
        return fill(self.phrases, values)


def parse_template(source: str, path: str, problems: list[Problem]) -> Template | None:
    """Return a text ready to be filled in, or None with its problems noted."""
    return _parse(source, path, problems, ())


def parse_address(source: str, path: str, problems: list[Problem]) -> Template | None:
    """Return an address ready to be filled in; what is filled in cannot break out."""
    return _parse(source, path, problems, (Filter(ADDRESS),))


class _StrictIf(IfTag):
    mode = Mode.STRICT


class _StrictUnless(UnlessTag):
    mode = Mode.STRICT


class _Subset(Environment):
    block_nesting_limit = DEEPEST

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (ContentTag, OutputTag, Illegal, _StrictIf, _StrictUnless, CaseTag):
            self.add_tag(tag)


_LIQUID = _Subset()


def _parse(
    source: str, path: str, problems: list[Problem], last: tuple[Filter, ...]
) -> Template | None:
    if len(source.encode()) > LONGEST_SOURCE:
        text = f"is longer than {LONGEST_SOURCE} bytes; shorten it"
        problems.append(Problem(path, "template_too_long", text))
        return None
    if _has_loose_end(source):
        text = 'opens "{{" or "{%" and does not close it'
        problems.append(Problem(path, "template_syntax", text))
        return None
    try:
        nodes = _LIQUID.from_string(source).nodes
    except LiquidError as error:
        text = f"cannot be read: {error.message}; {ALLOWED}"
        problems.append(Problem(path, "template_syntax", text))
        return None
    found: list[Problem] = []
    reading = Reading(path, found, last)
    try:
        phrases = reading.phrases(nodes)
    except RecursionError:
        found = [Problem(path, "template_too_long", "is nested too deeply; flatten it")]
        phrases = ()
    if reading.nodes > MOST_NODES:
        text = f"has {reading.nodes} parts; at most {MOST_NODES} are taken"
        found.append(Problem(path, "template_too_long", text))
    problems.extend(found)
    return None if found else Template(source, phrases, reading.nodes)


_OPENING = re.compile(r"\{[{%]")


def _has_loose_end(source: str) -> bool:
    """Whether something is never closed, which python-liquid takes long to find."""
    at = 0
    while (opening := _OPENING.search(source, at)) is not None:
        closing = "}}" if opening.group() == "{{" else "%}"
        end = source.find(closing, opening.end())
        if end < 0:
            return True
        at = end + len(closing)
    return False
