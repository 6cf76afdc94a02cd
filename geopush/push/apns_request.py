"""A push as aioapns knows it, with the headers that Apple wants."""

import math
from urllib.parse import quote

from aioapns.common import NotificationRequest, PushType

from geopush.core.message import Message
from geopush.push.payload import for_apple

IMMEDIATELY = 10  # Apple's priority for an alert that is to light up the screen
SPARINGLY = 5  # the only one for a push that wakes the app unseen


class Request(NotificationRequest):
    """One push, ready to be written; ``is_sent`` once its last byte was.

    ``expiration`` is in seconds since 1970; 0 is now or not at all.
    """

    __slots__ = ("authorization", "body", "expiration", "is_sent")

    def __init__(self, message: Message, token: str, topic: str) -> None:
        wishes, message_id = message.content.ios, str(message.message_id)
        push_type = PushType(wishes.get("apns-push-type", PushType.ALERT.value))
        usual = SPARINGLY if push_type is PushType.BACKGROUND else IMMEDIATELY
        super().__init__(
            token,
            {},
            notification_id=message_id,
            priority=int(wishes.get("apns-priority", usual)),
            collapse_key=str(wishes.get("apns-collapse-id", message_id)),
            push_type=push_type,
            apns_topic=topic,
        )
        # Rounded up, so that it is 0 only where an offer says so.
        last = math.ceil(message.expires_at.timestamp())
        self.expiration = int(wishes.get("apns-expiration", last))
        self.body = for_apple(message)
        self.authorization = ""
        self.is_sent = False

    def headers(self, authority: bytes) -> list[tuple[bytes, bytes]]:
        """Return the headers; a client certificate does without authorization."""
        path = f"/3/device/{quote(self.device_token, safe='')}"
        headers = [
            (b":method", b"POST"),
            (b":scheme", b"https"),
            (b":authority", authority),
            (b":path", path.encode()),
            (b"apns-id", self.notification_id.encode()),
            (b"apns-collapse-id", (self.collapse_key or "").encode()),
            (b"apns-topic", (self.apns_topic or "").encode()),
            (b"apns-push-type", (self.push_type or PushType.ALERT).value.encode()),
            (b"apns-priority", b"%d" % (self.priority or IMMEDIATELY)),
            (b"apns-expiration", b"%d" % self.expiration),
        ]
        if self.authorization:
            headers.append((b"authorization", self.authorization.encode()))
        return headers
