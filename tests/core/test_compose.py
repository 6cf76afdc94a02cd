"""The words of a message: the right language, every value, and room to spare."""

import msgspec
import pytest

from geopush.core.compose import MOST_BYTES, Obstacle, Unsayable, compose
from geopush.core.condition import Value
from geopush.core.message import Button, Content
from tests.core.sample_offers import ICE_CREAM_MESSAGE, a_message, an_offer

HELLO = {"en": "Hello", "nl": "Hallo", "pt-BR": "Oi", "de": "Hallo!", "zh-Hant": "你好"}


@pytest.mark.parametrize(
    ("language", "default", "title"),
    [
        ("nl", "en", "Hallo"),
        ("nl-BE", "en", "Hallo"),
        ("NL_be", "en", "Hallo"),
        ("pt-BR", "en", "Oi"),
        ("pt_br", "en", "Oi"),
        ("pt", "en", "Hello"),
        ("zh-Hant-HK", "en", "你好"),
        ("fr", "de", "Hallo!"),
        ("fr", "ja", "Hello"),
        ("", "en", "Hello"),
    ],
)
def test_a_customer_reads_the_language_nearest_to_theirs(
    language: str, default: str, title: str
) -> None:
    offer = an_offer(message=a_message(title=HELLO))
    content = compose(offer, {}, language, default)
    assert isinstance(content, Content)
    assert content.title == title


def test_without_any_language_known_the_first_one_is_said() -> None:
    offer = an_offer(message=a_message(title={"ja": "一", "ko": "일"}))
    content = compose(offer, {}, "fr")
    assert isinstance(content, Content)
    assert content.title == "一"


def test_everything_an_author_wrote_is_in_the_words() -> None:
    offer = an_offer(
        message=ICE_CREAM_MESSAGE
        | {"image": "https://x/y.png", "data": {"a": "b"}, "ios": {"badge": 1}}
    )
    values: dict[str, Value] = {"weather.temperature_c": 24.4, "zone.name": "Da Mario"}
    assert compose(offer, values, "en") == Content(
        title="Ice cream weather, hello",
        body="24 degrees at Da Mario: go",
        url="app://offers/ice",
        image="https://x/y.png",
        buttons=(Button("like", "Like"), Button("mute_zone", "Not here")),
        data={"a": "b"},
        ios={"badge": 1},
    )


@pytest.mark.parametrize(
    "message",
    [
        a_message(title={"en": "{{ customer.x }}"}),
        a_message(body={"en": "{{ customer.x }}"}),
        a_message(url="app://{{ customer.x }}"),
        a_message(buttons=[{"id": "a", "text": {"en": "{{ customer.x }}"}}]),
    ],
)
def test_a_message_with_a_value_missing_anywhere_is_not_said(message: object) -> None:
    said = compose(an_offer(message=message), {}, "en")
    assert said == Unsayable(Obstacle.MISSING_VALUE, "customer.x")


def test_words_too_long_for_a_phone_are_shortened() -> None:
    message = a_message(
        title={"en": "{{ customer.x }}"},
        body={"en": "{{ customer.x }}"},
        buttons=[{"id": "a", "text": {"en": "{{ customer.x }}"}}],
    )
    content = compose(an_offer(message=message), {"customer.x": "x" * 5000}, "en")
    assert isinstance(content, Content)
    lengths = (len(content.title), len(content.body), len(content.buttons[0].text))
    assert lengths == (200, 1000, 40)
    assert content.title.endswith("x…")


@pytest.mark.parametrize("letter", ["x", "é", "一", "🍦", '"', "\x01"])
def test_whatever_is_filled_in_the_words_fit_both_gateways(letter: str) -> None:
    message = a_message(
        title={"en": "{{ customer.x }}"},
        body={"en": "{{ customer.x }}"},
        data={"a": "x" * 1300},
    )
    content = compose(an_offer(message=message), {"customer.x": letter * 5000}, "en")
    assert isinstance(content, Content | Unsayable)
    if isinstance(content, Content):
        assert len(msgspec.json.encode(content)) <= MOST_BYTES
        assert len(content.body) >= 20


def test_an_address_too_long_to_send_is_not_cut_but_not_said() -> None:
    message = a_message(url="app://{{ customer.x }}")
    said = compose(an_offer(message=message), {"customer.x": "x" * 1000}, "en")
    assert said == Unsayable(Obstacle.TOO_LONG, "url")


def test_a_body_of_next_to_nothing_is_not_said() -> None:
    message = a_message(
        title={"en": "{{ customer.x }}"},
        url="app://{{ customer.y }}",
        body={"en": "{{ customer.x }}"},
        data={"a": "x" * 1300},
    )
    values = {"customer.x": "🍦" * 200, "customer.y": "y" * 990}
    said = compose(an_offer(message=message), values, "en")
    assert said == Unsayable(Obstacle.TOO_LONG, "body")
