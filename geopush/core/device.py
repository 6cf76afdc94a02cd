"""A device: what it says of itself when it registers, and what is kept of that."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from geopush.core.known import DeviceProfile
from geopush.core.message import Address, AddressKind, Environment, Platform
from geopush.core.ping import CustomerKey, DeviceId, Identifier, Moment
from geopush.core.problems import quoted
from geopush.core.shape import Word
from zones import Problem, time_zone

# Both may be in the id of a customer: what callers choose for themselves, and what
# may stand in an address without being escaped.
CustomerIdentifier = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:~-]{1,128}\Z")]
Secret = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_=-]{32,128}\Z")]
AddressValue = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,4096}\Z")]
TimezoneName = Annotated[str, Meta(min_length=1, max_length=64)]
Language = Annotated[
    str, Meta(pattern=r"^[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8}){0,4}\Z", max_length=35)
]
Signature = Annotated[str, Meta(max_length=256)]
Allowed = bool | Annotated[str, Meta(max_length=64)] | None


class AddressGiven(Struct, frozen=True):
    """Where a gateway finds the device, in its own words."""

    kind: AddressKind
    value: AddressValue
    environment: Environment = Environment.PRODUCTION


class Permissions(Struct, frozen=True, omit_defaults=True):
    """What the phone's owner lets the app do, as the phone names it."""

    notifications: Allowed = None
    location: Allowed = None
    precise: Allowed = None


class AnswerSaid(Struct, frozen=True, omit_defaults=True):
    """An answer to a question of consent; without a time it was given now."""

    granted: bool
    at: Moment | None = None
    text_version: Word | None = None
    language: Word | None = None
    source: Word | None = None


class ConsentsSaid(Struct, frozen=True):
    """Answers by purpose; true and false are short for an answer given now."""

    push_marketing: bool | AnswerSaid | UnsetType = UNSET
    push_service: bool | AnswerSaid | UnsetType = UNSET
    location: bool | AnswerSaid | UnsetType = UNSET
    profiling: bool | AnswerSaid | UnsetType = UNSET


class Registration(Struct, frozen=True):
    """What a device says of itself; what it leaves out stays, null clears."""

    device_id: Identifier | UnsetType = UNSET
    device_secret: Secret | UnsetType = UNSET
    app: Identifier | UnsetType = UNSET
    platform: Platform | UnsetType = UNSET
    address: AddressGiven | UnsetType | None = UNSET
    customer_id: CustomerIdentifier | UnsetType | None = UNSET
    customer_signature: Signature | UnsetType | None = UNSET
    customer_signature_expires_at: Signature | UnsetType | None = UNSET
    timezone: TimezoneName | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    permissions: Permissions | UnsetType | None = UNSET
    consents: ConsentsSaid | UnsetType = UNSET


class Device(Struct, frozen=True):
    """A device's own row: whose it is, and where a gateway finds it."""

    device_id: DeviceId
    customer: CustomerKey
    app: str
    platform: Platform
    secret_hash: bytes
    address: Address | None = None


REQUIRED = ("app", "platform", "timezone", "language")  # of a device that is new


def check(
    said: Registration, device: Device | None, apps: Collection[str]
) -> list[Problem]:
    """Note everything that is impossible in a registration that reads well."""
    problems = []
    if device is None:
        problems += [
            Problem(f"$.{name}", "missing_field", f'a new device must say its "{name}"')
            for name in REQUIRED
            if getattr(said, name) is UNSET
        ]
    if said.app is not UNSET and said.app not in apps:
        text = f"is not an app here; known: {quoted(sorted(apps))}"
        problems.append(Problem("$.app", "unknown_app", text))
    if said.timezone is not UNSET and time_zone(said.timezone) is None:
        text = 'is no IANA time zone such as "Europe/Amsterdam"'
        problems.append(Problem("$.timezone", "unknown_timezone", text))
    if _is_misplaced(said, device):
        text = "an apns_token belongs to a phone with ios"
        problems.append(Problem("$.address.kind", "wrong_gateway", text))
    return problems


def renewed(
    device: Device, said: Registration, customer: CustomerKey, now: datetime
) -> Device:
    """Return a device's row after it registered again, for this customer."""
    return Device(
        device_id=device.device_id,
        customer=customer,
        app=device.app if said.app is UNSET else said.app,
        platform=device.platform if said.platform is UNSET else said.platform,
        secret_hash=device.secret_hash,
        address=_address(device.address, said.address, now),
    )


def created(
    said: Registration,
    device_id: DeviceId,
    customer: CustomerKey,
    secret_hash: bytes,
    now: datetime,
) -> Device:
    """Return the row of a device that registers for the first time."""
    if said.app is UNSET or said.platform is UNSET:
        raise ValueError("check() first: a new device says its app and platform")
    address = _address(None, said.address, now)
    return Device(device_id, customer, said.app, said.platform, secret_hash, address)


def describe(
    before: DeviceProfile | None,
    said: Registration,
    device: Device,
    since: datetime | None,
) -> DeviceProfile:
    """Return what the customer's row says of the device from now on."""
    return DeviceProfile(
        app=device.app,
        platform=device.platform,
        timezone=said.timezone or (before.timezone if before else "UTC"),
        language=said.language or (before.language if before else "en"),
        has_address=device.address is not None,
        since=since,
        permissions=_permissions(before, said),
    )


def _is_misplaced(said: Registration, device: Device | None) -> bool:
    if not isinstance(said.address, AddressGiven):
        return False
    known = device.platform if device else UNSET
    platform = known if said.platform is UNSET else said.platform
    is_apples = said.address.kind is AddressKind.APNS_TOKEN
    return is_apples and platform is Platform.ANDROID


def _address(
    known: Address | None, said: AddressGiven | UnsetType | None, now: datetime
) -> Address | None:
    """The address from now on; the same one named again keeps its date."""
    if said is UNSET:
        return known
    if said is None:
        return None
    if known and (known.kind, known.value, known.environment) == (
        said.kind,
        said.value,
        said.environment,
    ):
        return known
    return Address(said.kind, said.value, now, said.environment)


def _permissions(
    before: DeviceProfile | None, said: Registration
) -> dict[str, bool | str | None]:
    if said.permissions is UNSET:
        return before.permissions if before else {}
    if said.permissions is None:
        return {}
    return {
        name: value
        for name, value in msgspec.structs.asdict(said.permissions).items()
        if value is not None
    }
