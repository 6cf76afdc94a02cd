"""Offers, as the documents they were written as, and whether they are paused."""

from datetime import datetime

from msgspec import Struct

from geopush.store.pool import Connection

_COLUMNS = "SELECT offer_id, revision, document, paused FROM offer"
_ABOVE = _COLUMNS + " WHERE revision > $1 ORDER BY revision, offer_id"
_ONE = _COLUMNS + " WHERE offer_id = $1 AND document IS NOT NULL"
_PAGE = _COLUMNS + (
    " WHERE offer_id > $1 AND document IS NOT NULL"
    " AND ($3::timestamptz IS NULL OR updated_at >= $3)"
    " AND ($4::timestamptz IS NULL OR updated_at < $4)"
    " ORDER BY offer_id LIMIT $2"
)
_SAVE = """
    INSERT INTO offer (offer_id, revision, document, paused, updated_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (offer_id) DO UPDATE
    SET revision = excluded.revision, document = excluded.document,
        paused = excluded.paused, updated_at = excluded.updated_at
"""


class OfferRow(Struct, frozen=True):
    """An offer as it is kept; without a document it was removed."""

    offer_id: str
    revision: int
    document: bytes | None
    paused: bool


async def load_above(connection: Connection, revision: int) -> list[OfferRow]:
    """Return what changed after a revision."""
    rows = await connection.fetch(_ABOVE, revision)
    return [OfferRow(*row) for row in rows]


async def load_offer(connection: Connection, offer_id: str) -> OfferRow | None:
    """Return an offer, if it is there."""
    row = await connection.fetchrow(_ONE, offer_id)
    return None if row is None else OfferRow(*row)


async def list_offers(
    connection: Connection,
    after: str,
    limit: int,
    since: datetime | None,
    until: datetime | None,
) -> list[OfferRow]:
    """Return offers in the order of their ids, those changed in a span of time."""
    rows = await connection.fetch(_PAGE, after, limit, since, until)
    return [OfferRow(*row) for row in rows]


async def save_offer(connection: Connection, row: OfferRow, now: datetime) -> None:
    """Write an offer, new or changed or removed."""
    await connection.execute(
        _SAVE, row.offer_id, row.revision, row.document, row.paused, now
    )
