"""Contacts' rows: each once for a customer, whoever reports it how often."""

from collections.abc import Sequence
from datetime import datetime

from geopush.core.contact import Contact
from geopush.core.ping import CustomerKey
from geopush.store.pool import Connection

_ADD = """
    INSERT INTO contact (
        bucket, customer_id, contact_id, channel, category, at, recorded_at
    )
    SELECT bucket, customer_id, contact_id, channel, category, at, $7
    FROM unnest(
        $1::smallint[], $2::text[], $3::text[], $4::text[], $5::text[],
        $6::timestamptz[]
    ) AS new (bucket, customer_id, contact_id, channel, category, at)
    ON CONFLICT DO NOTHING
    RETURNING bucket, customer_id, contact_id
"""

Row = tuple[CustomerKey, Contact]


async def add(
    connection: Connection, rows: Sequence[Row], now: datetime
) -> Sequence[Row]:
    """Write contacts down; return those that are new."""
    first: dict[tuple[CustomerKey, str], Row] = {}
    for key, one in rows:
        first.setdefault((key, one.contact_id), (key, one))
    ordered = [first[name] for name in sorted(first)]
    written = await connection.fetch(
        _ADD,
        [key.bucket for key, _ in ordered],
        [key.customer_id for key, _ in ordered],
        [one.contact_id for _, one in ordered],
        [one.channel for _, one in ordered],
        [one.category for _, one in ordered],
        [one.at for _, one in ordered],
        now,
    )
    return [
        first[CustomerKey(row["bucket"], row["customer_id"]), row["contact_id"]]
        for row in written
    ]
