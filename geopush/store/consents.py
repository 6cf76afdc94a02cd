"""The log of consents: every answer once, never changed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import uuid5

from msgspec import Struct

from geopush.core.customer import ConsentGiven, Purpose
from geopush.core.ping import CustomerKey
from geopush.core.presence import NAMESPACE
from geopush.store.pool import Connection

# The id is made of the answer, so that an answer that comes again is not a new one.
_APPEND = """
    INSERT INTO consent_log (
        bucket, consent_id, customer_id, purpose, granted, at, recorded_at,
        text_version, language, source
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT DO NOTHING
"""

_HISTORY = """
    SELECT purpose, granted, at, recorded_at, text_version, language, source
    FROM consent_log
    WHERE bucket = $1 AND customer_id = $2
    ORDER BY at, recorded_at, purpose
"""


class LoggedAnswer(Struct, frozen=True):
    """One line of the log."""

    purpose: Purpose
    granted: bool
    at: datetime
    recorded_at: datetime
    text_version: str | None
    language: str | None
    source: str


async def append(
    connection: Connection,
    customer: CustomerKey,
    answers: Iterable[tuple[Purpose, ConsentGiven]],
    now: datetime,
    source: str,
) -> None:
    """Write answers down; ``source`` is where they came from if they do not say."""
    for purpose, one in answers:
        moment = one.at.astimezone(UTC).isoformat()
        name = f"{customer.customer_id}\n{purpose}\n{one.granted}\n{moment}"
        await connection.execute(
            _APPEND,
            customer.bucket,
            uuid5(NAMESPACE, name),
            customer.customer_id,
            purpose,
            one.granted,
            one.at,
            now,
            one.text_version,
            one.language,
            one.source or source,
        )


async def history(
    connection: Connection, customer: CustomerKey
) -> Sequence[LoggedAnswer]:
    """Return all answers of a customer, the oldest first."""
    rows = await connection.fetch(_HISTORY, customer.bucket, customer.customer_id)
    return [
        LoggedAnswer(
            purpose=Purpose(row["purpose"]),
            granted=row["granted"],
            at=row["at"],
            recorded_at=row["recorded_at"],
            text_version=row["text_version"],
            language=row["language"],
            source=row["source"],
        )
        for row in rows
    ]
