"""What an evaluation made of each customer, and what it answers to each upload."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from geopush.core.decision import Gate, Reason, Verdict
from geopush.core.known import Known, State
from geopush.core.message import Content, Delivery
from geopush.core.ping import CustomerKey, DeviceId, Ping, RefusedPing
from geopush.core.presence import Presence, Transition, Whereabouts
from geopush.core.visit import Visit
from geopush.core.weather import WeatherSeen
from zones import ZoneId

Stay = tuple[DeviceId, ZoneId]


class Upload(Struct, frozen=True, gc=False):
    """What one request brought from one device.

    ``pings`` carry their place in the request; ``refused`` are those that did not fit
    the schema.
    """

    device_id: DeviceId
    customer: CustomerKey
    pings: tuple[tuple[int, Ping], ...]
    refused: tuple[RefusedPing, ...] = ()


class Taken(Struct, frozen=True, gc=False):
    """What became of an upload; the four counts add up to its pings."""

    accepted: int
    late: int
    repeated: int
    rejected: tuple[RefusedPing, ...]
    transitions: tuple[Transition, ...]
    inside: tuple[ZoneId, ...]


class NotPermitted(Struct, frozen=True):
    """The customer lets nobody use their location now; nothing was kept."""


class UnknownDevice(Struct, frozen=True):
    """The device is not there any more; it has to register again."""


Answer = Taken | NotPermitted | UnknownDevice


class Came(Struct, frozen=True):
    """A presence that is new, and when it comes due if its zone asks for dwell."""

    device_id: DeviceId
    zone_id: ZoneId
    since: datetime
    due: datetime | None


class Left(Struct, frozen=True):
    """A presence that is over."""

    device_id: DeviceId
    zone_id: ZoneId


class Happened(Struct, frozen=True):
    """A transition and the device it happened to."""

    transition_id: UUID
    device_id: DeviceId
    transition: Transition


class Decided(Struct, frozen=True, gc=False):
    """A candidate, what it came to, and in which weather; a message has the same id."""

    decision_id: UUID
    device_id: DeviceId
    offer_id: str
    zone_id: ZoneId
    occasion: str
    at: datetime
    verdict: Verdict
    reason: Reason
    trace: tuple[Gate, ...]
    weather: WeatherSeen | None = None
    variant: str | None = None
    held_out: bool = False
    due: datetime | None = None


class NewMessage(Struct, frozen=True):
    """A message for the outbox."""

    message_id: UUID
    device_id: DeviceId
    offer_id: str
    zone_id: ZoneId
    content: Content
    delivery: Delivery
    decided_at: datetime
    expires_at: datetime
    inbox: bool


class Visited(Struct, frozen=True):
    """A visit of a device as it is known now, or that it never was."""

    device_id: DeviceId
    visit: Visit
    undone: bool = False


class Change(Struct, frozen=True, gc=False):
    """All that is to be written of one customer, together or not at all."""

    known: Known
    state: State
    seen: datetime | None
    came: tuple[Came, ...] = ()
    left: tuple[Left, ...] = ()
    dwelt: tuple[Left, ...] = ()
    happened: tuple[Happened, ...] = ()
    decided: tuple[Decided, ...] = ()
    messages: tuple[NewMessage, ...] = ()
    visits: tuple[Visited, ...] = ()


class Evaluation(Struct, frozen=True):
    """What is to be written, by customer, and what to answer, by upload."""

    changes: tuple[Change, ...]
    answers: tuple[Answer, ...]


class Moved(Struct, frozen=True):
    """Which presences are new, over, or have lasted as long as their zone asks."""

    came: tuple[Came, ...]
    left: tuple[Left, ...]
    dwelt: tuple[Left, ...]


def compare(
    before: Mapping[DeviceId, Whereabouts],
    after: Mapping[DeviceId, Whereabouts],
    due: Mapping[Stay, datetime],
) -> Moved:
    """Tell a customer's presences before from those after."""
    old, new = _stays(before), _stays(after)
    return Moved(
        came=tuple(
            Came(*key, stay.since, None if stay.dwelt else due.get(key))
            for key, stay in new.items()
            if key not in old or old[key].since != stay.since
        ),
        left=tuple(Left(*key) for key in old if key not in new),
        dwelt=tuple(
            Left(*key)
            for key, stay in new.items()
            if stay.dwelt and key in old and not old[key].dwelt
        ),
    )


def _stays(devices: Mapping[DeviceId, Whereabouts]) -> dict[Stay, Presence]:
    """Every presence of a customer by device and zone, in a fixed order."""
    return {
        (device_id, zone_id): presence
        for device_id, where in sorted(devices.items())
        for zone_id, presence in sorted(where.presences.items())
    }
