"""A message: one offer on its way to one device, and what a gateway may say to it."""

from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import NewType
from uuid import UUID

from msgspec import Struct

MessageId = NewType("MessageId", UUID)
Scalar = str | int | float | bool


class Platform(StrEnum):
    """What kind of phone a device is."""

    IOS = auto()
    ANDROID = auto()


class AddressKind(StrEnum):
    """What a gateway calls the address of a device."""

    APNS_TOKEN = auto()
    FCM_TOKEN = auto()
    FID = auto()


class Environment(StrEnum):
    """Which of Apple's two environments an address belongs to."""

    PRODUCTION = auto()
    DEVELOPMENT = auto()


class Address(Struct, frozen=True):
    """Where a gateway finds a device; ``since`` is when the device named it."""

    kind: AddressKind
    value: str
    since: datetime
    environment: Environment = Environment.PRODUCTION


class Button(Struct, frozen=True):
    """A button under a message; the SDK draws it."""

    id: str
    text: str


class Content(Struct, frozen=True, omit_defaults=True):
    """The words of a message, filled in, in the customer's language.

    ``ios`` and ``android`` are what the offer sets for one platform alone, see
    ``geopush/core/overrides.py``.
    """

    title: str
    body: str
    url: str | None = None
    image: str | None = None
    buttons: tuple[Button, ...] = ()
    data: dict[str, str] = {}
    ios: dict[str, Scalar] = {}
    android: dict[str, Scalar] = {}


class Delivery(StrEnum):
    """What becomes of a send whose answer never came."""

    AT_MOST_ONCE = auto()
    AT_LEAST_ONCE = auto()


class State(StrEnum):
    """Where a message is on its way through the outbox."""

    QUEUED = auto()
    CLAIMED = auto()
    RETRY = auto()
    ACCEPTED = auto()
    DEAD_ADDRESS = auto()
    REJECTED = auto()
    EXPIRED = auto()
    WITHDRAWN = auto()
    UNKNOWN = auto()


ON_THE_WAY = frozenset({State.QUEUED, State.CLAIMED, State.RETRY})
# What never left: its caps are given back.
UNSENT = frozenset({State.DEAD_ADDRESS, State.REJECTED, State.EXPIRED, State.WITHDRAWN})


class Message(Struct, frozen=True):
    """One offer on its way to one device, as claimed from the outbox.

    It is ``in_doubt`` once a try may have arrived without our hearing of it.
    """

    message_id: MessageId
    bucket: int
    customer_id: str
    device_id: str
    offer_id: str
    zone_id: str | None
    app: str
    address: Address | None
    content: Content
    delivery: Delivery
    decided_at: datetime
    due: datetime
    expires_at: datetime
    attempts: int
    claim: UUID
    in_doubt: bool = False
    receipt_token: str | None = None
    platform: Platform = Platform.ANDROID


class Accepted(Struct, frozen=True):
    """The gateway took the message."""


class AddressDead(Struct, frozen=True):
    """Nobody is at the address any more, since then if the gateway says when."""

    reason: str
    since: datetime | None = None


class AddressSuspect(Struct, frozen=True):
    """The gateway does not take the address; our own configuration may be at fault."""

    reason: str


class Rejected(Struct, frozen=True):
    """The gateway will never take this message."""

    reason: str


class Throttled(Struct, frozen=True):
    """Too much for now: this ``scope`` is to wait."""

    reason: str
    scope: str = "device"
    retry_after: timedelta | None = None


class AuthFailed(Struct, frozen=True):
    """The gateway does not know us; no message is at fault.

    ``detail`` tells operators what to look at.
    """

    reason: str
    detail: str = ""


class Transient(Struct, frozen=True):
    """It did not work now; ``ambiguous`` if it may have arrived all the same.

    ``detail`` tells operators what to look at.
    """

    reason: str
    ambiguous: bool
    retry_after: timedelta | None = None
    detail: str = ""


class Objection(Struct, frozen=True):
    """We ourselves kept the message from leaving; it comes to this state.

    One that is to be tried again is not until ``retry_after``.
    """

    state: State
    reason: str
    retry_after: timedelta | None = None


Outcome = (
    Accepted
    | AddressDead
    | AddressSuspect
    | Rejected
    | Throttled
    | AuthFailed
    | Transient
    | Objection
)
