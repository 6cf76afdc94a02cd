"""Who said stop, for ever: marks that know a customer again and do not name them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from geopush.core.known import KnownOf
from geopush.core.merge import nobody
from geopush.core.message import State
from geopush.core.ping import CustomerKey
from geopush.core.suppression import Stop, mark
from geopush.store import customers
from geopush.store.outbox import Settled
from geopush.store.pool import Connection

# Whoever writes a customer who was not there before shares this lock; who stops one who
# is not there holds it alone. So no row comes to be that does not know of the stop.
_COMING = "SELECT pg_advisory_xact_lock_shared(hashtextextended('suppression', 0))"
_NOBODY_COMES = "SELECT pg_advisory_xact_lock(hashtextextended('suppression', 0))"

_AMONG = "SELECT mark, stopped_at FROM suppression WHERE mark = ANY($1::bytea[])"

_ADD = """
    INSERT INTO suppression (mark, stopped_at)
    SELECT * FROM unnest($1::bytea[], $2::timestamptz[])
    ON CONFLICT DO NOTHING
"""

# What may have left already can be held back, but not be said never to have left.
_WITHDRAW = """
    UPDATE outbox
    SET state = CASE WHEN in_doubt THEN 'unknown' ELSE 'withdrawn' END,
        reason = 'stopped_by_customer', changed_at = $3
    WHERE bucket = $1 AND customer_id = $2 AND state IN ('queued', 'retry')
    RETURNING message_id, state
"""


class Suppressions:
    """Knows customers again who said stop, also when nothing else is kept of them."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        """``secrets``: the first one marks, by each of them marks are known again."""
        self._secrets = tuple(secrets)

    async def hold(
        self, connection: Connection, keys: Iterable[CustomerKey]
    ) -> KnownOf:
        """Lock these customers' rows and read them.

        One that is not there is read as nobody, who has said stop if they ever did.
        """
        asked = sorted(set(keys))
        known = await customers.hold(connection, asked)
        absent = [key for key in asked if key not in known]
        if not absent:
            return known
        await connection.execute(_COMING)
        stops = await self.among(connection, absent)
        return {**known, **{key: nobody(key, stops.get(key)) for key in absent}}

    async def among(
        self, connection: Connection, keys: Sequence[CustomerKey]
    ) -> Mapping[CustomerKey, Stop]:
        """Return which of these customers ever said stop, and when."""
        marks = {
            mark(key.customer_id, secret): key
            for key in keys
            for secret in self._secrets
        }
        rows = await connection.fetch(_AMONG, list(marks))
        return {marks[row["mark"]]: Stop(row["stopped_at"]) for row in rows}

    async def add(
        self, connection: Connection, stops: Mapping[CustomerKey, Stop]
    ) -> None:
        """Mark customers who said stop; the first time counts."""
        ordered = sorted(
            (mark(key.customer_id, self._secrets[0]), stop.at)
            for key, stop in stops.items()
        )
        await connection.execute(
            _ADD, [one for one, _ in ordered], [at for _, at in ordered]
        )


async def let_nobody_come(connection: Connection) -> None:
    """Until the transaction ends no customer comes to be who was not there."""
    await connection.execute(_NOBODY_COMES)


async def withdraw_from(
    connection: Connection, customer: CustomerKey, now: datetime
) -> list[Settled]:
    """Take back what is queued for a customer, for good."""
    where = customer.bucket, customer.customer_id
    rows = await connection.fetch(_WITHDRAW, *where, now)
    return [Settled(customer, row["message_id"], State(row["state"])) for row in rows]
