"""Candidates that wait: claim those that are due, end those nobody can decide."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from geopush.core.decision import Reason
from geopush.core.ping import CustomerKey
from geopush.store.pool import Connection

# A claim is a committed update, as that of a timer: it holds no lock while anybody
# decides, and whoever dies is asked again.
CLAIM = """
    WITH due AS (
        SELECT bucket, decision_id FROM decision
        WHERE verdict = 'deferred' AND due <= $2 AND bucket BETWEEN $4 AND $5
        ORDER BY due, bucket
        LIMIT $1
        FOR UPDATE SKIP LOCKED
    )
    UPDATE decision SET due = $3 FROM due
    WHERE decision.bucket = due.bucket AND decision.decision_id = due.decision_id
    RETURNING decision.bucket, decision.customer_id, decision.decision_id
"""

_END = """
    UPDATE decision
    SET verdict = 'withheld', reason = $3, at = $4, due = NULL
    WHERE bucket = ANY($1::smallint[]) AND decision_id = ANY($2::uuid[])
      AND verdict = 'deferred'
"""

Claimed = tuple[CustomerKey, UUID]


async def claim(
    connection: Connection,
    limit: int,
    now: datetime,
    until: datetime,
    buckets: tuple[int, int] = (0, 255),
) -> list[Claimed]:
    """Take up to ``limit`` candidates that are due; they are again at ``until``."""
    rows = await connection.fetch(CLAIM, limit, now, until, *buckets)
    return [
        (CustomerKey(row["bucket"], row["customer_id"]), row["decision_id"])
        for row in rows
    ]


async def end(connection: Connection, gone: Collection[Claimed], now: datetime) -> None:
    """Withhold what waited for a customer who is not there any more."""
    await connection.execute(
        _END,
        sorted({key.bucket for key, _ in gone}),
        sorted(decision_id for _, decision_id in gone),
        Reason.CUSTOMER_GONE,
        now,
    )
