"""What Apple refuses in a request, and with which status."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping

from msgspec import Struct

STATUS = {
    "BadCollapseId": 400,
    "BadDeviceToken": 400,
    "BadExpirationDate": 400,
    "BadMessageId": 400,
    "BadPriority": 400,
    "BadTopic": 400,
    "DeviceTokenNotForTopic": 400,
    "DuplicateHeaders": 400,
    "IdleTimeout": 400,
    "InvalidPushType": 400,
    "MissingDeviceToken": 400,
    "MissingTopic": 400,
    "PayloadEmpty": 400,
    "TopicDisallowed": 400,
    "BadCertificate": 403,
    "BadCertificateEnvironment": 403,
    "ExpiredProviderToken": 403,
    "Forbidden": 403,
    "InvalidProviderToken": 403,
    "MissingProviderToken": 403,
    "UnrelatedKeyIdInToken": 403,
    "BadPath": 404,
    "MethodNotAllowed": 405,
    "ExpiredToken": 410,
    "Unregistered": 410,
    "PayloadTooLarge": 413,
    "TooManyProviderTokenUpdates": 429,
    "TooManyRequests": 429,
    "InternalServerError": 500,
    "ServiceUnavailable": 503,
    "Shutdown": 503,
}
REASON_FOR = {
    400: "BadDeviceToken",
    403: "Forbidden",
    404: "BadPath",
    405: "MethodNotAllowed",
    410: "Unregistered",
    413: "PayloadTooLarge",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
LARGEST_PAYLOAD = 4096
LARGEST_VOIP_PAYLOAD = 5120
LONGEST_COLLAPSE_ID = 64

# What a push type adds to the topic of the app.
TOPIC_SUFFIX = {
    "alert": "",
    "background": "",
    "mdm": "",
    "controls": ".push-type.controls",
    "widgets": ".push-type.widgets",
    "liveactivity": ".push-type.liveactivity",
    "location": ".location-query",
    "voip": ".voip",
    "pushtotalk": ".voip-ptt",
    "complication": ".complication",
    "fileprovider": ".pushkit.fileprovider",
}
_DEVICE_PATH = re.compile(r"/3/device/([^/]*)")
_DEVICE_TOKEN = re.compile(r"(?:[0-9A-Fa-f]{2}){32,100}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Request(Struct, frozen=True):
    """A request as it came in; a header that came twice is listed."""

    headers: Mapping[str, str]
    repeated: tuple[str, ...]
    body: bytes

    @property
    def device_token(self) -> str:
        """The phone it is for, or nothing if the path names none."""
        path = _DEVICE_PATH.fullmatch(self.headers.get(":path", ""))
        return path[1] if path else ""

    @property
    def push_type(self) -> str:
        """What kind of push it says it is."""
        return self.headers.get("apns-push-type", "")

    @property
    def topic(self) -> str:
        """The app it is for, whatever the push type adds to its name."""
        topic = self.headers.get("apns-topic", "")
        return topic.removesuffix(TOPIC_SUFFIX.get(self.push_type, ""))


Check = Callable[[Request], str | None]


def read_request(headers: list[tuple[str, str]], body: bytes) -> Request:
    """Put a request together."""
    names = Counter(name for name, _ in headers)
    repeated = tuple(name for name, times in names.items() if times > 1)
    return Request(dict(headers), repeated, body)


def check_way(request: Request) -> str | None:
    """Say what is wrong with method, path and id."""
    path = request.headers.get(":path", "")
    if not _DEVICE_PATH.fullmatch(path):
        return "BadPath"
    if request.headers.get(":method") != "POST":
        return "MethodNotAllowed"
    if request.repeated:
        return "DuplicateHeaders"
    message_id = request.headers.get("apns-id")
    if message_id is not None and not is_message_id(message_id):
        return "BadMessageId"
    return None


def check_push(request: Request) -> str | None:
    """Say what is wrong with the push itself, the first thing first."""
    return next(filter(None, (check(request) for check in _CHECKS)), None)


def is_message_id(text: str) -> bool:
    """Say whether Apple would take it for an id."""
    return _UUID.fullmatch(text) is not None


def _push_type(request: Request) -> str | None:
    return None if request.push_type in TOPIC_SUFFIX else "InvalidPushType"


def _topic(request: Request) -> str | None:
    topic = request.headers.get("apns-topic")
    if not topic:
        return "MissingTopic"
    return None if topic.endswith(TOPIC_SUFFIX[request.push_type]) else "BadTopic"


def _expiration(request: Request) -> str | None:
    expiration = request.headers.get("apns-expiration", "0")
    is_integer = expiration.isascii() and expiration.isdigit()
    return None if is_integer else "BadExpirationDate"


def _priority(request: Request) -> str | None:
    known = request.headers.get("apns-priority", "10") in {"1", "5", "10"}
    return None if known else "BadPriority"


def _collapse_id(request: Request) -> str | None:
    collapse_id = request.headers.get("apns-collapse-id", "")
    too_long = len(collapse_id.encode()) > LONGEST_COLLAPSE_ID
    return "BadCollapseId" if too_long else None


def _device_token(request: Request) -> str | None:
    token = request.device_token
    if not token:
        return "MissingDeviceToken"
    return None if _DEVICE_TOKEN.fullmatch(token) else "BadDeviceToken"


def _payload(request: Request) -> str | None:
    is_voip = request.push_type == "voip"
    largest = LARGEST_VOIP_PAYLOAD if is_voip else LARGEST_PAYLOAD
    if len(request.body) > largest:
        return "PayloadTooLarge"
    return None if read_payload(request.body) else "PayloadEmpty"


def read_payload(body: bytes) -> dict[str, object]:
    """Read the JSON object of a payload; what cannot be read is empty."""
    try:
        payload: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


_CHECKS: tuple[Check, ...] = (
    _push_type,
    _topic,
    _expiration,
    _priority,
    _collapse_id,
    _device_token,
    _payload,
)
