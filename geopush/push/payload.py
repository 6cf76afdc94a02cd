"""What a push carries: the words for the phone's system, the rest for the SDK."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from geopush.core.message import Button, Content, Message, MessageId

MOST_BYTES = 4096  # both gateways refuse more

Json = str | int | float | bool | dict[str, "Json"] | list["Json"]


class Envelope(Struct, frozen=True, omit_defaults=True):
    """What the SDK needs of a message and the phone's system does not show."""

    message_id: MessageId
    receipt_token: str | None = None
    title: str | None = None
    body: str | None = None
    url: str | None = None
    image: str | None = None
    buttons: list[dict[str, str]] = []


def for_apple(message: Message) -> bytes:
    """Write the body of a push to an iPhone.

    ``mutable-content`` lets the app's extension draw the picture and the buttons. A
    push in the background has no words for the system: the app finds them beside.
    """
    content = message.content
    own = _envelope(message, content.image)
    if is_background(content):
        own = replace(own, title=content.title, body=content.body)
    return msgspec.json.encode(content.data | {"aps": aps_for(content), "geopush": own})


def aps_for(content: Content) -> dict[str, Json]:
    """Return what Apple's system reads: the words, and what the offer sets for iOS.

    What an offer sets is never put over the words.
    """
    wishes = {key: it for key, it in content.ios.items() if not key.startswith("apns-")}
    category = _category(content.buttons)
    usual: dict[str, Json] = {"category": category} if category else {}
    if is_background(content):
        return usual | wishes | {"content-available": 1}
    return (
        usual
        | wishes
        | {
            "alert": {"title": content.title, "body": content.body},
            "mutable-content": 1,
        }
    )


def is_background(content: Content) -> bool:
    """Say whether an iPhone's app is to be woken, and nothing shown by the system."""
    return content.ios.get("apns-push-type") == "background"


def data_for_google(message: Message) -> dict[str, str]:
    """Return the data of a push to an Android phone, where every value is text."""
    own = _envelope(message, image=None)  # Android shows it by itself
    return message.content.data | {"geopush": msgspec.json.encode(own).decode()}


def _category(buttons: Sequence[Button]) -> str | None:
    """Name the actions after their ids, so that an app can register them before."""
    return (
        ".".join(("geopush", *(button.id for button in buttons))) if buttons else None
    )


def _envelope(message: Message, image: str | None) -> Envelope:
    content = message.content
    return Envelope(
        message_id=message.message_id,
        receipt_token=message.receipt_token,
        url=content.url,
        image=image,
        buttons=[{"id": button.id, "text": button.text} for button in content.buttons],
    )
