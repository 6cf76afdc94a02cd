"""Edges of the context: what holds where somebody is, and how far it was told."""

from collections.abc import Collection, Sequence
from datetime import datetime

from asyncpg import Record

from geopush.core.edge import Edge
from geopush.core.ping import CustomerKey
from geopush.store.pool import Connection
from zones import ZoneId

_OCCUPIED = "SELECT DISTINCT zone_id FROM presence"

_LOAD = """
    SELECT offer_id, zone_id, holds, turned_at, spreading, after_bucket, after_customer
    FROM edge
    ORDER BY turned_at, offer_id, zone_id
"""

_SAVE = """
    INSERT INTO edge (
        offer_id, zone_id, holds, turned_at, spreading, after_bucket, after_customer
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (offer_id, zone_id) DO UPDATE
    SET holds = EXCLUDED.holds, turned_at = EXCLUDED.turned_at,
        spreading = EXCLUDED.spreading, after_bucket = EXCLUDED.after_bucket,
        after_customer = EXCLUDED.after_customer
"""

# Held while a page is decided: whoever else believes it is their turn waits, and then
# sees how far it came.
_HOLD = """
    SELECT offer_id, zone_id, holds, turned_at, spreading, after_bucket, after_customer
    FROM edge
    WHERE offer_id = $1 AND zone_id = $2 AND spreading
    FOR UPDATE
"""

_FORGET = """
    DELETE FROM edge
    USING unnest($1::text[], $2::text[]) AS gone (offer_id, zone_id)
    WHERE edge.offer_id = gone.offer_id AND edge.zone_id = gone.zone_id
"""

# The page is read off the index before anything is asked of it: a page costs the same
# however many are inside.
_INSIDE = """
    SELECT bucket, customer_id, seen >= $4 AS is_seen
    FROM (
        SELECT DISTINCT bucket, customer_id
        FROM presence
        WHERE zone_id = $1 AND (bucket, customer_id) > ($2, $3)
        ORDER BY bucket, customer_id
        LIMIT $5
    ) AS page LEFT JOIN customer USING (bucket, customer_id)
    ORDER BY bucket, customer_id
"""


async def occupied(connection: Connection) -> list[ZoneId]:
    """Return the zones that somebody is in."""
    return sorted(ZoneId(row["zone_id"]) for row in await connection.fetch(_OCCUPIED))


async def load(connection: Connection) -> list[Edge]:
    """Return all edges, those that turned first at the front."""
    return [_edge(row) for row in await connection.fetch(_LOAD)]


async def save(connection: Connection, edges: Collection[Edge]) -> None:
    """Write what edges are now."""
    await connection.executemany(
        _SAVE,
        [
            (
                one.offer_id,
                one.zone_id,
                one.holds,
                one.turned_at,
                one.spreading,
                one.after.bucket,
                one.after.customer_id,
            )
            for one in edges
        ],
    )


async def hold(connection: Connection, edge: Edge) -> Edge | None:
    """Lock an edge that is still spreading, and return how far it came."""
    row = await connection.fetchrow(_HOLD, edge.offer_id, edge.zone_id)
    return None if row is None else _edge(row)


async def forget(connection: Connection, edges: Sequence[Edge]) -> None:
    """Forget edges at zones that nobody is in, or of offers that are gone."""
    await connection.execute(
        _FORGET, [one.offer_id for one in edges], [one.zone_id for one in edges]
    )


async def inside(
    connection: Connection, edge: Edge, seen: datetime, limit: int
) -> dict[CustomerKey, bool]:
    """Return the next customers inside the zone of an edge, and who was seen since."""
    rows = await connection.fetch(
        _INSIDE, edge.zone_id, edge.after.bucket, edge.after.customer_id, seen, limit
    )
    return {
        CustomerKey(row["bucket"], row["customer_id"]): bool(row["is_seen"])
        for row in rows
    }


def _edge(row: Record) -> Edge:
    return Edge(
        offer_id=row["offer_id"],
        zone_id=ZoneId(row["zone_id"]),
        holds=row["holds"],
        turned_at=row["turned_at"],
        spreading=row["spreading"],
        after=CustomerKey(row["after_bucket"], row["after_customer"]),
    )
