"""Whatever is filled in, a push fits: 4,096 bytes as JSON, on both platforms."""

import msgspec
import pytest
from msgspec.structs import replace
from pyfcm.baseapi import BaseAPI

from geopush.core.compose import Unsayable, compose
from geopush.core.message import Content, Message
from geopush.push.payload import MOST_BYTES, data_for_google, for_apple
from tests.core.sample_offers import a_message as a_text
from tests.core.sample_offers import an_offer
from tests.push.build import a_message

TOKEN = "gp_rt_" + "x" * 180
LETTERS = ("x", "é", "一", "🍦", '"', "\\", "\x01")
URL = {"short": "app://{{ customer.y }}", "long": "app://{{ customer.y }}" + "x" * 600}


def filled(letter: str, url: str, extra: int) -> Content | Unsayable:
    """An offer whose every text is as long as it can be, of one letter."""
    text = {"en": "{{ customer.x }}"}
    buttons = [{"id": f"b{number}", "text": text} for number in range(4)]
    data = {"a": "x" * extra} if extra else {}
    message = a_text(title=text, body=text, url=url, buttons=buttons, data=data)
    values = {"customer.x": letter * 5000, "customer.y": letter * 60}
    return compose(an_offer(message=message), values, "en")


def bytes_for_google(message: Message) -> int:
    """The size of the body that FCM gets, as the library writes it."""
    library = BaseAPI.__new__(BaseAPI)
    library.json_encoder = None
    content = message.content
    body = library.parse_payload(
        notification_title=content.title,
        notification_body=content.body,
        data_payload=data_for_google(message),
        android_config={
            "priority": "high",
            "ttl": "2419200s",
            "notification": content.android | {"tag": str(message.message_id)},
        },
    )
    return len(msgspec.json.decode(body, type=dict[str, msgspec.Raw])["message"])


@pytest.mark.parametrize("url", [*URL.values(), "app://" + '"' * 600], ids=len)
@pytest.mark.parametrize("extra", [0, 600])
@pytest.mark.parametrize("letter", LETTERS)
def test_a_push_fits_or_is_not_said(letter: str, url: str, extra: int) -> None:
    content = filled(letter, url, extra)
    if isinstance(content, Unsayable):
        assert content.reason == "too_long"
        return
    message = replace(a_message(None, content=content), receipt_token=TOKEN)
    assert len(for_apple(message)) <= MOST_BYTES
    assert bytes_for_google(message) <= MOST_BYTES
