"""Forget addresses at which nobody is any more; leave suspect ones alone a while."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from geopush.core.merge import without_address
from geopush.core.message import Message
from geopush.core.ping import CustomerKey, DeviceId
from geopush.store.customers import revise
from geopush.store.pool import Connection

# A device that named the address again after the gateway lost it keeps it.
_MARK = """
    UPDATE device SET address_dead_at = $4
    WHERE bucket = $1 AND device_id = $2 AND address = $3 AND address_since <= $5
      AND address_dead_at IS NULL
    RETURNING device_id
"""

# Nothing is decided differently for a device in quarantine: its messages come to an
# end without being sent, until the time is over or the device names its address again.
_QUARANTINE = """
    UPDATE device SET quarantined_until = $4
    FROM unnest($1::smallint[], $2::text[], $3::text[])
        AS suspect (bucket, device_id, address)
    WHERE device.bucket = suspect.bucket AND device.device_id = suspect.device_id
      AND device.address = suspect.address
"""

_RELEASE = """
    UPDATE device SET quarantined_until = NULL
    WHERE quarantined_until > $2
      AND lane_of(app, address_kind) = $1
"""

QUARANTINE = timedelta(days=1)  # about as often as a phone names its address anyway
IN_ERROR = timedelta(minutes=2)  # the minute in which an alarm grows, and some


async def quarantine(
    connection: Connection, messages: Sequence[Message], now: datetime
) -> None:
    """Leave the addresses of these messages alone for a while."""
    known = [(one, one.address.value) for one in messages if one.address is not None]
    if known:
        await connection.execute(
            _QUARANTINE,
            [one.bucket for one, _ in known],
            [one.device_id for one, _ in known],
            [address for _, address in known],
            now + QUARANTINE,
        )


async def release(connection: Connection, lane: str, now: datetime) -> None:
    """Take back the quarantines of the last moments: the mistake was our own."""
    await connection.execute(_RELEASE, lane, now + QUARANTINE - IN_ERROR)


async def lose_address(
    connection: Connection, message: Message, now: datetime, since: datetime | None
) -> None:
    """Mark an address dead since then, and its customer as out of reach there."""
    if message.address is None:
        return
    marked = await connection.fetch(
        _MARK,
        message.bucket,
        message.device_id,
        message.address.value,
        now,
        since or now,
    )
    if marked:
        key = CustomerKey(message.bucket, message.customer_id)
        device_id = DeviceId(message.device_id)
        await revise(connection, [key], lambda one: without_address(one, device_id))
