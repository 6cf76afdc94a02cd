"""What the feed tells: events of a closed list of types, each with its place."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum, auto
from typing import TypeAlias

from msgspec import Struct

from geopush.core.decision import Verdict
from geopush.core.message import ON_THE_WAY, State
from geopush.core.presence import Kind
from geopush.core.receipt import ReceiptKind

Datum: TypeAlias = str | int | float | bool | None


class Source(StrEnum):
    """Where the feed takes its events from."""

    TRANSITION = auto()
    DECISION = auto()
    MESSAGE = auto()
    RECEIPT = auto()
    CONSENT = auto()


class Place(Struct, frozen=True, order=True):
    """Where in the feed an event stands; no event stands in a place already told."""

    xact: int
    order: int


class Event(Struct, frozen=True):
    """Something that happened to a customer; ``event_id`` is the same in every telling.

    ``data`` never says where somebody was, but by the id of a zone.
    """

    place: Place
    event_id: str
    event_type: str
    customer_id: str
    at: datetime
    data: Mapping[str, Datum]


class CloudEvent(Struct, frozen=True):
    """An event as CloudEvents 1.0 has it; `subject` is the customer."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str
    data: dict[str, Datum]


START = Place(0, 0)

_ZONE = {
    Kind.ENTER: "entered",
    Kind.EXIT: "exited",
    Kind.DWELL: "dwelt",
    Kind.APPROACH: "approached",
}
_NAMED: dict[tuple[Source, str], str] = {
    **{(Source.TRANSITION, kind): f"zone.{name}" for kind, name in _ZONE.items()},
    **{
        (Source.DECISION, verdict): f"offer.{verdict}"
        for verdict in (Verdict.DECIDED, Verdict.WOULD_HAVE_SENT)
    },
    **{
        (Source.MESSAGE, state): f"message.{state}"
        for state in State
        if state not in ON_THE_WAY
    },
    **{(Source.RECEIPT, kind): f"receipt.{kind}" for kind in ReceiptKind},
    (Source.CONSENT, "granted"): "consent.granted",
    (Source.CONSENT, "withdrawn"): "consent.withdrawn",
}
# What a source calls it, and what the feed calls it.
TYPES = {key: f"io.geopush.{name}.v1" for key, name in _NAMED.items()}


def wanted(types: frozenset[str]) -> dict[Source, list[str]]:
    """Return what of each source these types are; without any, everything."""
    found: dict[Source, list[str]] = {}
    for (source, word), name in TYPES.items():
        if not types or name in types:
            found.setdefault(source, []).append(word)
    return found


def as_cloud_event(event: Event) -> CloudEvent:
    """Return an event as it is told to others."""
    return CloudEvent(
        specversion="1.0",
        id=event.event_id,
        source="urn:geopush:feed",
        type=event.event_type,
        subject=event.customer_id,
        time=event.at,
        datacontenttype="application/json",
        data=dict(event.data),
    )
