"""What a message sets for one platform alone, the way Google wants to be told."""

import math

from geopush.core.message import Message, Scalar
from geopush.push.payload import Json, aps_for, is_background

LONGEST_LIFE = 2_419_200  # seconds: Google keeps a message no longer than four weeks

# What Google reads beside the notification; all else an offer sets is part of it.
_BESIDE = frozenset(
    {
        "bandwidth_constrained_ok",
        "collapse_key",
        "direct_boot_ok",
        "priority",
        "restricted_package_name",
        "restricted_satellite_ok",
        "ttl",
    }
)


def android_config(message: Message, seconds_left: float) -> dict[str, Json]:
    """Return what an Android phone is to do with a message."""
    wishes = message.content.android
    life = min(math.ceil(seconds_left), LONGEST_LIFE)
    shown = {key: it for key, it in wishes.items() if key not in _BESIDE}
    beside = {key: it for key, it in wishes.items() if key in _BESIDE}
    usual: dict[str, Json] = {"priority": "high", "ttl": f"{life}s"}
    tag: dict[str, Scalar] = {"tag": str(message.message_id)}
    return usual | beside | {"notification": {**shown, **tag}}


def apns_config(message: Message) -> dict[str, Json]:
    """Return what Google is to tell Apple, for an iPhone that has an FCM token."""
    content, message_id = message.content, str(message.message_id)
    silent = is_background(content)
    usual: dict[str, Scalar] = {
        "apns-push-type": "background" if silent else "alert",
        "apns-priority": 5 if silent else 10,
        "apns-expiration": math.ceil(message.expires_at.timestamp()),
        "apns-collapse-id": message_id,
    }
    asked = {key: it for key, it in content.ios.items() if key.startswith("apns-")}
    headers: dict[str, Json] = {key: str(it) for key, it in (usual | asked).items()}
    return {"headers": headers, "payload": {"aps": aps_for(content)}}
