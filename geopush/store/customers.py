"""Customers' rows off the hot path: found by any of their ids, locked, written."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from geopush.core.known import Known, KnownOf, Profile, State, write
from geopush.core.ping import CustomerKey, customer_key
from geopush.store.again import Raced
from geopush.store.pool import Connection
from geopush.store.presences import load, lock

_ALIAS = """
    SELECT alias_of FROM customer WHERE bucket = $1 AND customer_id = $2
"""

_NAMES = """
    SELECT customer_id FROM customer WHERE alias_of = $1
"""

_ALIASES = """
    SELECT bucket, customer_id, alias_of FROM customer
    JOIN unnest($1::smallint[], $2::text[]) AS asked (bucket, customer_id)
    USING (bucket, customer_id)
    WHERE alias_of IS NOT NULL
"""

# A row that is not there yet counts as read at version -1. The version moves on, so
# that a decision in flight fails its check and decides anew.
_SAVE = """
    INSERT INTO customer (bucket, customer_id, version, seen, state, profile)
    SELECT bucket, customer_id, version + 1, seen, state, profile
    FROM unnest(
        $1::smallint[], $2::text[], $3::integer[], $4::timestamptz[], $5::bytea[],
        $6::bytea[]
    ) AS new (bucket, customer_id, version, seen, state, profile)
    ON CONFLICT (bucket, customer_id) DO UPDATE
    SET version = EXCLUDED.version, seen = EXCLUDED.seen, state = EXCLUDED.state,
        profile = EXCLUDED.profile
    WHERE customer.version = EXCLUDED.version - 1
    RETURNING version
"""

# For rows that are locked. The version moves on here too.
_REVISE = """
    UPDATE customer
    SET version = customer.version + 1, state = new.state, profile = new.profile
    FROM unnest($1::smallint[], $2::text[], $3::bytea[], $4::bytea[])
        AS new (bucket, customer_id, state, profile)
    WHERE customer.bucket = new.bucket AND customer.customer_id = new.customer_id
"""

# What hangs on a customer follows to whom they turned out to be. What was sent or
# decided before stays where it was: it is history. Visits may still be corrected.
_FORWARD = """
    WITH devices AS (
        UPDATE device SET bucket = $3, customer_id = $4
        WHERE bucket = $1 AND customer_id = $2
    ), presences AS (
        UPDATE presence SET bucket = $3, customer_id = $4
        WHERE bucket = $1 AND customer_id = $2
    ), timers AS (
        UPDATE timer SET bucket = $3, customer_id = $4
        WHERE bucket = $1 AND customer_id = $2
    ), visits AS (
        UPDATE visit SET bucket = $3, customer_id = $4
        WHERE bucket = $1 AND customer_id = $2
    ), contacts AS (
        UPDATE contact SET bucket = $3, customer_id = $4
        WHERE bucket = $1 AND customer_id = $2 AND NOT EXISTS (
            SELECT FROM contact AS theirs
            WHERE theirs.bucket = $3 AND theirs.customer_id = $4
              AND theirs.contact_id = contact.contact_id
        )
    ), queued AS (
        UPDATE outbox SET bucket = $3, customer_id = $4
        WHERE bucket = $1 AND customer_id = $2 AND state IN ('queued', 'retry')
    )
    UPDATE customer
    SET alias_of = $4, version = version + 1, state = $5, profile = $6
    WHERE bucket = $1 AND customer_id = $2
"""

_LEAVE = """
    WITH timers AS (
        DELETE FROM timer WHERE bucket = $1 AND customer_id = $2 AND device_id = $3
    )
    DELETE FROM presence WHERE bucket = $1 AND customer_id = $2 AND device_id = $3
"""


async def resolve(connection: Connection, customer_id: str) -> CustomerKey:
    """Where a customer's row is, by their id or by one they had before."""
    key = customer_key(customer_id)
    alias = await connection.fetchval(_ALIAS, key.bucket, key.customer_id)
    return key if alias is None else customer_key(alias)


async def names(connection: Connection, customer_id: str) -> list[str]:
    """Every id a customer goes by or went by, given any of them."""
    key = await resolve(connection, customer_id)
    rows = await connection.fetch(_NAMES, key.customer_id)
    return [key.customer_id, *(row["customer_id"] for row in rows)]


async def hold(connection: Connection, keys: Iterable[CustomerKey]) -> KnownOf:
    """Lock these customers' rows and read them; one that is not there is left out."""
    asked = sorted(set(keys))
    await lock(connection, asked)
    if await aliases(connection, asked):
        raise Raced("a customer turned out to be another one meanwhile")
    return await load(connection, asked)


async def aliases(
    connection: Connection, keys: Iterable[CustomerKey]
) -> dict[CustomerKey, CustomerKey]:
    """Which of these customers turned out to be others, and whom."""
    asked = sorted(set(keys))
    rows = await connection.fetch(
        _ALIASES, [key.bucket for key in asked], [key.customer_id for key in asked]
    )
    return {
        CustomerKey(row["bucket"], row["customer_id"]): customer_key(row["alias_of"])
        for row in rows
    }


async def find(connection: Connection, customer_id: str) -> Known | None:
    """Read a customer's row by their id or by one they had before."""
    key = await resolve(connection, customer_id)
    return (await load(connection, [key])).get(key)


async def save(connection: Connection, known: Known) -> None:
    """Write a customer's row as it is from now on; ``Raced`` if it is not as read."""
    await save_all(connection, [known])


async def save_all(connection: Connection, rows: Sequence[Known]) -> None:
    """Write many customers' rows in one statement; ``Raced`` if one is not as read."""
    ordered = sorted(rows, key=lambda known: known.customer)
    written = await connection.fetch(
        _SAVE,
        [known.customer.bucket for known in ordered],
        [known.customer.customer_id for known in ordered],
        [known.version for known in ordered],
        [_seen(known) for known in ordered],
        [write(known.state) for known in ordered],
        [write(known.profile) for known in ordered],
    )
    if len(written) < len(ordered):
        raise Raced("a customer's row changed meanwhile")


async def revise(
    connection: Connection,
    keys: Iterable[CustomerKey],
    change: Callable[[Known], Known],
) -> None:
    """Lock these customers, change them and write them, many in one statement.

    One that is not there, or turned out to be another, is left out.
    """
    asked = sorted(set(keys))
    await lock(connection, asked)
    before = await load(connection, asked)
    after = [change(known) for known in before.values()]
    changed = [known for known in after if known != before[known.customer]]
    await connection.execute(
        _REVISE,
        [known.customer.bucket for known in changed],
        [known.customer.customer_id for known in changed],
        [write(known.state) for known in changed],
        [write(known.profile) for known in changed],
    )


async def forward(connection: Connection, gone: CustomerKey, to: CustomerKey) -> None:
    """Leave an alias in place of a customer, and hand over what hangs on them."""
    await connection.execute(
        _FORWARD,
        gone.bucket,
        gone.customer_id,
        to.bucket,
        to.customer_id,
        write(State()),
        write(Profile()),
    )


async def leave(connection: Connection, customer: CustomerKey, device_id: str) -> None:
    """Forget where a device was that is not this customer's any more."""
    await connection.execute(_LEAVE, customer.bucket, customer.customer_id, device_id)


def _seen(known: Known) -> datetime | None:
    """When any of a customer's devices was heard of last."""
    devices = known.state.devices.values()
    return max((one.recorded_at for one in devices if one.recorded_at), default=None)
