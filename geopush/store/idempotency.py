"""Answers that were given, kept for whoever asks the same once more."""

from datetime import datetime, timedelta

from msgspec import Struct

from geopush.store.pool import Connection

KEPT = timedelta(hours=24)
# A request takes seconds; one that runs for longer died with its process.
ABANDONED = timedelta(minutes=2)

_FORGET_OLD = """
    DELETE FROM idempotency
    WHERE credential = $1 AND key = $2
      AND (started_at < $3 OR (status IS NULL AND started_at < $4))
"""
# Each new place clears away a few that are over, so that there are never many of them.
_CLEAR = """
    DELETE FROM idempotency
    WHERE (credential, key) IN (
        SELECT credential, key FROM idempotency WHERE started_at < $1
        ORDER BY started_at LIMIT 10 FOR UPDATE SKIP LOCKED
    )
"""
_BEGIN = """
    INSERT INTO idempotency (credential, key, request_hash, started_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING
"""
_EARLIER = """
    SELECT request_hash, status, media_type, answer FROM idempotency
    WHERE credential = $1 AND key = $2
"""
_FINISH = """
    UPDATE idempotency SET status = $3, media_type = $4, answer = $5
    WHERE credential = $1 AND key = $2
"""
_FORGET = "DELETE FROM idempotency WHERE credential = $1 AND key = $2"


class Slot(Struct, frozen=True):
    """The place of one request: who asked, under which key."""

    credential: str
    key: str


class Kept(Struct, frozen=True):
    """An earlier request in the same place; no status: it still runs."""

    request_hash: bytes
    status: int | None
    media_type: str | None
    answer: bytes | None


async def begin(
    connection: Connection, slot: Slot, request_hash: bytes, now: datetime
) -> Kept | None:
    """Take a place, or return what is in it."""
    where = (slot.credential, slot.key)
    async with connection.transaction():
        await connection.execute(_FORGET_OLD, *where, now - KEPT, now - ABANDONED)
        status = await connection.execute(_BEGIN, *where, request_hash, now)
        if status == "INSERT 0 1":
            await connection.execute(_CLEAR, now - KEPT)
            return None
        row = await connection.fetchrow(_EARLIER, *where)
    return None if row is None else Kept(*row)


async def finish(
    connection: Connection,
    slot: Slot,
    status: int,
    media_type: str,
    answer: bytes | None,
) -> None:
    """Keep the answer; None if it holds what must not be kept."""
    await connection.execute(
        _FINISH, slot.credential, slot.key, status, media_type, answer
    )


async def forget(connection: Connection, slot: Slot) -> None:
    """Free a place, so that the same may be asked again."""
    await connection.execute(_FORGET, slot.credential, slot.key)
