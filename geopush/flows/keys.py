"""Make, renew and end keys; a key is shown once and kept as a hash."""

from datetime import datetime, timedelta

from msgspec import Struct

from geopush.clock import mint_id, mint_secret
from geopush.core.access import Role, hash_key
from geopush.store import changes, keys
from geopush.store.keys import KeyRow
from geopush.store.pool import Connection, Pool


class KeyAsked(Struct, frozen=True):
    """The key that somebody wants."""

    role: Role
    name: str
    group: str | None = None
    app: str | None = None
    expires_at: datetime | None = None


class KeyMade(Struct, frozen=True):
    """A new key, to be shown this once, and the revision it is in force with."""

    key_id: str
    key: str
    revision: int


async def create_key(pool: Pool, asked: KeyAsked, *, now: datetime) -> KeyMade:
    """Make a key."""
    async with pool.acquire() as connection, connection.transaction():
        revision = await changes.advance(connection)
        return await _add(connection, asked, revision, now)


async def rotate_key(
    pool: Pool, key_id: str, overlap: timedelta, *, now: datetime
) -> KeyMade | None:
    """Make a key like another, which expires after an overlap; None: no such key."""
    async with pool.acquire() as connection, connection.transaction():
        await changes.lock_catalog(connection)
        old = await keys.load_key(connection, key_id)
        if old is None or (old.expires_at is not None and old.expires_at <= now):
            return None
        revision = await changes.advance(connection)
        ends = now + overlap if old.expires_at is None else old.expires_at
        await keys.expire_key(connection, key_id, revision, min(ends, now + overlap))
        asked = KeyAsked(old.role, old.name, old.group, old.app, old.expires_at)
        return await _add(connection, asked, revision, now)


async def end_key(pool: Pool, key_id: str, *, now: datetime) -> int | None:
    """End a key; returns the revision it is out of force with, None: no such key."""
    async with pool.acquire() as connection, connection.transaction():
        await changes.lock_catalog(connection)
        if await keys.load_key(connection, key_id) is None:
            return None
        revision = await changes.advance(connection)
        await keys.end_key(connection, key_id, revision, now)
        return revision


async def _add(
    connection: Connection, asked: KeyAsked, revision: int, now: datetime
) -> KeyMade:
    # What is published in apps looks different from what must stay secret.
    prefix = "gp_pk_" if asked.role is Role.SDK else "gp_sk_"
    key = prefix + mint_secret()
    row = KeyRow(
        key_id=str(mint_id()),
        revision=revision,
        role=asked.role,
        name=asked.name,
        group=asked.group,
        app=asked.app,
        hash=hash_key(key),
        created_at=now,
        expires_at=asked.expires_at,
    )
    await keys.add_key(connection, row)
    return KeyMade(row.key_id, key, revision)
