"""Webhooks' rows: where the feed is sent to, and what must still go there."""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import Record
from msgspec import Struct

from geopush.core.feed import Place
from geopush.store.pool import Connection

_COLUMNS = """
    SELECT webhook_id, revision, url, types, enabled, trouble, secret, after_xact,
           after_order, updated_at
    FROM webhook
"""
_FIND = _COLUMNS + " WHERE webhook_id = $1"
_HOLD = _FIND + " FOR UPDATE"
_LIST = (
    _COLUMNS
    + """
    WHERE webhook_id > $1
      AND ($2::timestamptz IS NULL OR updated_at >= $2)
      AND ($3::timestamptz IS NULL OR updated_at < $3)
    ORDER BY webhook_id
    LIMIT $4
"""
)
_OPEN = _COLUMNS + " WHERE enabled ORDER BY webhook_id"

_SAVE = """
    INSERT INTO webhook (
        webhook_id, revision, url, types, enabled, trouble, secret, after_xact,
        after_order, updated_at
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (webhook_id) DO UPDATE
    SET revision = excluded.revision, url = excluded.url, types = excluded.types,
        enabled = excluded.enabled, trouble = excluded.trouble,
        after_xact = excluded.after_xact, after_order = excluded.after_order,
        updated_at = excluded.updated_at
"""
_REMOVE = "DELETE FROM webhook WHERE webhook_id = $1"
_SHUT = "UPDATE webhook SET enabled = false, trouble = $2 WHERE webhook_id = $1"

_WAITING = """
    SELECT count(*) FROM webhook_event WHERE webhook_id = $1 AND due IS NOT NULL
"""
_ADD = """
    INSERT INTO webhook_event (
        webhook_id, event_id, body, feed_xact, feed_order, due
    )
    SELECT $1, event_id, body, feed_xact, feed_order, $2
    FROM unnest($3::text[], $4::bytea[], $5::bigint[], $6::bigint[])
        AS new (event_id, body, feed_xact, feed_order)
    ON CONFLICT DO NOTHING
"""
_ADVANCE = """
    UPDATE webhook SET after_xact = $2, after_order = $3 WHERE webhook_id = $1
"""

_DUE = """
    SELECT event_id, body, attempts FROM webhook_event
    WHERE webhook_id = $1 AND due <= $2
    ORDER BY due, feed_xact, feed_order
    LIMIT $3
"""
_TAKEN = "DELETE FROM webhook_event WHERE webhook_id = $1 AND event_id = $2"
# Where two processes tried at the same time, one of them has counted it.
_FAILED = """
    UPDATE webhook_event
    SET due = $4, attempts = attempts + 1, reason = $5, tried_at = $6
    WHERE webhook_id = $1 AND event_id = $2 AND attempts = $3
"""
_DEAD = """
    SELECT event_id, body, attempts, reason, tried_at, feed_xact, feed_order
    FROM webhook_event
    WHERE webhook_id = $1 AND due IS NULL AND (feed_xact, feed_order) > ($2, $3)
    ORDER BY feed_xact, feed_order
    LIMIT $4
"""
_AGAIN = """
    WITH again AS (
        UPDATE webhook_event SET due = $2, attempts = 0
        WHERE webhook_id = $1 AND due IS NULL
        RETURNING event_id
    )
    SELECT count(*) FROM again
"""


class WebhookRow(Struct, frozen=True):
    """Where the feed is sent to; ``trouble`` is why we stopped by ourselves."""

    webhook_id: str
    revision: int
    url: str
    types: frozenset[str]
    enabled: bool
    trouble: str | None
    secret: bytes
    after: Place
    updated_at: datetime


class Waiting(Struct, frozen=True):
    """An event that must still go to a webhook."""

    event_id: str
    body: bytes
    attempts: int = 0


class Dead(Struct, frozen=True):
    """An event that nobody took in days."""

    event_id: str
    body: bytes
    attempts: int
    reason: str
    tried_at: datetime
    place: Place


