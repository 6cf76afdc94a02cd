"""Forget addresses at which nobody is any more."""

from datetime import datetime

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
