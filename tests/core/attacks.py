"""Templates that mean harm: a table of known ones, and as many made up as wanted.

``python -m tests.core.attacks --templates 5000`` tries them all and prints what became
of them; it ends with 1 if one broke a limit.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from time import process_time

from msgspec import Struct

from geopush.core.condition import Value
from geopush.core.phrase import LONGEST_SAID, Missing
from geopush.core.template import Template, parse_template
from geopush.core.template_reader import MOST_NODES
from zones import Problem

KNOWN: Mapping[str, str] = {
    "nested loops": "{% for i in (1..99999) %}" * 3 + "x" + "{% endfor %}" * 3,
    "doubling by assign": "{% assign a = a | append: a %}" * 30,
    "doubling by capture": "{% capture a %}{{ a }}{{ a }}{% endcapture %}" * 30,
    "filter chain of replace": "{{ 'aaaa'" + " | replace: 'a', 'aaaa'" * 9 + " }}",
    "filter chain of append": "{{ zone.name" + " | append: zone.name" * 9 + " }}",
    "long chain of what is allowed": "{{ zone.name" + " | upcase" * 11 + " }}",
    "range, joined": "{{ (1..1000000000) | join: ',' }}",
    "range, reversed": "{{ (1..1000000000) | reverse }}",
    "range, asked what it contains": "{% if (1..1000000000) contains 'q' %}{% endif %}",
    "range in a case": "{% case (1..1000000000) %}{% when 'q' %}{% endcase %}",
    "text times a billion": "{{ zone.name | times: 1000000000 }}",
    "text made wide": "{{ zone.name | center: 1500000000 }}",
    "text padded": "{{ zone.name | ljust: 1500000000 }}",
    "truncate to a billion": "{{ zone.name | truncate: 1000000000 }}",
    "round to a million digits": "{{ weather.wind_ms | round: 1000000 }}",
    "round by a field": "{{ weather.wind_ms | round: attributes.big }}",
    "date of any format": "{{ attributes.born | date: '%999999999d' }}",
    "secret of an object": "{{ user.secret }}",
    "secret of the customer row": "{{ customer.__dict__.x }}{{ profile.consents }}",
    "walk to the classes": "{{ ''.__class__.__mro__[1].__subclasses__ }}",
    "walk from a field": "{{ zone.name.__class__.__init__.__globals__ }}",
    "field by a field": "{{ zone[attributes.which] }}",
    "include a file": "{% include '/etc/passwd' %}{% render 'x' %}",
    "macro": "{% macro a %}{% call a %}{% endmacro %}{% call a %}",
    "deep blocks": "{% if zone.id %}" * 200,
    "deep brackets": "{{ a" + "[a" * 800 + "]" * 800 + " }}",
    "wide question": "{% if zone.id" + " or zone.id" * 180 + " %}x{% endif %}",
    "wide case": "{% case zone.id %}{% when '1'" + ", '1'" * 300 + " %}x{% endcase %}",
    "many outputs": "{{1}}" * 400,
    "long source": "x" * 1_000_000,
    "unclosed": "{{" * 1000,
    "unclosed tags": "{%" * 1000,
    "closed before opened": "}}" * 500 + "{{" * 500,
    "unclosed quotes": "{{ '" * 500,
    "nothing but pipes": "{{ zone.name " + "|" * 1900 + " }}",
    "large outputs": "{{ attributes.big }}" * 90,
    "large default": "{{ customer.none | default: attributes.big }}" * 40,
}  # fmt: skip

HOSTILE: Mapping[str, Value] = {
    "zone.name": "ß" * 1_000_000,
    "zone.id": "{{ zone.name }}",
    "zone.tags": ("{% if %}",) * 10_000,
    "attributes.big": "🍦" * 1_000_000,
    "attributes.born": "9999-12-31T23:59:59-23:59",
    "attributes.number": 10**15,
    "weather.wind_ms": 1e308,
    "customer.first_name": "\x1b\u202e\u2028'\"<script>",
}
_FIELDS = (*HOSTILE, "customer.none", "offer.name", "zone.metadata.x")
_NO_FIELDS = ("user.x", "a.b", "zone.name.__class__", "(1..9)", "zone[a]")
_STEPS = (
    "upcase", "downcase", "capitalize", "strip", "round", "round: 2", "truncate: 9",
    "default: 'you'", "default: attributes.big", "date: '%H:%M'",
)  # fmt: skip
_NO_STEPS = (
    "append: 'x'", "replace: 'a', 'aa'", "truncate: 9999", "date: '%c'", "join"
)  # fmt: skip
_SIGNS = ("==", "!=", "<", ">=")
_NOISE = ("{{", "}}", "{%", "%}", "|", "'", "(1..9)", "\x00", "🍦", "-%}", "{%- raw %}")


class Fate(Struct, frozen=True):
    """What became of a template: the code it was refused with, or what it said."""

    refused: str | None
    said: int
    nodes: int
    seconds: float


def fate_of(source: str) -> Fate:
    """Parse a template, and fill it in with values that mean harm as well."""
    began = process_time()
    problems: list[Problem] = []
    template = parse_template(source, "$.body.en", problems)
    if template is None:
        return Fate(problems[0].code, 0, 0, process_time() - began)
    said = _longest(template)
    return Fate(None, said, template.nodes, process_time() - began)


def _longest(template: Template) -> int:
    said = [template.render(values) for values in (HOSTILE, {})]
    return max(0 if isinstance(one, Missing) else len(one) for one in said)


def within_limits(fate: Fate) -> bool:
    """Whether a template was refused, or kept to what the compiler promises."""
    if fate.refused is not None:
        return True
    return fate.said <= LONGEST_SAID and fate.nodes <= MOST_NODES


def made_up(seed: int, count: int) -> Iterator[str]:
    """Random templates, always the same: most well formed, many hostile, some noise."""
    dice = random.Random(seed)
    for _ in range(count):
        source = "".join(_piece(dice, 0) for _ in range(dice.randint(1, 12)))
        if dice.random() < 0.2:
            place = dice.randint(0, len(source))
            source = source[:place] + dice.choice(_NOISE) + source[place:]
        yield source


def _piece(dice: random.Random, depth: int) -> str:
    kind = dice.random()
    if kind < 0.3 or depth > 6:
        return dice.choice(["word ", "é\n", "{", "%"])
    if kind < 0.7:
        steps = "".join(
            f" | {_one(dice, _STEPS, _NO_STEPS)}"
            for _ in range(dice.choice([0, 0, 1, 1, 2, 3, 12]))
        )
        return f"{{{{ {_operand(dice)}{steps} }}}}"
    inner = "".join(_piece(dice, depth + 1) for _ in range(dice.randint(0, 3)))
    if kind < 0.85:
        other = f"{{% else %}}{inner}" if dice.random() < 0.4 else ""
        return f"{{% if {_question(dice)} %}}{inner}{other}{{% endif %}}"
    if kind < 0.93:
        whens = f"{{% when {_operand(dice)}, {_operand(dice)} %}}{inner}"
        return f"{{% case {_operand(dice)} %}}{whens}{{% endcase %}}"
    if kind < 0.99:
        return dice.choice(["{{ zone.id }}", "{{ weather.wind_ms | round }}"])
    return dice.choice(list(KNOWN.values()))[:300]


def _one(dice: random.Random, good: Sequence[str], bad: Sequence[str]) -> str:
    return dice.choice(good if dice.random() < 0.96 else bad)


def _operand(dice: random.Random) -> str:
    if dice.random() < 0.7:
        return _one(dice, _FIELDS, _NO_FIELDS)
    return dice.choice(["'a'", "3", "-1.5", "true", "nil", "blank", "9" * 400])


def _question(dice: random.Random) -> str:
    asked = _compared(dice)
    for _ in range(dice.choice([0, 0, 0, 1, 3, 20])):
        asked += f" {dice.choice(['and', 'or'])} {_compared(dice)}"
    return asked


def _compared(dice: random.Random) -> str:
    if dice.random() < 0.3:
        return _operand(dice)
    return f"{_operand(dice)} {_one(dice, _SIGNS, ['contains'])} {_operand(dice)}"


def main() -> int:
    """Try all attacks, print what became of them, and say whether all was well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--templates", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    known = {name: fate_of(source) for name, source in KNOWN.items()}
    fates = [fate_of(source) for source in made_up(asked.seed, asked.templates)]
    lines = [*_told(known), "", f"{asked.templates} made up with seed {asked.seed}:"]
    lines += _summed(fates)
    bad = sum(not within_limits(one) for one in (*known.values(), *fates))
    lines.append(f"{bad} BROKE A LIMIT" if bad else "all within limits")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if bad else 0


def _told(known: Mapping[str, Fate]) -> Iterator[str]:
    for name, fate in known.items():
        told = fate.refused or f"says {fate.said} characters ({fate.nodes} parts)"
        yield f"{name:<32} {told:<36} {fate.seconds * 1000:8.2f} ms"


def _summed(fates: list[Fate]) -> Iterator[str]:
    for code, count in Counter(one.refused or "filled in" for one in fates).items():
        yield f"  {count:6} {code}"
    filled = [one for one in fates if one.refused is None]
    yield f"  most parts {max(one.nodes for one in filled)} of {MOST_NODES}"
    yield f"  longest text {max(one.said for one in filled)} of {LONGEST_SAID}"
    yield f"  slowest {max(one.seconds for one in fates) * 1000:.1f} ms of CPU"


if __name__ == "__main__":
    sys.exit(main())
