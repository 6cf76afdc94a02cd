"""The inbox: what was sent to a customer and may still be read in the app."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct

from geopush.core.message import Content
from geopush.store.customers import names
from geopush.store.history import After, fetch_page
from geopush.store.outbox import BUCKETS
from geopush.store.pool import Connection

# What never left, or has not left yet, is not in it.
_LIST = """
    SELECT message_id, offer_id, zone_id, decided_at, expires_at, content,
           EXISTS (
               SELECT FROM receipt
               WHERE receipt.bucket = outbox.bucket
                 AND receipt.message_id = outbox.message_id
                 AND receipt.kind IN ('opened', 'clicked', 'answered')
           ) AS opened
    FROM outbox
    WHERE customer_id = ANY($1::text[]) AND inbox AND put_away_at IS NULL
      AND state IN ('accepted', 'unknown')
      AND ($2::timestamptz IS NULL OR decided_at >= $2)
      AND ($3::timestamptz IS NULL OR decided_at < $3)
      AND ($4::timestamptz IS NULL OR (decided_at, message_id) < ($4, $5::uuid))
    ORDER BY decided_at DESC, message_id DESC
    LIMIT $6
"""

_PUT_AWAY = """
    UPDATE outbox SET put_away_at = coalesce(put_away_at, $4)
    WHERE bucket = ANY($1::smallint[]) AND message_id = $2
      AND customer_id = ANY($3::text[]) AND inbox AND state IN ('accepted', 'unknown')
    RETURNING message_id
"""

_contents = msgspec.json.Decoder(Content)


class Letter(Struct, frozen=True):
    """A message as it lies in the inbox."""

    message_id: UUID
    offer_id: str
    zone_id: str | None
    decided_at: datetime
    expires_at: datetime
    opened: bool
    content: Content


async def list_letters(
    connection: Connection,
    customer_id: str,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    after: After | None,
) -> Sequence[Letter]:
    """Return up to so many messages in a customer's inbox, the newest first."""
    rows = await fetch_page(
        connection,
        _LIST,
        await names(connection, customer_id),
        since,
        until,
        None if after is None else after.at,
        None if after is None else after.row_id,
        limit,
    )
    return [_letter(row) for row in rows]


async def put_away(
    connection: Connection, customer_id: str, message_id: UUID, now: datetime
) -> bool:
    """Take a message out of a customer's inbox; say whether it ever was in it."""
    theirs = await names(connection, customer_id)
    done = await connection.fetchval(_PUT_AWAY, BUCKETS, message_id, theirs, now)
    return done is not None


def _letter(row: Record) -> Letter:
    return Letter(
        message_id=row["message_id"],
        offer_id=row["offer_id"],
        zone_id=row["zone_id"],
        decided_at=row["decided_at"],
        expires_at=row["expires_at"],
        opened=row["opened"],
        content=_contents.decode(row["content"]),
    )
