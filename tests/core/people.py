"""Customers for tests: each says only what the test is about."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from geopush.core.cap import Tally
from geopush.core.customer import Consent, Preferences, Purpose
from geopush.core.known import DeviceProfile, Known, Profile, State
from geopush.core.message import Platform
from geopush.core.ping import DeviceId, customer_key
from geopush.core.presence import Whereabouts

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)


def after(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def said_yes(minutes: float) -> Consent:
    """A consent given then."""
    return Consent(True, after(minutes), after(minutes))


def said_no(minutes: float) -> Consent:
    """A consent refused then."""
    return Consent(False, after(minutes), after(minutes))


def tally(number: int) -> Tally:
    """A message of so many minutes after noon, told apart by that number."""
    return Tally(UUID(int=number), after(number), "ice", "promo", "park")


def phone(since: datetime | None = None, *, has_address: bool = True) -> DeviceProfile:
    """What a phone said of itself."""
    return DeviceProfile(
        "demo", Platform.IOS, "Europe/Amsterdam", "nl", has_address, since
    )


def customer(
    customer_id: str,
    *,
    phones: dict[str, DeviceProfile] | None = None,
    consents: dict[Purpose, Consent] | None = None,
    preferences: Preferences | None = None,
    tallies: tuple[Tally, ...] = (),
    identified: bool = True,
    version: int = 3,
) -> Known:
    """A customer whose phones were all seen at noon."""
    devices = {DeviceId(name): one for name, one in (phones or {}).items()}
    return Known(
        customer_key(customer_id),
        version,
        State(
            {name: Whereabouts(recorded_at=NOON) for name in devices},
            tallies,
            NOON if tallies else None,
        ),
        Profile(
            consents=consents or {},
            preferences=preferences or Preferences(),
            devices=devices,
            identified=identified,
        ),
    )
