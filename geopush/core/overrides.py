"""What an offer may set for one platform alone, by the names that platform has for it.

The lists are closed: Apple would ignore a name it does not know, and Google would
refuse every message that has one.
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from geopush.core.message import Scalar
from geopush.core.shape import piece
from zones import Problem

LONGEST_COLLAPSE_ID = 64  # bytes, says Apple
APNS_PRIORITIES = (1, 5, 10)

Number = Annotated[int, Meta(ge=0, le=99_999)]
Now = "which is now or not at all; ttl_seconds says all else"
ZeroSeconds = Annotated[str, Meta(pattern=r"^0s\Z", description=f'"0s", {Now}')]
Zero = Annotated[int, Meta(ge=0, le=0, description=f"0, {Now}")]
Name = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\x00]*\Z")]
Color = Annotated[
    str, Meta(pattern=r"^#[0-9A-Fa-f]{6}\Z", description='a color such as "#ff8800"')
]


class PushType(StrEnum):
    """What Apple is to make of a push; the others go to tokens of their own kinds."""

    ALERT = "alert"
    BACKGROUND = "background"


class InterruptionLevel(StrEnum):
    """How much an iPhone may disturb."""

    PASSIVE = "passive"
    ACTIVE = "active"
    TIME_SENSITIVE = "time-sensitive"
    CRITICAL = "critical"


class AndroidPriority(StrEnum):
    """Whether a sleeping Android phone is woken."""

    NORMAL = "normal"
    HIGH = "high"


class NotificationPriority(StrEnum):
    """How much an Android phone may disturb."""

    MIN = "PRIORITY_MIN"
    LOW = "PRIORITY_LOW"
    DEFAULT = "PRIORITY_DEFAULT"
    HIGH = "PRIORITY_HIGH"
    MAX = "PRIORITY_MAX"


class Visibility(StrEnum):
    """What a locked Android phone shows."""

    PRIVATE = "PRIVATE"
    PUBLIC = "PUBLIC"
    SECRET = "SECRET"  # noqa: S105  nobody's secret


class IosDocument(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"
):
    """What an offer sets for iPhones: fields of ``aps``, and headers by their names."""

    badge: Number | None = None
    sound: Name | None = None
    thread_id: Name | None = None
    category: Name | None = None
    target_content_id: Name | None = None
    filter_criteria: Name | None = None
    interruption_level: InterruptionLevel | None = None
    relevance_score: Annotated[float, Meta(ge=0, le=1)] | None = None
    apns_push_type: PushType | None = None
    apns_priority: Annotated[int, Meta(ge=1, le=10)] | None = None
    apns_expiration: Zero | None = None
    apns_collapse_id: Name | None = None


class AndroidDocument(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What an offer sets for Android phones: of the message and its notification."""

    priority: AndroidPriority | None = None
    ttl: ZeroSeconds | None = None
    collapse_key: Name | None = None
    restricted_package_name: Name | None = None
    direct_boot_ok: bool | None = None
    bandwidth_constrained_ok: bool | None = None
    restricted_satellite_ok: bool | None = None
    channel_id: Name | None = None
    icon: Name | None = None
    color: Color | None = None
    sound: Name | None = None
    ticker: Name | None = None
    click_action: Name | None = None
    sticky: bool | None = None
    local_only: bool | None = None
    default_sound: bool | None = None
    default_vibrate_timings: bool | None = None
    default_light_settings: bool | None = None
    notification_priority: NotificationPriority | None = None
    notification_count: Number | None = None
    visibility: Visibility | None = None


def flat(document: IosDocument | AndroidDocument) -> dict[str, Scalar]:
    """Return what an offer sets by name, and nothing else."""
    return msgspec.convert(msgspec.to_builtins(document), dict[str, Scalar])


def check_ios(raw: object, path: str, problems: list[Problem]) -> None:
    """Note what Apple would not take of an offer."""
    document = piece(raw, "ios", IosDocument)
    if document is None:
        return
    priority, background = document.apns_priority, PushType.BACKGROUND
    if priority not in (None, *APNS_PRIORITIES):
        text = f"is {priority}; Apple knows 1, 5 and 10"
        problems.append(Problem(f"{path}.apns-priority", "out_of_range", text))
    elif document.apns_push_type is background and priority == max(APNS_PRIORITIES):
        text = "is 10, but a push in the background has 5 at most; remove it"
        problems.append(Problem(f"{path}.apns-priority", "not_in_background", text))
    collapse_id = document.apns_collapse_id or ""
    if len(collapse_id.encode()) > LONGEST_COLLAPSE_ID:
        text = f"is longer than the {LONGEST_COLLAPSE_ID} bytes that Apple takes"
        problems.append(Problem(f"{path}.apns-collapse-id", "out_of_range", text))
