"""The feed: what happened, from the tables that hold it, in an order that holds."""

import heapq
from collections.abc import Sequence
from itertools import islice

from asyncpg import Record
from msgspec import Struct

from geopush.core.feed import TYPES, Event, Place, Source, wanted
from geopush.store.pool import Connection

# Whatever is below the oldest transaction that runs is committed, or never will be.
_EDGE = """
    SELECT pg_snapshot_xmin(here)::text::bigint AS told_below,
           pg_snapshot_xmax(here)::text::bigint AS ahead
    FROM pg_current_snapshot() AS here
"""

_TRANSITIONS = """
    SELECT transition_id AS id, kind AS word, customer_id, at,
           feed_xact::text::bigint AS xact, feed_order,
           device_id, zone_id, visit_id::text, confidence, reason
    FROM transition
    WHERE (feed_xact, feed_order) > ($1::text::xid8, $2::bigint)
      AND feed_xact < $3::text::xid8 AND kind = ANY($4::text[])
    ORDER BY transition.feed_xact, feed_order
    LIMIT $5
"""

_DECISIONS = """
    SELECT decision_id AS id, verdict AS word, customer_id, at,
           feed_xact::text::bigint AS xact, feed_order,
           decision_id::text, device_id, offer_id, zone_id, occasion, reason, variant
    FROM decision
    WHERE (feed_xact, feed_order) > ($1::text::xid8, $2::bigint)
      AND feed_xact < $3::text::xid8 AND verdict = ANY($4::text[])
      AND verdict IN ('decided', 'would_have_sent')
    ORDER BY decision.feed_xact, feed_order
    LIMIT $5
"""

_MESSAGES = """
    SELECT message_id AS id, state AS word, customer_id, at,
           feed_xact::text::bigint AS xact, feed_order,
           message_id::text, device_id, offer_id, zone_id, reason
    FROM message_event
    WHERE (feed_xact, feed_order) > ($1::text::xid8, $2::bigint)
      AND feed_xact < $3::text::xid8 AND state = ANY($4::text[])
    ORDER BY message_event.feed_xact, feed_order
    LIMIT $5
"""

_RECEIPTS = """
    SELECT message_id AS id, kind AS word, customer_id, at,
           feed_xact::text::bigint AS xact, feed_order,
           message_id::text, nullif(button, '') AS button, value, currency
    FROM receipt
    WHERE (feed_xact, feed_order) > ($1::text::xid8, $2::bigint)
      AND feed_xact < $3::text::xid8 AND kind = ANY($4::text[])
    ORDER BY receipt.feed_xact, feed_order
    LIMIT $5
"""

_CONSENTS = """
    SELECT consent_id AS id, CASE WHEN granted THEN 'granted' ELSE 'withdrawn' END
           AS word, customer_id, at, feed_xact::text::bigint AS xact, feed_order,
           purpose, text_version, language, source
    FROM consent_log
    WHERE (feed_xact, feed_order) > ($1::text::xid8, $2::bigint)
      AND feed_xact < $3::text::xid8
      AND CASE WHEN granted THEN 'granted' ELSE 'withdrawn' END = ANY($4::text[])
    ORDER BY consent_log.feed_xact, feed_order
    LIMIT $5
"""

_READ = {
    Source.TRANSITION: _TRANSITIONS,
    Source.DECISION: _DECISIONS,
    Source.MESSAGE: _MESSAGES,
    Source.RECEIPT: _RECEIPTS,
    Source.CONSENT: _CONSENTS,
}
_HEAD = 6  # columns before what is told
# One message has several events; the order tells them apart, and is theirs for good.
_SEVERAL = (Source.MESSAGE, Source.RECEIPT)


class Telling(Struct, frozen=True):
    """Some events in the order of the feed, and the place to go on from."""

    events: Sequence[Event]
    next_place: Place


async def edge(connection: Connection) -> Place:
    """Return where the feed ends now: all that will happen comes after it."""
    (row,) = await connection.fetch(_EDGE)
    return Place(row["told_below"], 0)


async def is_gone(connection: Connection, place: Place) -> bool:
    """Whether this database never had such a place."""
    (row,) = await connection.fetch(_EDGE)
    ahead: int = row["ahead"]
    return place.xact > ahead


async def tell(
    connection: Connection, after: Place, types: frozenset[str], limit: int
) -> Telling | None:
    """Return what comes after a place; None if this database never had such a place.

    Without ``types`` it is everything.
    """
    (row,) = await connection.fetch(_EDGE)
    if after.xact > row["ahead"]:
        return None
    below = row["told_below"]
    bounds = str(after.xact), after.order, str(below)
    found = [
        [
            _event(source, one)
            for one in await connection.fetch(_READ[source], *bounds, words, limit)
        ]
        for source, words in wanted(types).items()
    ]
    merged = heapq.merge(*found, key=lambda event: event.place)
    events = list(islice(merged, limit))
    if len(events) < limit:
        return Telling(events, max(after, Place(below, 0)))
    return Telling(events, events[-1].place)


def _event(source: Source, row: Record) -> Event:
    place = Place(row["xact"], row["feed_order"])
    event_id = f"{source}-{row['id']}"
    return Event(
        place=place,
        event_id=f"{event_id}-{place.order}" if source in _SEVERAL else event_id,
        event_type=TYPES[source, row["word"]],
        customer_id=row["customer_id"],
        at=row["at"],
        data=dict(list(row.items())[_HEAD:]),
    )
