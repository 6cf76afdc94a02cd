"""Messages to send: each takes only what the test is about."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from geopush.core.message import (
    Address,
    AddressKind,
    Content,
    Delivery,
    Environment,
    Message,
    MessageId,
)

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
IPHONE = "ab" * 32
ANDROID = "phone:APA91b-1"


def an_iphone(
    number: int = 0, environment: Environment = Environment.PRODUCTION
) -> Address:
    """An iPhone's address, another one for each number."""
    value = f"{number:064x}" if number else IPHONE
    return Address(AddressKind.APNS_TOKEN, value, NOW, environment)


def an_android(
    value: str = ANDROID, kind: AddressKind = AddressKind.FCM_TOKEN
) -> Address:
    """An Android phone's address."""
    return Address(kind, value, NOW)


def words(**changed: object) -> Content:
    """The words of a message."""
    return replace(Content("Sun!", "20% off ice cream"), **changed)


def a_message(
    address: Address | None,
    *,
    number: int = 1,
    content: Content | None = None,
    expires_at: datetime | None = None,
) -> Message:
    """A message on its way, another one for each number."""
    return Message(
        message_id=MessageId(UUID(int=number)),
        bucket=0,
        customer_id="anna",
        device_id="phone",
        offer_id="ice",
        zone_id=None,
        app="demo",
        address=address,
        content=content or words(),
        delivery=Delivery.AT_MOST_ONCE,
        decided_at=NOW,
        due=NOW,
        expires_at=expires_at or NOW + timedelta(minutes=45),
        attempts=0,
        claim=UUID(int=7),
    )
