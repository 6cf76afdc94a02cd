"""Plans that do not hang on how full a table is, or on when it was last analysed."""

from geopush.store.pool import Connection

_BY_INDEX = """
    SET LOCAL enable_seqscan = off;
    SET LOCAL enable_bitmapscan = off;
    SET LOCAL enable_sort = off
"""


async def by_index(connection: Connection) -> None:
    """Let this transaction read what an index can give in its order from there."""
    await connection.execute(_BY_INDEX)
