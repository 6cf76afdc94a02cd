"""Bare statements: what the database cannot be spared, whoever asks it."""

from datetime import timedelta

from benchmarks.walkers import DEVICES, GAP, START
from geopush.core.known import State, write
from geopush.core.ping import DeviceId, customer_key
from geopush.core.presence import RECENT, Whereabouts
from geopush.core.times import micros, pack
from geopush.core.visit import KEPT, Memory, Seen, revise
from geopush.store.pool import Connection

# What cannot be left out: each customer's row moves on, in one statement a flush.
UPDATE = """
    UPDATE customer
    SET version = customer.version + 1, seen = new.seen, state = new.state
    FROM unnest($1::smallint[], $2::text[], $3::timestamptz[], $4::bytea[])
        AS new (bucket, customer_id, seen, state)
    WHERE customer.bucket = new.bucket AND customer.customer_id = new.customer_id
"""
SELECT = """
    SELECT bucket, customer_id, version, state, profile
    FROM unnest($1::smallint[], $2::text[]) AS asked (bucket, customer_id)
    JOIN customer USING (bucket, customer_id)
"""


def usual_state() -> bytes:
    """Return the state of a customer as ours mostly are, written."""
    fixes = [
        Seen(START - timedelta(seconds=GAP * n)) for n in reversed(range(KEPT + 1))
    ]
    times = [micros(START) - GAP * n * 1_000_000 for n in range(RECENT)]
    memory = revise(Memory(), fixes).memory
    where = Whereabouts(START, "852a1073fffffff", {}, pack(times), b"b" * 12, memory)
    return write(State({DeviceId("row-0000"): where}, (), START))


class Rows:
    """Rows of so many customers, taken in turn."""

    def __init__(self, kind: str) -> None:
        keys = sorted(customer_key(f"{kind}-{number}") for number in range(DEVICES))
        self._buckets = [key.bucket for key in keys]
        self._ids = [key.customer_id for key in keys]
        self._state = usual_state()
        self._next = 0

    def some(self, count: int) -> tuple[list[int], list[str]]:
        """Return the keys of the next so many, or of fewer at the end of a turn."""
        first, self._next = self._next, self._next + count
        if self._next >= DEVICES:
            self._next = 0
        return self._buckets[first:][:count], self._ids[first:][:count]

    async def advance(self, connection: Connection, count: int) -> int:
        """Advance the next rows by the bare statement; return how many."""
        buckets, ids = self.some(count)
        more = [START] * len(ids), [self._state] * len(ids)
        await connection.execute(UPDATE, buckets, ids, *more)
        return len(ids)

    async def read(self, connection: Connection, count: int) -> int:
        """Read the next rows by the bare statement; return how many."""
        return len(await connection.fetch(SELECT, *self.some(count)))
