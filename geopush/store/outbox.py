"""The outbox: claim what is due, settle what became of it, withdraw what is off."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from asyncpg import Record
from msgspec import Struct

from geopush.core.message import UNSENT, Message, State
from geopush.core.outbox import Fate
from geopush.core.ping import CustomerKey
from geopush.store.claimed import COLUMNS, read_message
from geopush.store.pool import Connection

# A claim is committed before anything is sent, so that a crash leaves a trace of what
# may have left. The address is looked up now: a device may have moved since.
_DUE = """
    SELECT bucket, message_id FROM outbox
    WHERE state IN ('queued', 'retry') AND due BETWEEN $3 AND $2
      AND bucket BETWEEN $4 AND $5
"""
_FIRST = " ORDER BY due LIMIT $1 FOR UPDATE SKIP LOCKED"
DUE_IN_LANE = f"{_DUE} AND lane = $6 {_FIRST}"
_DUE_ELSEWHERE = f"{_DUE} AND lane <> ALL($6::text[]) {_FIRST}"

_TAKE = """
    WITH due AS (%s), claimed AS (
        UPDATE outbox
        SET state = 'claimed', claim = $7, claimed_until = $8, changed_at = $2,
            attempts = attempts + 1
        FROM due
        WHERE outbox.bucket = due.bucket AND outbox.message_id = due.message_id
        RETURNING outbox.bucket, outbox.message_id, outbox.customer_id,
                  outbox.device_id, outbox.offer_id, outbox.zone_id, outbox.content,
                  outbox.delivery, outbox.decided_at, outbox.due, outbox.expires_at,
                  outbox.attempts, outbox.in_doubt
    )
    SELECT %s
    FROM claimed
    LEFT JOIN device
      ON device.bucket = claimed.bucket AND device.device_id = claimed.device_id
     AND device.customer_id = claimed.customer_id AND device.address_dead_at IS NULL
     AND (device.quarantined_until IS NULL OR device.quarantined_until <= $2)
    ORDER BY claimed.decided_at, claimed.message_id
"""
_CLAIM = _TAKE % (DUE_IN_LANE, COLUMNS)
_CLAIM_ELSEWHERE = _TAKE % (_DUE_ELSEWHERE, COLUMNS)

_SETTLE = """
    WITH fate AS (
        SELECT * FROM unnest(
            $1::smallint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[],
            $6::timestamptz[], $7::boolean[]
        ) AS fate (bucket, message_id, claim, state, reason, due, in_doubt)
    ), settled AS (
        UPDATE outbox
        SET state = fate.state, reason = fate.reason, due = fate.due,
            in_doubt = fate.in_doubt, changed_at = $8, claim = NULL,
            claimed_until = NULL
        FROM fate
        WHERE outbox.bucket = fate.bucket AND outbox.message_id = fate.message_id
          AND outbox.claim = fate.claim
        RETURNING outbox.bucket, outbox.message_id, outbox.customer_id, outbox.state
    )
    SELECT * FROM settled WHERE state = ANY($9::text[])
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

# A gateway that is left alone for long must not keep what nobody wants any more.
_EXPIRE = """
    WITH late AS (
        SELECT bucket, message_id FROM outbox
        WHERE state IN ('queued', 'retry') AND expires_at <= $1
        ORDER BY expires_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox
    SET state = CASE WHEN in_doubt THEN 'unknown' ELSE 'expired' END,
        reason = 'expired', changed_at = $1
    FROM late
    WHERE outbox.bucket = late.bucket AND outbox.message_id = late.message_id
    RETURNING outbox.bucket, outbox.message_id, outbox.customer_id, outbox.state
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

# Only the id is known, not the bucket: a look into each is less than one more index.
_HOLD = """
    SELECT bucket, customer_id, device_id, state, reason, offer_id, zone_id,
           decided_at, expires_at, in_doubt
    FROM outbox
    WHERE bucket = ANY($1::smallint[]) AND message_id = $2
    FOR UPDATE
