"""A row of a claim, as the message it is."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record

from geopush.core.message import (
    Address,
    AddressKind,
    Content,
    Delivery,
    Environment,
    Message,
    Platform,
)

# In the order that ``read_message`` takes them; each one more costs with every message.
COLUMNS = """
    claimed.message_id, claimed.bucket, claimed.customer_id, claimed.device_id,
    claimed.offer_id, claimed.zone_id, claimed.content, claimed.delivery,
    claimed.decided_at, claimed.due, claimed.expires_at, claimed.attempts,
    claimed.in_doubt,
    device.app, device.platform, device.address_kind, device.address,
    device.address_environment, device.address_since
"""

# Looking a word up takes a tenth of the time in which an enum finds it.
_DELIVERIES: Mapping[str, Delivery] = {str(one): one for one in Delivery}
_PLATFORMS: Mapping[str | None, Platform] = {str(one): one for one in Platform}
_KINDS: Mapping[str, AddressKind] = {str(one): one for one in AddressKind}
_ENVIRONMENTS: Mapping[str | None, Environment] = {str(one): one for one in Environment}

_contents = msgspec.json.Decoder(Content)


def read_message(row: Record, claim: UUID) -> Message:
    """Return the message of a row with ``COLUMNS``; no device is no address."""
    message_id, bucket, customer_id, device_id, offer_id, zone_id, *rest = row
    content, delivery, decided_at, due, expires_at, attempts, in_doubt, *device = rest
    app, platform, *address = device
    return Message(
        message_id=message_id,
        bucket=bucket,
        customer_id=customer_id,
        device_id=device_id,
        offer_id=offer_id,
        zone_id=zone_id,
        app=app or "",
        address=_address(*address),
        content=_contents.decode(content),
        delivery=_DELIVERIES[delivery],
        decided_at=decided_at,
        due=due,
        expires_at=expires_at,
        attempts=attempts,
        claim=claim,
        in_doubt=in_doubt,
        platform=_PLATFORMS.get(platform, Platform.ANDROID),
    )


def _address(
    kind: str | None, value: str | None, environment: str | None, since: datetime | None
) -> Address | None:
    if kind is None or value is None or since is None:
        return None
    where = _ENVIRONMENTS.get(environment, Environment.PRODUCTION)
    return Address(_KINDS[kind], value, since, where)