async def find(
    connection: Connection, webhook_id: str, *, hold: bool = False
) -> WebhookRow | None:
    """Return a webhook; if it is to be held, nobody changes it in this transaction."""
    rows = await connection.fetch(_HOLD if hold else _FIND, webhook_id)
    return _row(rows[0]) if rows else None


async def list_webhooks(
    connection: Connection,
    after: str,
    limit: int,
    since: datetime | None,
    until: datetime | None,
) -> Sequence[WebhookRow]:
    """Return webhooks in the order of their ids."""
    rows = await connection.fetch(_LIST, after, since, until, limit)
    return [_row(row) for row in rows]


async def load_enabled(connection: Connection) -> Sequence[WebhookRow]:
    """Return the webhooks that are sent to."""
    return [_row(row) for row in await connection.fetch(_OPEN)]


async def save(connection: Connection, row: WebhookRow) -> None:
    """Write a webhook; one that is there keeps its secret."""
    await connection.execute(
        _SAVE,
        row.webhook_id,
        row.revision,
        row.url,
        sorted(row.types),
        row.enabled,
        row.trouble,
        row.secret,
        row.after.xact,
        row.after.order,
        row.updated_at,
    )


async def remove(connection: Connection, webhook_id: str) -> None:
    """Forget a webhook, with all that waits for it."""
    await connection.execute(_REMOVE, webhook_id)


async def shut(connection: Connection, webhook_id: str, trouble: str) -> None:
    """Send nothing more to a webhook until somebody enables it."""
    await connection.execute(_SHUT, webhook_id, trouble)


async def count_waiting(connection: Connection, webhook_id: str) -> int:
    """Return how many events must still go there."""
    count: int = await connection.fetchval(_WAITING, webhook_id)
    return count


async def take_over(
    connection: Connection,
    webhook_id: str,
    events: Sequence[tuple[Place, Waiting]],
    onward: Place,
    now: datetime,
) -> None:
    """Take events over from the feed, and remember how far that came."""
    await connection.execute(
        _ADD,
        webhook_id,
        now,
        [one.event_id for _, one in events],
        [one.body for _, one in events],
        [place.xact for place, _ in events],
        [place.order for place, _ in events],
    )
    await connection.execute(_ADVANCE, webhook_id, onward.xact, onward.order)


async def due(
    connection: Connection, webhook_id: str, now: datetime, limit: int
) -> Sequence[Waiting]:
    """Return events that are to be sent now, the longest due first."""
    rows = await connection.fetch(_DUE, webhook_id, now, limit)
    return [Waiting(*row) for row in rows]


async def taken(connection: Connection, webhook_id: str, one: Waiting) -> None:
    """Forget an event that arrived."""
    await connection.execute(_TAKEN, webhook_id, one.event_id)


async def failed(
    connection: Connection,
    webhook_id: str,
    one: Waiting,
    again: datetime | None,
    why: tuple[str, datetime],
) -> None:
    """Write down that an event did not arrive, why and when; None: not again."""
    where = webhook_id, one.event_id, one.attempts
    await connection.execute(_FAILED, *where, again, *why)


async def dead(
    connection: Connection, webhook_id: str, after: Place, limit: int
) -> Sequence[Dead]:
    """Return events that are not sent again by themselves, in the feed's order."""
    rows = await connection.fetch(_DEAD, webhook_id, after.xact, after.order, limit)
    return [
        Dead(
            event_id=row["event_id"],
            body=row["body"],
            attempts=row["attempts"],
            reason=row["reason"],
            tried_at=row["tried_at"],
            place=Place(row["feed_xact"], row["feed_order"]),
        )
        for row in rows
    ]


async def again(connection: Connection, webhook_id: str, now: datetime) -> int:
    """Send all of them again, from the first pause on; return how many."""
    count: int = await connection.fetchval(_AGAIN, webhook_id, now)
    return count


def _row(row: Record) -> WebhookRow:
    return WebhookRow(
        webhook_id=row["webhook_id"],
        revision=row["revision"],
        url=row["url"],
        types=frozenset(row["types"]),
        enabled=row["enabled"],
        trouble=row["trouble"],
        secret=row["secret"],
        after=Place(row["after_xact"], row["after_order"]),
        updated_at=row["updated_at"],
    )
