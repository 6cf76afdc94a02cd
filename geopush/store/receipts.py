"""Receipts' rows: each kind once for each message and button."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from geopush.core.receipt import Receipt
from geopush.store.outbox import BUCKETS
from geopush.store.pool import Connection

_FIND = """
    SELECT bucket, message_id, device_id, customer_id, offer_id, zone_id FROM outbox
    WHERE bucket = ANY($1::smallint[]) AND message_id = ANY($2::uuid[])
"""

_ADD = """
    INSERT INTO receipt (
        bucket, message_id, kind, button, customer_id, at, recorded_at, value, currency
    )
    SELECT bucket, message_id, kind, button, customer_id, at, $9, value, currency
    FROM unnest(
        $1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::text[],
        $6::timestamptz[], $7::float8[], $8::text[]
    ) AS new (
        bucket, message_id, kind, button, customer_id, at, value, currency
    )
    ORDER BY bucket, message_id, kind, button
    ON CONFLICT DO NOTHING
    RETURNING message_id, kind, button
"""

Key = tuple[UUID, str, str]


class About(Struct, frozen=True):
    """Which message a receipt is about, as the outbox knows it."""

    bucket: int
    device_id: str
    customer_id: str
    offer_id: str
    zone_id: str | None


def key_of(receipt: Receipt) -> Key:
    """What of a receipt makes another one a repeat."""
    return receipt.message_id, receipt.kind, receipt.button or ""


async def find(
    connection: Connection, ids: Iterable[UUID], bucket: int
) -> Mapping[UUID, About]:
    """Return the messages of these ids, most likely in this bucket.

    Those sent before a customer turned out to be another one are in the old bucket.
    """
    asked = set(ids)
    found = await _find(connection, [bucket], asked)
    rest = asked - found.keys()
    return {**found, **await _find(connection, BUCKETS, rest)} if rest else found


async def add(
    connection: Connection, rows: Sequence[tuple[About, Receipt]], now: datetime
) -> set[Key]:
    """Write receipts; return the keys of those that are new."""
    written = await connection.fetch(
        _ADD,
        [about.bucket for about, _ in rows],
        [one.message_id for _, one in rows],
        [one.kind for _, one in rows],
        [one.button or "" for _, one in rows],
        [about.customer_id for about, _ in rows],
        [one.at for _, one in rows],
        [one.value for _, one in rows],
        [one.currency for _, one in rows],
        now,
    )
    return {(row["message_id"], row["kind"], row["button"]) for row in written}


async def _find(
    connection: Connection, buckets: list[int], ids: set[UUID]
) -> dict[UUID, About]:
    rows = await connection.fetch(_FIND, buckets, sorted(ids))
    return {
        row["message_id"]: About(
            row["bucket"],
            row["device_id"],
            row["customer_id"],
            row["offer_id"],
            row["zone_id"],
        )
        for row in rows
    }
