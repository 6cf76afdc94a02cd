"""What a change writes, as rows of the tables it goes to."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from geopush.core.change import Change
from geopush.core.known import write
from geopush.core.ping import DeviceId
from zones import ZoneId

Cell = str | int | bool | bytes | UUID | datetime | None
_json = msgspec.json.Encoder()


def columns(rows: Sequence[Sequence[Cell]], width: int) -> list[list[Cell]]:
    """Turn rows into columns of such a width, as statements take them."""
    if not rows:
        return [[] for _ in range(width)]
    return [list(column) for column in zip(*rows, strict=True)]


def each(
    changes: Sequence[Change], rows_of: Callable[[Change], Iterable[tuple[Cell, ...]]]
) -> list[tuple[Cell, ...]]:
    """The rows of all customers, each with whose it is."""
    return [
        (change.known.customer.bucket, change.known.customer.customer_id, *row)
        for change in changes
        for row in rows_of(change)
    ]


def customer(change: Change) -> tuple[Cell, ...]:
    """The customer's own row."""
    known = change.known
    key = known.customer
    state = write(change.state)
    return key.bucket, key.customer_id, known.version, change.seen, state


def departed(change: Change) -> Iterable[tuple[Cell, ...]]:
    """Presences that are over, or whose timer is."""
    gone = {(one.device_id, one.zone_id): True for one in change.left}
    dwelt: dict[tuple[DeviceId, ZoneId], bool] = {
        (one.device_id, one.zone_id): False for one in change.dwelt
    }
    return [(*stay, is_gone) for stay, is_gone in {**dwelt, **gone}.items()]


def came(change: Change) -> Iterable[tuple[Cell, ...]]:
    """Presences that are new."""
    return [(one.device_id, one.zone_id, one.since, one.due) for one in change.came]


def happened(change: Change) -> Iterable[tuple[Cell, ...]]:
    """Transitions."""
    for one in change.happened:
        what = one.transition
        yield (
            one.transition_id,
            one.device_id,
            what.zone_id,
            what.visit_id,
            what.kind,
            what.at,
            what.confidence,
            what.reason,
        )


def decided(change: Change) -> Iterable[tuple[Cell, ...]]:
    """Candidates and what they came to."""
    for one in change.decided:
        yield (
            one.decision_id,
            one.device_id,
            one.offer_id,
            one.zone_id,
            one.occasion,
            one.at,
            one.verdict,
            one.reason,
            _json.encode(one.trace),
            None if one.weather is None else _json.encode(one.weather),
            one.variant,
            one.held_out,
            one.due,
        )


def messages(change: Change) -> Iterable[tuple[Cell, ...]]:
    """Messages for the outbox."""
    for one in change.messages:
        yield (
            one.message_id,
            one.device_id,
            one.offer_id,
            one.zone_id,
            one.decided_at,
            one.expires_at,
            one.delivery,
            _json.encode(one.content),
            one.inbox,
        )


def visits(change: Change) -> Iterable[tuple[Cell, ...]]:
    """Visits, as they are now."""
    for one in change.visits:
        visit = one.visit
        yield one.device_id, visit.zone_id, visit.began, visit.left_at, one.undone