"""

_MOVE = """
    UPDATE outbox SET state = $3, reason = $4, due = $5, changed_at = $5
    WHERE bucket = $1 AND message_id = $2
"""

_UNSENT = sorted(UNSENT)
MOST_AT_ONCE = 1_000  # messages that expire in one statement
EVER = datetime(1970, 1, 1, tzinfo=UTC)  # nothing was due before


class Of(Struct, frozen=True):
    """Which messages a claim takes: of one lane, or of all lanes but these.

    It does not look behind ``since``, at what was due before.
    """

    lane: str | None = None
    no_lanes: tuple[str, ...] = ()
    buckets: tuple[int, int] = (0, 255)
    since: datetime = EVER


EVERYTHING = Of()
BUCKETS = list(range(256))


class Held(Struct, frozen=True):
    """A message that nobody else moves until the transaction ends."""

    message_id: UUID
    customer: CustomerKey
    device_id: str
    state: State
    reason: str
    offer_id: str
    zone_id: str | None
    decided_at: datetime
    expires_at: datetime
    in_doubt: bool


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
    of: Of = EVERYTHING,
) -> list[Message]:
    """Take up to ``limit`` due messages for the length of the lease."""
    due, held = (limit, now, of.since, *of.buckets), (claim_id, now + lease)
    if of.lane is None:
        rows = await connection.fetch(_CLAIM_ELSEWHERE, *due, of.no_lanes, *held)
    else:
        rows = await connection.fetch(_CLAIM, *due, of.lane, *held)
    return [read_message(row, claim_id) for row in rows]


async def settle(
    connection: Connection, fates: Sequence[Fate], now: datetime
) -> list[Settled]:
    """Write what became of claimed messages; return those that surely never left.

    A claim that was lost changes nothing.
    """
    ordered = sorted(
        fates, key=lambda fate: (fate.message.bucket, fate.message.message_id.bytes)
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
        _UNSENT,
    )
    return _settled(rows)


async def lapse(connection: Connection, now: datetime) -> None:
    """End the claims of workers that are gone."""
    await connection.execute(_LAPSE, now)


async def expire(connection: Connection, now: datetime) -> list[Settled]:
    """End messages that wait for a gateway longer than they hold good."""
    return _settled(await connection.fetch(_EXPIRE, now, MOST_AT_ONCE))


async def withdraw(
    connection: Connection, offer_id: str, now: datetime, reason: str = "offer_paused"
) -> list[Settled]:
    """Take back what is queued of an offer, for good."""
    rows = await connection.fetch(_WITHDRAW, offer_id, now, reason)
    return _settled(rows)


async def withdraw_at(
    connection: Connection, offer_id: str, zone_id: str, now: datetime
) -> list[Settled]:
    """Take back what is queued of an offer at a zone where it no longer holds."""
    rows = await connection.fetch(_WITHDRAW_AT, offer_id, zone_id, now)
    return _settled(rows)


async def hold(connection: Connection, message_id: UUID) -> Held | None:
    """Keep others from moving a message, and read what speaks for moving it."""
    row = await connection.fetchrow(_HOLD, BUCKETS, message_id)
    if row is None:
        return None
    return Held(
        message_id=message_id,
        customer=CustomerKey(row["bucket"], row["customer_id"]),
        device_id=row["device_id"],
        state=State(row["state"]),
        reason=row["reason"],
        offer_id=row["offer_id"],
        zone_id=row["zone_id"],
        decided_at=row["decided_at"],
        expires_at=row["expires_at"],
        in_doubt=row["in_doubt"],
    )


async def move(
    connection: Connection, held: Held, state: State, reason: str, now: datetime
) -> None:
    """Write another state of a message that is held."""
    where = held.customer.bucket, held.message_id
    await connection.execute(_MOVE, *where, state, reason, now)


def _settled(rows: Sequence[Record]) -> list[Settled]:
    return [
        Settled(
            CustomerKey(row["bucket"], row["customer_id"]),
            row["message_id"],
            State(row["state"]),
        )
        for row in rows
    ]
