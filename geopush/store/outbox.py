"""The outbox: claim what is due, settle what became of it, withdraw what is off."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct

from geopush.core.message import (
    Address,
    AddressKind,
    Content,
    Delivery,
    Environment,
    Fate,
    Message,
    MessageId,
    State,
)
from geopush.core.ping import CustomerKey
from geopush.store.pool import Connection

# A claim is committed before anything is sent, so that a crash leaves a trace of what
# may have left. The address is looked up now: a device may have moved since.
_CLAIM = """
    WITH due AS (
        SELECT bucket, message_id FROM outbox
        WHERE state IN ('queued', 'retry') AND due <= $2 AND bucket BETWEEN $5 AND $6
        ORDER BY due
        LIMIT $1
        FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE outbox
        SET state = 'claimed', claim = $3, claimed_until = $4, changed_at = $2,
            attempts = attempts + 1
        FROM due
        WHERE outbox.bucket = due.bucket AND outbox.message_id = due.message_id
        RETURNING outbox.*
    )
    SELECT claimed.*, device.app, device.address, device.address_kind,
           device.address_environment, device.address_since
    FROM claimed
    LEFT JOIN device
      ON device.bucket = claimed.bucket AND device.device_id = claimed.device_id
     AND device.customer_id = claimed.customer_id AND device.address_dead_at IS NULL
    ORDER BY claimed.decided_at, claimed.message_id
"""

_SETTLE = """
    WITH fate AS (
        SELECT * FROM unnest(
            $1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[],
            $6::timestamptz[], $7::boolean[]
        ) AS fate (bucket, message_id, claim, state, reason, due, in_doubt)
    )
    UPDATE outbox
    SET state = fate.state, reason = fate.reason, due = fate.due,
        in_doubt = fate.in_doubt, changed_at = $8, claim = NULL, claimed_until = NULL
    FROM fate
    WHERE outbox.bucket = fate.bucket AND outbox.message_id = fate.message_id
      AND outbox.claim = fate.claim
    RETURNING outbox.bucket, outbox.message_id, outbox.customer_id, outbox.state
"""

# Whoever held these claims is gone. At least once: send again, under the same id. At
# most once: it may have arrived, so it is not repeated and says so.
_LAPSE = """
    UPDATE outbox
    SET state = CASE delivery WHEN 'at_least_once' THEN 'queued' ELSE 'unknown' END,
        reason = 'claim_lapsed', in_doubt = true, changed_at = $1, claim = NULL,
        claimed_until = NULL
    WHERE state = 'claimed' AND claimed_until < $1
"""

# What may have left already can be held back, but not be said never to have left.
_WITHDRAW = """
    UPDATE outbox
    SET state = CASE WHEN in_doubt THEN 'unknown' ELSE 'withdrawn' END, reason = $3,
        changed_at = $2
    WHERE offer_id = $1 AND state IN ('queued', 'retry')
    RETURNING bucket, customer_id, message_id, state
"""

_WITHDRAW_AT = """
    UPDATE outbox
    SET state = CASE WHEN in_doubt THEN 'unknown' ELSE 'withdrawn' END,
        reason = 'conditions_no_longer_hold', changed_at = $3
    WHERE offer_id = $1 AND zone_id = $2 AND state IN ('queued', 'retry')
    RETURNING bucket, customer_id, message_id, state
"""

_contents = msgspec.json.Decoder(Content)


class Settled(Struct, frozen=True):
    """A message whose state was written."""

    customer: CustomerKey
    message_id: UUID
    state: State


async def claim(
    connection: Connection,
    limit: int,
    claim_id: UUID,
    now: datetime,
    lease: timedelta,
    buckets: tuple[int, int] = (0, 255),
) -> list[Message]:
    """Take up to ``limit`` due messages for the length of the lease."""
    rows = await connection.fetch(_CLAIM, limit, now, claim_id, now + lease, *buckets)
    return [
        Message(
            message_id=MessageId(row["message_id"]),
            bucket=row["bucket"],
            customer_id=row["customer_id"],
            device_id=row["device_id"],
            offer_id=row["offer_id"],
            zone_id=row["zone_id"],
            app=row["app"] or "",
            address=_address(
                row["address_kind"],
                row["address"],
                row["address_environment"],
                row["address_since"],
            ),
            content=_contents.decode(row["content"]),
            delivery=Delivery(row["delivery"]),
            decided_at=row["decided_at"],
            expires_at=row["expires_at"],
            attempts=row["attempts"],
            claim=claim_id,
            in_doubt=row["in_doubt"],
        )
        for row in rows
    ]


async def settle(
    connection: Connection, fates: Sequence[Fate], now: datetime
) -> list[Settled]:
    """Write what became of claimed messages; a claim that was lost changes nothing."""
    ordered = sorted(
        fates, key=lambda fate: (fate.message.bucket, fate.message.message_id)
    )
    rows = await connection.fetch(
        _SETTLE,
        [fate.message.bucket for fate in ordered],
        [fate.message.message_id for fate in ordered],
        [fate.message.claim for fate in ordered],
        [fate.state for fate in ordered],
        [fate.reason for fate in ordered],
        [fate.due for fate in ordered],
        [fate.message.in_doubt for fate in ordered],
        now,
    )
    return [_settled(row) for row in rows]


async def lapse(connection: Connection, now: datetime) -> None:
    """End the claims of workers that are gone."""
    await connection.execute(_LAPSE, now)


async def withdraw(
    connection: Connection, offer_id: str, now: datetime, reason: str = "offer_paused"
) -> list[Settled]:
    """Take back what is queued of an offer, for good."""
    rows = await connection.fetch(_WITHDRAW, offer_id, now, reason)
    return [_settled(row) for row in rows]


async def withdraw_at(
    connection: Connection, offer_id: str, zone_id: str, now: datetime
) -> list[Settled]:
    """Take back what is queued of an offer at a zone where it no longer holds."""
    rows = await connection.fetch(_WITHDRAW_AT, offer_id, zone_id, now)
    return [_settled(row) for row in rows]


def _settled(row: Record) -> Settled:
    customer = CustomerKey(row["bucket"], row["customer_id"])
    return Settled(customer, row["message_id"], State(row["state"]))


def _address(
    kind: str | None, value: str | None, environment: str | None, since: datetime | None
) -> Address | None:
    if kind is None or value is None or since is None:
        return None
    where = Environment(environment or Environment.PRODUCTION)
    return Address(AddressKind(kind), value, since, where)
