"""What the deployment signs with: each secret by name, several of one name in turn."""

from datetime import datetime

from geopush.store.changes import lock_catalog
from geopush.store.pool import Connection

_OF = "SELECT value FROM secret WHERE name = $1 ORDER BY created_at DESC, value"
_ADD = "INSERT INTO secret (name, value, created_at) VALUES ($1, $2, $3)"


async def secrets_of(connection: Connection, name: str) -> list[bytes]:
    """Return the secrets of a name, the newest first."""
    return [row["value"] for row in await connection.fetch(_OF, name)]


async def add_secret(
    connection: Connection, name: str, value: bytes, now: datetime
) -> None:
    """Add a secret; it goes before the older ones of its name."""
    await connection.execute(_ADD, name, value, now)


async def ensure_secret(
    connection: Connection, name: str, value: bytes, now: datetime
) -> list[bytes]:
    """Return the secrets of a name; if there is none yet, this one becomes the first.

    Processes that start together agree on one of theirs.
    """
    async with connection.transaction():
        await lock_catalog(connection)
        known = await secrets_of(connection, name)
        if not known:
            await add_secret(connection, name, value, now)
        return known or [value]
