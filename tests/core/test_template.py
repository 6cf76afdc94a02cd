"""Templates: what may be said, what is refused when saved, and that nothing hangs."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geopush.core.condition import Value
from geopush.core.phrase import Missing
from geopush.core.template import Template, parse_address, parse_template
from zones import Problem


def template(source: str) -> Template:
    problems: list[Problem] = []
    read = parse_template(source, "$", problems)
    assert read is not None, problems
    return read


def problems_of(source: str) -> list[Problem]:
    problems: list[Problem] = []
    assert parse_template(source, "$.body.en", problems) is None
    assert {one.path for one in problems} == {"$.body.en"}
    return problems


ANNA: Mapping[str, Value] = {
    "customer.first_name": "anna",
    "customer.last_name": " de Vries ",
    "attributes.points": 1500,
    "attributes.vip": True,
    "attributes.born": "1990-07-04",
    "attributes.none": None,
    "attributes.zero": 0,
    "attributes.no": False,
    "weather.temperature_c": 24.5,
    "weather.sky": "clear",
    "zone.name": "Café",
    "zone.tags": ("bar", "terrace"),
    "zone.metadata.floor": 2,
    "offer.name": "Ice",
}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Hello", "Hello"),
        ("Hi {{ customer.first_name }}!", "Hi anna!"),
        ("{{ customer.first_name | capitalize }}", "Anna"),
        ("{{ customer.first_name | upcase }}", "ANNA"),
        ("{{ zone.name | downcase }}", "café"),
        ("{{ customer.last_name | strip }}", "de Vries"),
        ("{{ customer.nick | default: 'you' }}", "you"),
        ("{{ customer.nick | default: customer.first_name }}", "anna"),
        ("{{ customer.nick | upcase | default: 'you' }}", "you"),
        ("{{ attributes.none | default: 'you' }}", "you"),
        ("{{ weather.temperature_c }}", "24.5"),
        ("{{ weather.temperature_c | round }}", "25"),
        ("{{ weather.temperature_c | round: 2 }}", "24.5"),
        ("{{ 2.675 | round: 2 }}", "2.68"),
        ("{{ 3.0 }}", "3"),
        ("{{ attributes.vip }}", "true"),
        ("{{ zone.tags }}", "bar, terrace"),
        ("{{ zone['metadata'].floor }}", "2"),
        ("{{ 'A long name' | truncate: 6 }}", "A lon…"),
        ("{{ 'A long name' | truncate: 6, '' }}", "A long"),
        ("{{ 'short' | truncate: 6 }}", "short"),
        ("{{ attributes.born | date: '%d-%m-%Y' }}", "04-07-1990"),
        ("{% if attributes.vip %}VIP{% endif %}", "VIP"),
        ("{% if customer.nick %}x{% else %}y{% endif %}", "y"),
        ("{% if attributes.points >= 1000 %}gold{% endif %}", "gold"),
        ("{% if attributes.points < 1000 %}tin{% endif %}", ""),
        ("{% if customer.nick < 5 %}x{% endif %}", ""),
        ("{% if customer.first_name > 5 %}x{% endif %}", ""),
        ("{% if attributes.vip > 0 %}x{% endif %}", ""),
        ("{% if attributes.zero %}x{% endif %}", "x"),
        ("{% if attributes.no %}x{% endif %}", ""),
        ("{{ attributes.zero | default: 5 }}", "0"),
        ("{% if attributes.vip == 1 %}x{% endif %}", ""),
        ("{% if customer.nick == nil %}none{% endif %}", "none"),
        ("{% if customer.last_name == blank %}x{% else %}y{% endif %}", "y"),
        ("{% if customer.nick == empty %}none{% endif %}", "none"),
        ("{% if customer.first_name != 'bob' %}no bob{% endif %}", "no bob"),
        ("{% if attributes.vip and weather.sky == 'fog' %}x{% endif %}", ""),
        ("{% if weather.sky == 'fog' or attributes.vip %}x{% endif %}", "x"),
        ("{% if customer.nick %}a{% elsif attributes.vip %}b{% endif %}", "b"),
        ("{% unless attributes.vip %}a{% else %}b{% endunless %}", "b"),
        (
            "{% case weather.sky %}{% when 'x', 'clear' %}c{% else %}e{% endcase %}",
            "c",
        ),
        ("{% case weather.sky %}{% when 'fog' %}f{% else %}e{% endcase %}", "e"),
        ("a {%- if attributes.vip -%} b {%- endif -%} c", "abc"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
    ],
)
def test_a_template_is_filled_in(source: str, said: str) -> None:
    assert template(source).render(ANNA) == said


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ("{{ customer.nick }}", "customer.nick"),
        ("Hi {{ customer.nick | upcase }}", "customer.nick"),
        ("{{ zone.name | round }}", "zone.name"),
        ("{{ attributes.vip | round }}", "attributes.vip"),
        ("{{ zone.name | date: '%H:%M' }}", "zone.name"),
        ("{% if attributes.vip %}{{ zone.group }}{% endif %}", "zone.group"),
    ],
)
def test_a_text_with_a_value_missing_is_not_said(source: str, field: str) -> None:
    assert template(source).render(ANNA) == Missing(field)


def test_what_is_missing_in_words_not_said_does_not_matter() -> None:
    source = "{% if customer.nick %}{{ customer.nick }}{% endif %}!"
    assert template(source).render({}) == "!"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{% for i in (1..1000000000) %}{{ i }}{% endfor %}", "template_syntax"),
        ("{% assign a = 'x' %}", "template_syntax"),
        ("{% capture a %}x{% endcapture %}", "template_syntax"),
        ("{% include 'secrets' %}", "template_syntax"),
        ("{% render 'secrets' %}", "template_syntax"),
        ("{% tablerow i in x %}{% endtablerow %}", "template_syntax"),
        ("{% cycle 'a', 'b' %}", "template_syntax"),
        ("{% increment a %}", "template_syntax"),
        ("{% liquid echo zone.name %}", "template_syntax"),
        ("{% comment %}x{% endcomment %}", "template_syntax"),
        ("{% if zone.name %}a{% else %}b{% else %}c{% endif %}", "template_syntax"),
        (
            "{% case zone.id %}{% else %}a{% when 'x' %}b{% endcase %}",
            "template_syntax",
        ),
        ("{% if zone.name %}a", "template_syntax"),
        ("{{ zone.name", "template_syntax"),
        ("{{ }}", "template_syntax"),
        ("{{ zone.name if zone.id }}", "template_syntax"),
        ("{{ (1..1000000000) }}", "template_not_allowed"),
        ("{% if (1..1000000000) contains 'q' %}{% endif %}", "template_not_allowed"),
        ("{% if zone.name contains 'q' %}{% endif %}", "template_not_allowed"),
        (
            "{{ (1..9) | join: ',' }}",
            "template_unknown_filter template_not_allowed",
        ),
        ("{{ zone.name | replace: 'a', 'aaaa' }}", "template_unknown_filter"),
        ("{{ zone.name | append: 'a' }}", "template_unknown_filter"),
        ("{{ zone.name | (address) }}", "template_syntax"),
        ("{{ zone.name.__class__ }}", "template_unknown_field"),
        ("{{ user.secret }}", "template_unknown_field"),
        ("{{ customer }}", "template_unknown_field"),
        ("{{ zone[customer.x] }}", "template_unknown_field"),
        ("{{ zone.tags[0] }}", "template_unknown_field"),
        ("{{ zone.name | upcase: 1 }}", "template_wrong_argument"),
        ("{{ zone.name | default }}", "template_wrong_argument"),
        (
            "{{ zone.name | default: 'x', a: true }}",
            "template_wrong_argument",
        ),
        ("{{ zone.name | truncate }}", "template_wrong_argument"),
        ("{{ zone.name | truncate: 1000000 }}", "template_wrong_argument"),
        ("{{ zone.name | truncate: attributes.n }}", "template_wrong_argument"),
        ("{{ zone.name | round: 99999 }}", "template_wrong_argument"),
        ("{{ zone.name | date: '%c' }}", "template_wrong_argument"),
        ("{{ zone.name " + "| upcase " * 11 + "}}", "template_too_long"),
        ("x" * 2049, "template_too_long"),
        ("é" * 1025, "template_too_long"),
        (
            "{% if zone.id" + " and zone.id" * 16 + " %}{% endif %}",
            "template_too_long",
        ),
        ("{{ a" + "[a" * 600 + "]" * 600 + " }}", "template_too_long"),
        ("{% if zone.id %}" * 40, "template_syntax"),
    ],
)
def test_what_could_hang_leak_or_surprise_is_refused_when_saved(
    source: str, code: str
) -> None:
    assert " ".join(dict.fromkeys(one.code for one in problems_of(source))) == code


def test_a_misspelt_field_is_guessed_and_every_one_is_told() -> None:
    found = problems_of("{{ zone.nam }}{{ weather.temprature_c }}{{ zone.id | upcas }}")
    assert [one.suggestion for one in found] == [
        "zone.name",
        "weather.temperature_c",
        "upcase",
    ]


def test_what_is_filled_into_an_address_cannot_break_out_of_it() -> None:
    problems: list[Problem] = []
    address = parse_address("app://x?n={{ zone.name }}&m=1", "$", problems)
    assert address is not None
    assert (
        address.render({"zone.name": "a&b=c/ü"}) == "app://x?n=a%26b%3Dc%2F%C3%BC&m=1"
    )
    assert address.render({}) == Missing("zone.name")


PIECES = st.sampled_from(
    [
        "{{ zone.name }}",
        "{{ weather.temperature_c | round }}",
        "{{ customer.x | default: 'y' | upcase }}",
        "{{ zone.tags | truncate: 3 }}",
        "{% if weather.is_day and zone.id == 'a' %}",
        "{% elsif customer.x > 3 %}",
        "{% else %}",
        "{% endif %}",
        "{% unless zone.id %}",
        "{% endunless %}",
        "{% case zone.id %}",
        "{% when 'a' %}",
        "{% endcase %}",
        "{% for i in (1..9) %}",
        "{{ (1..9) | join }}",
        "{%",
        "}}",
        " | ",
        "text",
        "é\n",
    ]
)
VALUES = st.dictionaries(
    st.sampled_from(["zone.name", "zone.tags", "weather.temperature_c", "customer.x"]),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.lists(st.text(max_size=5), max_size=3).map(tuple),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join), VALUES)
def test_any_text_is_either_refused_or_filled_in_without_fail(
    source: str, values: Mapping[str, Value]
) -> None:
    problems: list[Problem] = []
    read = parse_template(source, "$", problems)
    assert (read is None) is bool(problems)
    if read is not None:
        assert isinstance(read.render(values), str | Missing)


def test_the_largest_template_is_read_and_filled_in() -> None:
    long = "{{ zone.name | upcase | downcase | upcase | downcase }}" * 37
    said = template(long).render({"zone.name": "ŉ" * 1000})
    assert isinstance(said, str)
