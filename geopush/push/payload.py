"""What a push carries: the words for the phone's system, the rest for the SDK."""

import msgspec
from msgspec import Struct

from geopush.core.message import Message, MessageId

MOST_BYTES = 4096  # both gateways refuse more

Json = str | int | float | bool | dict[str, "Json"] | list["Json"]


class Envelope(Struct, frozen=True, omit_defaults=True):
    """What the SDK needs of a message and the phone's system does not show."""

    message_id: MessageId
    receipt_token: str | None = None
    url: str | None = None
    image: str | None = None
    buttons: list[dict[str, str]] = []


def for_apple(message: Message) -> bytes:
    """Write the body of a push to an iPhone.

    ``mutable-content`` lets the app's extension draw the picture and the buttons.
    What an offer sets for iOS goes into ``aps``, but never over the words.
    """
    content = message.content
    aps = content.ios | {
        "alert": {"title": content.title, "body": content.body},
        "mutable-content": 1,
    }
    own = _envelope(message, content.image)
    return msgspec.json.encode(content.data | {"aps": aps, "geopush": own})


def data_for_google(message: Message) -> dict[str, str]:
    """Return the data of a push to an Android phone, where every value is text."""
    own = _envelope(message, image=None)  # Android shows it by itself
    return message.content.data | {"geopush": msgspec.json.encode(own).decode()}


def _envelope(message: Message, image: str | None) -> Envelope:
    content = message.content
    return Envelope(
        message_id=message.message_id,
        receipt_token=message.receipt_token,
        url=content.url,
        image=image,
        buttons=[{"id": button.id, "text": button.text} for button in content.buttons],
    )
