"""Keys: never the key itself, only what is needed to know it again."""

from datetime import datetime

from asyncpg import Record
from msgspec import Struct

from geopush.core.access import Role
from geopush.store.pool import Connection

_COLUMNS = """
    SELECT key_id, revision, role, name, group_name, app, hash, created_at,
           expires_at, ended_at
    FROM access_key
"""
_ABOVE = _COLUMNS + " WHERE revision > $1 ORDER BY revision, key_id"
_ONE = _COLUMNS + " WHERE key_id = $1 AND ended_at IS NULL"
_PAGE = _COLUMNS + (
    " WHERE key_id > $1 AND ended_at IS NULL"
    " AND ($3::timestamptz IS NULL OR created_at >= $3)"
    " AND ($4::timestamptz IS NULL OR created_at < $4)"
    " ORDER BY key_id LIMIT $2"
)
_ADD = """
    INSERT INTO access_key (key_id, revision, role, name, group_name, app, hash,
                            created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_END = "UPDATE access_key SET revision = $2, ended_at = $3 WHERE key_id = $1"
_EXPIRE = "UPDATE access_key SET revision = $2, expires_at = $3 WHERE key_id = $1"


class KeyRow(Struct, frozen=True):
    """A key as it is kept."""

    key_id: str
    revision: int
    role: Role
    name: str
    group: str | None
    app: str | None
    hash: bytes
    created_at: datetime
    expires_at: datetime | None = None
    ended_at: datetime | None = None


async def load_above(connection: Connection, revision: int) -> list[KeyRow]:
    """Return what changed after a revision, keys that ended too."""
    rows = await connection.fetch(_ABOVE, revision)
    return [_read(row) for row in rows]


async def load_key(connection: Connection, key_id: str) -> KeyRow | None:
    """Return a key that has not been ended."""
    row = await connection.fetchrow(_ONE, key_id)
    return None if row is None else _read(row)


async def list_keys(
    connection: Connection,
    after: str,
    limit: int,
    since: datetime | None,
    until: datetime | None,
) -> list[KeyRow]:
    """Return keys that have not been ended, in the order of their ids."""
    rows = await connection.fetch(_PAGE, after, limit, since, until)
    return [_read(row) for row in rows]


async def add_key(connection: Connection, row: KeyRow) -> None:
    """Write a new key."""
    await connection.execute(
        _ADD,
        row.key_id,
        row.revision,
        row.role,
        row.name,
        row.group,
        row.app,
        row.hash,
        row.created_at,
        row.expires_at,
    )


async def end_key(
    connection: Connection, key_id: str, revision: int, now: datetime
) -> None:
    """Let a key open nothing from now on."""
    await connection.execute(_END, key_id, revision, now)


async def expire_key(
    connection: Connection, key_id: str, revision: int, at: datetime
) -> None:
    """Let a key open nothing from a moment on."""
    await connection.execute(_EXPIRE, key_id, revision, at)


def _read(row: Record) -> KeyRow:
    return KeyRow(
        key_id=row["key_id"],
        revision=row["revision"],
        role=Role(row["role"]),
        name=row["name"],
        group=row["group_name"],
        app=row["app"],
        hash=row["hash"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        ended_at=row["ended_at"],
    )
