"""Receipts: what a phone reports of a message, and what its buttons mean."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from geopush.core.customer import Preferences
from geopush.core.item import RefusedItem
from geopush.core.message import Message
from geopush.core.ping import Moment
from geopush.core.shape import Word
from geopush.core.token import ReceiptToken

AHEAD = timedelta(minutes=5)  # a phone's clock may be this far ahead of ours
GRACE = timedelta(days=7)  # how long after its expiry a message may be receipted
SNOOZE = timedelta(days=1)
MOST_MUTED = 1_000  # zones; the oldest make room
MOST_REPORTS = 64  # kept with the customer; the oldest make room

Money = Annotated[float, Meta(ge=0, le=1e12)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class ReceiptKind(StrEnum):
    """What became of a message on the phone."""

    DELIVERED = auto()
    OPENED = auto()
    CLICKED = auto()
    DISMISSED = auto()
    ANSWERED = auto()
    CONVERTED = auto()


class Receipt(Struct, frozen=True):
    """What a phone reports of one message."""

    message_id: UUID
    kind: ReceiptKind
    at: Moment
    button: Word | None = None
    value: Money | None = None
    currency: Currency | None = None


class Report(Struct, frozen=True, array_like=True):
    """The last time something was reported to a customer's name.

    What became of a message is about its ``offer_id``; a purchase is about none.
    """

    event: str
    offer_id: str | None
    at: datetime


class Wish(StrEnum):
    """Buttons that set a preference with one tap."""

    LIKE = auto()
    MUTE_ZONE = auto()
    SNOOZE = auto()


def age_problem(receipt: Receipt, now: datetime) -> RefusedItem | None:
    """Whether a receipt is from a clock that is wrong."""
    return RefusedItem.IN_THE_FUTURE if receipt.at - now > AHEAD else None


def receipt_token(message: Message) -> ReceiptToken:
    """Return the note that lets whoever holds it give receipts of this message."""
    until = message.expires_at + GRACE
    return ReceiptToken(message.message_id, message.bucket, int(until.timestamp()))


def reported(
    before: Sequence[Report], receipt: Receipt, offer_id: str, conversion: str | None
) -> tuple[Report, ...]:
    """Return what was reported once a receipt came, the newest last.

    ``conversion`` is what the offer calls its success, so what a receipt of it says.
    """
    new = [Report(receipt.kind, offer_id, receipt.at)]
    if conversion is not None and receipt.kind is ReceiptKind.CONVERTED:
        new.append(Report(conversion, None, receipt.at))
    newest: dict[tuple[str, str | None], Report] = {}
    for one in sorted((*before, *new), key=lambda one: one.at):
        newest.pop((one.event, one.offer_id), None)
        newest[one.event, one.offer_id] = one
    return tuple(newest.values())[-MOST_REPORTS:]


def granted(
    wish: Wish,
    preferences: Preferences,
    *,
    zone_id: str | None,
    topics: Sequence[str],
    now: datetime,
) -> Preferences:
    """Return the preferences after a button of a message was tapped."""
    match wish:
        case Wish.LIKE:
            liked = dict.fromkeys(topics, True)
            return replace(preferences, topics={**preferences.topics, **liked})
        case Wish.MUTE_ZONE if zone_id is not None:
            muted = dict.fromkeys((*preferences.muted_zones, zone_id))
            return replace(preferences, muted_zones=tuple(muted)[-MOST_MUTED:])
        case Wish.SNOOZE:
            until = max(preferences.paused_until or now, now + SNOOZE)
            return replace(preferences, paused_until=until)
        case _:
            return preferences
