"""Messages as people ask for them: the newest first, by customer, device or offer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct

from geopush.core.message import Content, Delivery, State
from geopush.store.customers import names
from geopush.store.history import After, fetch_page
from geopush.store.outbox import BUCKETS
from geopush.store.pool import Connection

_COLUMNS = """
    SELECT message_id, customer_id, device_id, offer_id, zone_id, state, reason, due,
           expires_at, decided_at, changed_at, delivery, attempts, content
    FROM outbox
"""
_ONE = f"{_COLUMNS} WHERE bucket = ANY($1::smallint[]) AND message_id = $2"

LISTED = f"""
    {_COLUMNS}
    WHERE ($1::text[] IS NULL OR customer_id = ANY($1))
      AND ($2::text IS NULL OR device_id = $2)
      AND ($3::text IS NULL OR offer_id = $3)
      AND ($4::text IS NULL OR state = $4)
      AND ($5::timestamptz IS NULL OR decided_at >= $5)
      AND ($6::timestamptz IS NULL OR decided_at < $6)
      AND ($7::timestamptz IS NULL OR (decided_at, message_id) < ($7, $8::uuid))
    ORDER BY decided_at DESC, message_id DESC
    LIMIT $9
"""


class MessageFilter(Struct, frozen=True):
    """Which messages are asked for; what is left out is not looked at."""

    customer_id: str | None = None
    device_id: str | None = None
    offer_id: str | None = None
    state: State | None = None
    since: datetime | None = None
    until: datetime | None = None


class MessageRow(Struct, frozen=True):
    """A message and what became of it so far."""

    message_id: UUID
    customer_id: str
    device_id: str
    offer_id: str
    zone_id: str | None
    state: State
    reason: str
    decided_at: datetime
    changed_at: datetime
    due: datetime
    expires_at: datetime
    delivery: Delivery
    attempts: int
    title: str
    body: str


_contents = msgspec.json.Decoder(Content)


async def list_messages(
    connection: Connection, asked: MessageFilter, limit: int, after: After | None
) -> Sequence[MessageRow]:
    """Return up to so many messages, the newest first."""
    whose = asked.customer_id
    rows = await fetch_page(
        connection,
        LISTED,
        None if whose is None else await names(connection, whose),
        asked.device_id,
        asked.offer_id,
        asked.state,
        asked.since,
        asked.until,
        None if after is None else after.at,
        None if after is None else after.row_id,
        limit,
    )
    return [_message(row) for row in rows]


async def find_message(connection: Connection, message_id: UUID) -> MessageRow | None:
    """Return one message."""
    row = await connection.fetchrow(_ONE, BUCKETS, message_id)
    return None if row is None else _message(row)


def _message(row: Record) -> MessageRow:
    content = _contents.decode(row["content"])
    return MessageRow(
        message_id=row["message_id"],
        customer_id=row["customer_id"],
        device_id=row["device_id"],
        offer_id=row["offer_id"],
        zone_id=row["zone_id"],
        state=State(row["state"]),
        reason=row["reason"],
        decided_at=row["decided_at"],
        changed_at=row["changed_at"],
        due=row["due"],
        expires_at=row["expires_at"],
        delivery=Delivery(row["delivery"]),
        attempts=row["attempts"],
        title=content.title,
        body=content.body,
    )
