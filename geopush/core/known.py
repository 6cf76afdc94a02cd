"""What is known of a customer: the two halves of their row, and how it is written."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct

from geopush.core.cap import Tally
from geopush.core.customer import Consent, Preferences, Purpose
from geopush.core.deferred import Deferred
from geopush.core.message import Platform
from geopush.core.ping import CustomerKey, DeviceId
from geopush.core.presence import Whereabouts
from geopush.core.receipt import Report
from geopush.core.suppression import Stop

FORMAT = (
    b"\x01"  # the first byte of both halves, so that they can change without a rewrite
)
Attribute = str | float | int | bool | None


class State(Struct, frozen=True, array_like=True, gc=False):
    """What happens to a customer: whereabouts, tallies, the last moment of deciding.

    ``reports`` are what stops may ask for; ``deferred`` waits for quiet hours to end.
    """

    devices: dict[DeviceId, Whereabouts] = {}
    tallies: tuple[Tally, ...] = ()
    now: datetime | None = None
    reports: tuple[Report, ...] = ()
    deferred: tuple[Deferred, ...] = ()


class DeviceProfile(Struct, frozen=True, omit_defaults=True):
    """What a device said of itself; ``since`` is when this customer came to it."""

    app: str
    platform: Platform
    timezone: str
    language: str
    has_address: bool = False
    since: datetime | None = None
    permissions: dict[str, bool | str | None] = {}


class Profile(Struct, frozen=True, omit_defaults=True):
    """What people change; ``revision`` counts the changes, for If-Match."""

    consents: dict[Purpose, Consent] = {}
    preferences: Preferences = Preferences()
    attributes: dict[str, Attribute] = {}
    devices: dict[DeviceId, DeviceProfile] = {}
    identified: bool = False
    test: bool = False
    revision: int = 0
    stop: Stop | None = None


class Known(Struct, frozen=True, gc=False):
    """A customer's row as it was read; ``version`` guards the write."""

    customer: CustomerKey
    version: int
    state: State
    profile: Profile


KnownOf = Mapping[CustomerKey, Known]

_states = msgspec.msgpack.Decoder(State)
_profiles = msgspec.msgpack.Decoder(Profile)
_encoder = msgspec.msgpack.Encoder()


def read_state(row: bytes) -> State:
    """Read the half that pings change."""
    return _states.decode(memoryview(row)[1:])


def read_profile(row: bytes) -> Profile:
    """Read the half that people change."""
    return _profiles.decode(memoryview(row)[1:])


def write(half: State | Profile) -> bytes:
    """Write either half, format byte first."""
    return FORMAT + _encoder.encode(half)
