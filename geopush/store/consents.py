"""The log of consents: every answer once, never changed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

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
    SELECT bucket, consent_id, customer_id, purpose, granted, at, $10, text_version,
           language, source
    FROM unnest(
        $1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::boolean[],
        $6::timestamptz[], $7::text[], $8::text[], $9::text[]
    ) AS new (
        bucket, consent_id, customer_id, purpose, granted, at, text_version, language,
        source
    )
    ON CONFLICT DO NOTHING
"""

_HISTORY = """
    SELECT purpose, granted, at, recorded_at, text_version, language, source
    FROM consent_log
    WHERE bucket = $1 AND customer_id = $2
    ORDER BY at, recorded_at, purpose
"""


Row = tuple[CustomerKey, Purpose, ConsentGiven]


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
    rows = [(customer, purpose, one) for purpose, one in answers]
    await append_all(connection, rows, now, source)


async def append_all(
    connection: Connection, rows: Sequence[Row], now: datetime, source: str
) -> None:
    """Write answers of many customers down, in one statement."""
    if not rows:
        return
    await connection.execute(
        _APPEND,
        [key.bucket for key, _, _ in rows],
        [_id_of(row) for row in rows],
        [key.customer_id for key, _, _ in rows],
        [purpose for _, purpose, _ in rows],
        [one.granted for _, _, one in rows],
        [one.at for _, _, one in rows],
        [one.text_version for _, _, one in rows],
        [one.language for _, _, one in rows],
        [one.source or source for _, _, one in rows],
        now,
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


def _id_of(row: Row) -> UUID:
    key, purpose, one = row
    moment = one.at.astimezone(UTC).isoformat()
    return uuid5(NAMESPACE, f"{key.customer_id}\n{purpose}\n{one.granted}\n{moment}")
