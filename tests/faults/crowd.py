"""People who are inside a zone already, written straight into the database."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import asyncpg

from geopush.core.cap import Tally
from geopush.core.customer import Consent, Preferences, Purpose
from geopush.core.decision import Reason
from geopush.core.known import DeviceProfile, Profile, State, write
from geopush.core.message import Platform
from geopush.core.ping import DeviceId, customer_key
from geopush.core.presence import NAMESPACE, Presence, Whereabouts
from zones import ZoneId

OFFER, ZONE = "ice-cream", ZoneId("square")
# What becomes of each of ten; None is nobody who was seen lately.
FATES: tuple[Reason | None, ...] = (
    *(Reason.DECIDED,) * 6,
    Reason.NO_CONSENT,
    Reason.TOPIC_NOT_CHOSEN,
    Reason.CAPPED,
    None,
)
LONG_AGO = timedelta(days=30)
COLUMNS = {
    "customer": ("bucket", "customer_id", "version", "seen", "state", "profile"),
    "device": (
        *("bucket", "device_id", "customer_id", "app", "platform", "secret_hash"),
        *("address_kind", "address", "address_environment", "address_since"),
        *("registered_at", "renewed_at"),
    ),
    "presence": ("bucket", "customer_id", "device_id", "zone_id", "since"),
}


def fate(number: int) -> Reason | None:
    """What must become of somebody when the weather turns."""
    return FATES[number % len(FATES)]


async def gather(dsn: str, count: int, now: datetime) -> None:
    """Put so many people inside the zone, all of them a while ago."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            for table, columns in COLUMNS.items():
                rows = (_row(table, number, now) for number in range(count))
                await connection.copy_records_to_table(
                    table, records=rows, columns=columns
                )
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


def _row(table: str, number: int, now: datetime) -> tuple[object, ...]:
    key, phone = customer_key(f"crowd-{number}"), DeviceId(f"crowd-phone-{number}")
    began = now - timedelta(hours=1)
    if table == "presence":
        return key.bucket, key.customer_id, phone, ZONE, began
    if table == "device":
        whose = key.bucket, phone, key.customer_id, "demo", "ios", b""
        address = "apns_token", f"{number + 2**64:064x}", "production", began
        return *whose, *address, began, began
    seen = now - timedelta(minutes=40 if fate(number) is None else 1)
    state, profile = _state(number, phone, seen, began), _profile(number, phone, now)
    return key.bucket, key.customer_id, 1, seen, write(state), write(profile)


def _state(number: int, phone: DeviceId, seen: datetime, began: datetime) -> State:
    visit = uuid5(NAMESPACE, f"crowd {number}")
    where = Whereabouts(seen, presences={ZONE: Presence(began, visit)})
    had = Tally(UUID(int=number), began, OFFER, "promo", ZONE)
    capped = fate(number) is Reason.CAPPED
    return State({phone: where}, (had,) if capped else ())


def _profile(number: int, phone: DeviceId, now: datetime) -> Profile:
    agreed = Consent(granted=True, at=now - LONG_AGO, since=now - LONG_AGO)
    given: Iterator[Purpose] = iter(Purpose)
    if fate(number) is Reason.NO_CONSENT:
        given = (one for one in Purpose if one is not Purpose.PUSH_MARKETING)
    likes = fate(number) is not Reason.TOPIC_NOT_CHOSEN
    device = DeviceProfile(
        "demo", Platform.IOS, "Europe/Amsterdam", "en", has_address=True
    )
    return Profile(
        consents=dict.fromkeys(given, agreed),
        preferences=Preferences(topics={"ice_cream": likes}),
        devices={phone: device},
    )
