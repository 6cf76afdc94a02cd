"""Devices' rows: whose each device is, and where a gateway finds it."""

from datetime import datetime

from asyncpg import Record

from geopush.core.device import Device
from geopush.core.message import Address, AddressKind, Environment, Platform
from geopush.core.ping import CustomerKey, DeviceId
from geopush.store.pool import Connection

_LOCATE = "SELECT bucket, customer_id FROM device WHERE device_id = $1"

# The row may be in any bucket, or not be there yet: the lock is on the name itself.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

_FIND = """
    SELECT bucket, device_id, customer_id, app, platform, secret_hash, address_kind,
           address, address_environment, address_since, address_dead_at
    FROM device WHERE device_id = $1
    FOR UPDATE
"""

_AT_ADDRESS = """
    SELECT device_id, bucket, customer_id FROM device
    WHERE address = $1 AND device_id <> $2
    ORDER BY device_id
    FOR UPDATE
"""

_FORGET_ADDRESS = """
    UPDATE device
    SET address = NULL, address_kind = NULL, address_environment = NULL,
        address_since = NULL, address_dead_at = NULL, quarantined_until = NULL
    WHERE address = $1 AND device_id <> $2
"""

_CREATE = """
    INSERT INTO device (
        bucket, device_id, customer_id, app, platform, secret_hash, address_kind,
        address, address_environment, address_since, registered_at, renewed_at
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
"""

_RENEW = """
    UPDATE device
    SET bucket = $1, customer_id = $3, app = $4, platform = $5, secret_hash = $6,
        address_kind = $7, address = $8, address_environment = $9,
        address_since = $10, address_dead_at = NULL, quarantined_until = NULL,
        renewed_at = $11
    WHERE device_id = $2
"""


async def locate(connection: Connection, device_id: str) -> CustomerKey | None:
    """Return the customer a device is on now, if there is such a device."""
    row = await connection.fetchrow(_LOCATE, device_id)
    return None if row is None else CustomerKey(row["bucket"], row["customer_id"])


async def hold(connection: Connection, device_id: str) -> Device | None:
    """Keep others from registering this device, and read its row if there is one."""
    await connection.execute(_LOCK, f"device {device_id}")
    row = await connection.fetchrow(_FIND, device_id)
    return None if row is None else _device(row)


async def hold_address(
    connection: Connection, address: str, device_id: DeviceId
) -> dict[DeviceId, CustomerKey]:
    """Keep others from naming this address; return the other devices that have it."""
    await connection.execute(_LOCK, f"address {address}")
    rows = await connection.fetch(_AT_ADDRESS, address, device_id)
    return {
        DeviceId(row["device_id"]): CustomerKey(row["bucket"], row["customer_id"])
        for row in rows
    }


async def forget_address(
    connection: Connection, address: str, device_id: DeviceId
) -> None:
    """Take an address from every device but this one."""
    await connection.execute(_FORGET_ADDRESS, address, device_id)


async def create(connection: Connection, device: Device, now: datetime) -> None:
    """Write a device that registers for the first time."""
    await connection.execute(_CREATE, *_columns(device), now)


async def renew(connection: Connection, device: Device, now: datetime) -> None:
    """Write a device that registers again, wherever its row was."""
    await connection.execute(_RENEW, *_columns(device), now)


def _columns(device: Device) -> tuple[int | str | bytes | datetime | None, ...]:
    address = device.address
    return (
        device.customer.bucket,
        device.device_id,
        device.customer.customer_id,
        device.app,
        device.platform,
        device.secret_hash,
        None if address is None else address.kind,
        None if address is None else address.value,
        None if address is None else address.environment,
        None if address is None else address.since,
    )


def _device(row: Record) -> Device:
    return Device(
        device_id=DeviceId(row["device_id"]),
        customer=CustomerKey(row["bucket"], row["customer_id"]),
        app=row["app"],
        platform=Platform(row["platform"]),
        secret_hash=row["secret_hash"],
        address=None if row["address_dead_at"] else _address(row),
    )


def _address(row: Record) -> Address | None:
    if row["address"] is None:
        return None
    return Address(
        AddressKind(row["address_kind"]),
        row["address"],
        row["address_since"],
        Environment(row["address_environment"]),
    )
