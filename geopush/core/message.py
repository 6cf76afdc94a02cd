"""A message: one offer on its way to one device, and the outbox's rules for it."""

from datetime import datetime, timedelta
from enum import StrEnum, auto
from hashlib import blake2b
from typing import NewType, assert_never
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

MessageId = NewType("MessageId", UUID)

FIRST_WAIT = timedelta(seconds=1)  # after a transport error or 5xx; doubles each time
THROTTLED_WAIT = timedelta(seconds=60)  # the least both gateways ask for over quota
LONGEST_WAIT = timedelta(minutes=15)


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
    """The words of a message, filled in, in the customer's language."""

    title: str
    body: str
    url: str | None = None
    image: str | None = None
    buttons: tuple[Button, ...] = ()
    data: dict[str, str] = {}
    ios: dict[str, str | int | float | bool] = {}
    android: dict[str, str | int | float | bool] = {}


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
    expires_at: datetime
    attempts: int
    claim: UUID
    in_doubt: bool = False


class Accepted(Struct, frozen=True):
    """The gateway took the message."""


class AddressDead(Struct, frozen=True):
    """Nobody is at the address any more, since then if the gateway says when."""

    reason: str
    since: datetime | None = None


class Rejected(Struct, frozen=True):
    """The gateway will never take this message."""

    reason: str


class Throttled(Struct, frozen=True):
    """Too much for now: this ``scope`` is to wait."""

    reason: str
    scope: str = "device"
    retry_after: timedelta | None = None


class AuthFailed(Struct, frozen=True):
    """The gateway does not know us; no message is at fault."""

    reason: str


class Transient(Struct, frozen=True):
    """It did not work now; ``ambiguous`` if it may have arrived all the same."""

    reason: str
    ambiguous: bool
    retry_after: timedelta | None = None


Outcome = Accepted | AddressDead | Rejected | Throttled | AuthFailed | Transient


class Fate(Struct, frozen=True):
    """What becomes of a message: its next state, when it is due again, and why."""

    message: Message
    state: State
    due: datetime
    reason: str


def settle(message: Message, outcome: Outcome, now: datetime) -> Fate:
    """Say what becomes of a claimed message after the gateway's answer."""
    if isinstance(outcome, Transient) and outcome.ambiguous:
        message = replace(message, in_doubt=True)
    state, reason, wait = _next(message, outcome)
    if state is State.RETRY and now + wait < message.expires_at:
        return Fate(message, State.RETRY, now + wait, reason)
    return end(message, State.EXPIRED if state is State.RETRY else state, now, reason)


def end(message: Message, state: State, now: datetime, reason: str) -> Fate:
    """Say what becomes of a message that is tried no more.

    One in doubt is never said not to have left: nobody knows, and its caps are kept.
    """
    if message.in_doubt and state in UNSENT:
        return Fate(message, State.UNKNOWN, now, reason)
    return Fate(message, state, now, reason)


def _next(message: Message, outcome: Outcome) -> tuple[State, str, timedelta]:
    at_once = timedelta(0)
    match outcome:
        case Accepted():
            return State.ACCEPTED, "accepted", at_once
        case AddressDead(reason=reason):
            return State.DEAD_ADDRESS, reason, at_once
        case Rejected(reason=reason):
            return State.REJECTED, reason, at_once
        case Throttled(reason=reason, retry_after=after):
            return State.RETRY, reason, _wait(message, THROTTLED_WAIT, after)
        case AuthFailed(reason=reason):
            return State.RETRY, reason, _wait(message, THROTTLED_WAIT, None)
        case Transient(reason=reason, ambiguous=True) if (
            message.delivery is Delivery.AT_MOST_ONCE
        ):
            return State.UNKNOWN, reason, at_once
        case Transient(reason=reason, retry_after=after):
            return State.RETRY, reason, _wait(message, FIRST_WAIT, after)
        case _:
            assert_never(outcome)


def _wait(message: Message, base: timedelta, asked: timedelta | None) -> timedelta:
    """Exponential with jitter, never shorter than the gateway asked for.

    The jitter comes from the message's id, so the same message waits the same.
    """
    doublings = 1 << min(message.attempts, 20)
    longest = min(base * doublings, LONGEST_WAIT)
    seed = blake2b(message.message_id.bytes + bytes([message.attempts & 255]))
    share = int.from_bytes(seed.digest()[:4], "big") / 2**32
    return max(longest * (0.5 + share / 2), asked or timedelta(0))
