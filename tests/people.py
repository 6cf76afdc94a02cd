"""Anna in a real database: her row, her phone, her consents."""

from datetime import datetime

from msgspec.structs import replace

from geopush.core.device import Device
from geopush.core.known import Known
from geopush.core.message import Address, AddressKind, Platform
from geopush.core.ping import CustomerKey, DeviceId
from geopush.store import customers, devices
from geopush.store.pool import Pool
from geopush.store.suppressions import Suppressions
from tests.core.world import ANNA, NOON, PHONE, a_customer, consents

SUPPRESSIONS = Suppressions([b"s" * 32])
TOKEN = "ab" * 32


async def settle_in(
    pool: Pool,
    known: Known | None = None,
    *,
    customer: CustomerKey = ANNA,
    device_id: DeviceId = PHONE,
    address: str = TOKEN,
    at: datetime = NOON,
) -> Known:
    """Write a customer and their one phone."""
    known = replace(known or a_customer(), customer=customer, version=-1)
    profile = known.profile
    if device_id not in profile.devices:
        phones = {device_id: profile.devices[PHONE]}
        known = replace(known, profile=replace(profile, devices=phones))
    phone = Device(
        device_id=device_id,
        customer=customer,
        app="demo",
        platform=Platform.IOS,
        secret_hash=b"",
        address=Address(AddressKind.APNS_TOKEN, address, at),
    )
    async with pool.acquire() as connection, connection.transaction():
        await customers.save(connection, known)
        await devices.create(connection, phone, at)
    return await look_up(pool, customer)


async def look_up(pool: Pool, customer: CustomerKey = ANNA) -> Known:
    """A customer's row as it is now."""
    async with pool.acquire() as connection:
        known = await customers.find(connection, customer.customer_id)
    assert known is not None
    return known


async def withdraw_consent(pool: Pool, **given: bool) -> None:
    """Let Anna say no, as the API writes it."""
    known = await look_up(pool)
    profile = replace(known.profile, consents=consents(**given))
    async with pool.acquire() as connection:
        await customers.save(connection, replace(known, profile=profile))
