"""Timers: claim those that are due, put off those that are not done."""

from collections.abc import Mapping
from datetime import datetime

from geopush.core.ping import CustomerKey, DeviceId
from geopush.core.timer import Timer
from geopush.store.pool import Connection
from zones import ZoneId

# A claim is a committed update: it holds no lock while anybody decides, so it never
# waits for a flush of pings that ends the same timer. Whoever dies is asked again.
_CLAIM = """
    WITH due AS (
        SELECT bucket, customer_id, device_id, zone_id FROM timer
        WHERE due <= $2 AND bucket BETWEEN $4 AND $5
        ORDER BY due, bucket
        LIMIT $1
        FOR UPDATE SKIP LOCKED
    )
    UPDATE timer SET due = $3 FROM due
    WHERE timer.bucket = due.bucket AND timer.customer_id = due.customer_id
      AND timer.device_id = due.device_id AND timer.zone_id = due.zone_id
    RETURNING timer.bucket, timer.customer_id, timer.device_id, timer.zone_id
"""

# Only what is still as it was claimed: a new stay may have begun meanwhile.
_PUT_OFF = """
    UPDATE timer SET due = later.due
    FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
      AS later (bucket, customer_id, device_id, zone_id, due)
    WHERE timer.bucket = later.bucket AND timer.customer_id = later.customer_id
      AND timer.device_id = later.device_id AND timer.zone_id = later.zone_id
      AND timer.due = $6
"""

_END = """
    DELETE FROM timer
    USING unnest($1::smallint[], $2::text[], $3::text[], $4::text[])
      AS over (bucket, customer_id, device_id, zone_id)
    WHERE timer.bucket = over.bucket AND timer.customer_id = over.customer_id
      AND timer.device_id = over.device_id AND timer.zone_id = over.zone_id
      AND timer.due = $5
"""


async def claim(
    connection: Connection,
    limit: int,
    now: datetime,
    until: datetime,
    buckets: tuple[int, int] = (0, 255),
) -> list[Timer]:
    """Take up to ``limit`` due timers; they are due again at ``until``."""
    rows = await connection.fetch(_CLAIM, limit, now, until, *buckets)
    return [
        Timer(
            CustomerKey(row["bucket"], row["customer_id"]),
            DeviceId(row["device_id"]),
            ZoneId(row["zone_id"]),
        )
        for row in rows
    ]


async def put_off(
    connection: Connection, later: Mapping[Timer, datetime | None], claimed: datetime
) -> None:
    """Give claimed timers another time, and end those that have none."""
    off = sorted((one, due) for one, due in later.items() if due is not None)
    over = sorted(one for one, due in later.items() if due is None)
    if off:
        dues = [due for _, due in off]
        await connection.execute(
            _PUT_OFF, *_keys([one for one, _ in off]), dues, claimed
        )
    if over:
        await connection.execute(_END, *_keys(over), claimed)


def _keys(timers: list[Timer]) -> tuple[list[int], list[str], list[str], list[str]]:
    return (
        [one.customer.bucket for one in timers],
        [one.customer.customer_id for one in timers],
        [str(one.device_id) for one in timers],
        [str(one.zone_id) for one in timers],
    )
