"""Change rows of customers away from the hot path: locked in order, then rewritten."""

from collections.abc import Callable, Iterable

from geopush.core.known import Known, KnownOf, write
from geopush.core.ping import CustomerKey
from geopush.store.pool import Connection
from geopush.store.presences import load, lock

# The version moves on, so that a decision in flight fails its check and decides anew.
_WRITE = """
    UPDATE customer
    SET version = customer.version + 1, state = new.state, profile = new.profile
    FROM unnest($1::smallint[], $2::text[], $3::bytea[], $4::bytea[])
        AS new (bucket, customer_id, state, profile)
    WHERE customer.bucket = new.bucket AND customer.customer_id = new.customer_id
"""


async def revise(
    connection: Connection,
    keys: Iterable[CustomerKey],
    change: Callable[[Known], Known],
) -> KnownOf:
    """Read these customers, change them, write them; call it inside a transaction."""
    asked = sorted(set(keys))
    await lock(connection, asked)
    before = await load(connection, asked)
    after = {key: change(known) for key, known in before.items()}
    changed = [after[key] for key in after if after[key] != before[key]]
    await connection.execute(
        _WRITE,
        [known.customer.bucket for known in changed],
        [known.customer.customer_id for known in changed],
        [write(known.state) for known in changed],
        [write(known.profile) for known in changed],
    )
    return after
