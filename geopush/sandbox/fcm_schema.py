"""The shape of an FCM v1 message, and all that is wrong with one."""

import json
import re
from collections.abc import Callable, Mapping

from geopush.sandbox.fcm_errors import Violation

LARGEST_PAYLOAD = 4096
LARGEST_TOPIC_PAYLOAD = 2048
LONGEST_TTL_SECONDS = 2_419_200
TARGETS = ("token", "fid", "topic", "condition")

Check = Callable[[object, str], list[Violation]]

_DURATION = re.compile(r"(\d{1,12})(?:\.\d{1,9})?s")
_RESERVED = re.compile(r"from|message_type|google\..*|gcm\..*")
_CAPITAL = re.compile(r"(?<=[a-z0-9])[A-Z]")


def violations(body: object) -> list[Violation]:
    """List what is wrong with the body of a send, by the field's path."""
    wrong = _REQUEST(body, "")
    message = snake(body).get("message")
    if not wrong and message is None:
        return [Violation("message", "The message is missing.")]
    if wrong or not isinstance(message, dict):
        return wrong
    return _target(snake(message)) + _size(snake(message))


def snake(value: object) -> dict[str, object]:
    """Return an object with its names in snake case; Google takes both."""
    if not isinstance(value, dict):
        return {}
    return {_snake(str(name)): inner for name, inner in value.items()}


def _snake(name: str) -> str:
    return _CAPITAL.sub(lambda found: f"_{found[0].lower()}", name)


def _target(message: Mapping[str, object]) -> list[Violation]:
    named = [target for target in TARGETS if message.get(target)]
    if len(named) == 1:
        return []
    text = "Exactly one of token, fid, topic or condition is required."
    return [Violation("message", text)]


def _size(message: Mapping[str, object]) -> list[Violation]:
    """Count words and data, which is what the limit is about."""
    android = snake(message.get("android"))
    parts = [
        message.get("data"),
        message.get("notification"),
        android.get("data"),
        android.get("notification"),
    ]
    texts = [json.dumps(part, ensure_ascii=False) for part in parts if part]
    is_topic = bool(message.get("topic") or message.get("condition"))
    largest = LARGEST_TOPIC_PAYLOAD if is_topic else LARGEST_PAYLOAD
    if sum(len(text.encode(errors="replace")) for text in texts) <= largest:
        return []
    return [Violation("message", f"The payload is larger than {largest} bytes.")]


def _invalid(path: str, value: object) -> list[Violation]:
    shown = json.dumps(value)[:60]
    return [Violation(path, f"Invalid value at '{path}': {shown}")]


def _kind(*kinds: type) -> Check:
    def check(value: object, path: str) -> list[Violation]:
        is_flag = isinstance(value, bool) and bool not in kinds
        fits = isinstance(value, kinds) and not is_flag
        return [] if fits else _invalid(path, value)

    return check


def _one_of(*words: str) -> Check:
    def check(value: object, path: str) -> list[Violation]:
        return [] if value in words else _invalid(path, value)

    return check


def _list(inner: Check) -> Check:
    def check(value: object, path: str) -> list[Violation]:
        if not isinstance(value, list):
            return _invalid(path, value)
        numbered = enumerate(value)
        return [wrong for i, item in numbered for wrong in inner(item, f"{path}[{i}]")]

    return check


def _duration(value: object, path: str) -> list[Violation]:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return [] if found else _invalid(path, value)


def _ttl(value: object, path: str) -> list[Violation]:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    fits = found is not None and int(found[1]) <= LONGEST_TTL_SECONDS
    return [] if fits else _invalid(path, value)


def _texts(value: object, path: str) -> list[Violation]:
    if not isinstance(value, dict):
        return _invalid(path, value)
    wrong: list[Violation] = []
    for name, text in value.items():
        if not isinstance(text, str):
            wrong += _invalid(f"{path}[{name}]", text)
    return wrong


def _data(value: object, path: str) -> list[Violation]:
    names = value if isinstance(value, dict) else {}
    reserved = [str(name) for name in names if _RESERVED.fullmatch(str(name))]
    return _texts(value, path) + [
        Violation(f"{path}[{name}]", f"Invalid data payload key: {name}")
        for name in reserved
    ]


def _object(**fields: Check) -> Check:
    def check(value: object, path: str) -> list[Violation]:
        if not isinstance(value, dict):
            return _invalid(path, value)
        wrong: list[Violation] = []
        for name, inner in value.items():
            field = fields.get(_snake(str(name)))
            place = f"{path}.{name}" if path else str(name)
            if field is None:
                text = f"Unknown name \"{name}\" at '{path}': Cannot find field."
                wrong.append(Violation(place, text))
            elif inner is not None:
                wrong += field(inner, place)
        return wrong

    return check


_text, _flag, _whole, _number = _kind(str), _kind(bool), _kind(int), _kind(int, float)
_anything = _kind(dict)
_label = _object(analytics_label=_text)
_color = _object(red=_number, green=_number, blue=_number, alpha=_number)

_ANDROID_NOTIFICATION = _object(
    **dict.fromkeys(
        (
            *("title", "body", "icon", "color", "sound", "tag", "click_action"),
            *("body_loc_key", "title_loc_key", "channel_id", "ticker", "event_time"),
            "image",
        ),
        _text,
    ),
    **dict.fromkeys(
        (
            *("sticky", "local_only", "default_sound", "default_vibrate_timings"),
            *("default_light_settings", "bypass_proxy_notification"),
        ),
        _flag,
    ),
    body_loc_args=_list(_text),
    title_loc_args=_list(_text),
    vibrate_timings=_list(_duration),
    notification_count=_whole,
    notification_priority=_one_of(
        "PRIORITY_UNSPECIFIED",
        *("PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT"),
        *("PRIORITY_HIGH", "PRIORITY_MAX"),
    ),
    visibility=_one_of("VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"),
    proxy=_one_of("PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"),
    light_settings=_object(
        color=_color, light_on_duration=_duration, light_off_duration=_duration
    ),
)
_ANDROID = _object(
    collapse_key=_text,
    priority=_one_of("NORMAL", "HIGH", "normal", "high"),
    ttl=_ttl,
    restricted_package_name=_text,
    data=_data,
    notification=_ANDROID_NOTIFICATION,
    fcm_options=_label,
    direct_boot_ok=_flag,
    bandwidth_constrained_ok=_flag,
    restricted_satellite_ok=_flag,
)
_MESSAGE = _object(
    name=_text,
    data=_data,
    notification=_object(title=_text, body=_text, image=_text),
    android=_ANDROID,
    webpush=_object(
        headers=_texts,
        data=_texts,
        notification=_anything,
        fcm_options=_object(link=_text, analytics_label=_text),
    ),
    apns=_object(
        headers=_texts,
        payload=_anything,
        fcm_options=_object(analytics_label=_text, image=_text),
        live_activity_token=_text,
    ),
    fcm_options=_label,
    token=_text,
    fid=_text,
    topic=_text,
    condition=_text,
)
_REQUEST = _object(validate_only=_flag, message=_MESSAGE)
