"""Zones, as the features they were written as."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct

from geopush.store.pool import Connection
from zones import ZoneId

_COLUMNS = "SELECT zone_id, revision, feature, group_name, updated_at FROM zone"
_ABOVE = _COLUMNS + " WHERE revision > $1 ORDER BY revision, zone_id"
_SOME = _COLUMNS + " WHERE zone_id = ANY ($1) AND feature IS NOT NULL"
_GROUP = _COLUMNS + " WHERE group_name = $1 AND feature IS NOT NULL"
_CHANGED = """
    SELECT zone_id FROM zone
    WHERE feature IS NOT NULL
    AND ($1::timestamptz IS NULL OR updated_at >= $1)
    AND ($2::timestamptz IS NULL OR updated_at < $2)
"""
_SAVE = """
    INSERT INTO zone (zone_id, revision, feature, group_name, updated_at)
    SELECT zone_id, $1, feature, group_name, $2
    FROM unnest($3::text[], $4::bytea[], $5::text[])
        AS new (zone_id, feature, group_name)
    ON CONFLICT (zone_id) DO UPDATE
    SET revision = excluded.revision, feature = excluded.feature,
        group_name = excluded.group_name, updated_at = excluded.updated_at
"""
_REMOVE = """
    UPDATE zone SET revision = $1, feature = NULL, updated_at = $2
    WHERE zone_id = ANY ($3)
"""


class ZoneRow(Struct, frozen=True):
    """A zone as it is kept; without a feature it was removed.

    ``updated_at`` is when it was written; it is not said by who writes it.
    """

    zone_id: ZoneId
    revision: int
    feature: bytes | None
    group: str | None
    updated_at: datetime | None = None


async def load_above(connection: Connection, revision: int) -> list[ZoneRow]:
    """Return what changed after a revision."""
    rows = await connection.fetch(_ABOVE, revision)
    return [ZoneRow(*row) for row in rows]


async def load_zones(
    connection: Connection, zone_ids: Collection[str]
) -> dict[str, ZoneRow]:
    """Return those of these zones that are there."""
    rows = await connection.fetch(_SOME, list(zone_ids))
    return {row["zone_id"]: ZoneRow(*row) for row in rows}


async def load_group(connection: Connection, group: str) -> dict[str, ZoneRow]:
    """Return the zones of a group."""
    rows = await connection.fetch(_GROUP, group)
    return {row["zone_id"]: ZoneRow(*row) for row in rows}


async def changed_between(
    connection: Connection, since: datetime | None, until: datetime | None
) -> frozenset[str]:
    """Return the ids of the zones that were last changed in a span of time."""
    rows = await connection.fetch(_CHANGED, since, until)
    return frozenset(row["zone_id"] for row in rows)


async def save_zones(
    connection: Connection, rows: Sequence[ZoneRow], revision: int, now: datetime
) -> None:
    """Write zones, new or changed, under a revision."""
    await connection.execute(
        _SAVE,
        revision,
        now,
        [row.zone_id for row in rows],
        [row.feature for row in rows],
        [row.group for row in rows],
    )


async def remove_zones(
    connection: Connection, zone_ids: Collection[str], revision: int, now: datetime
) -> None:
    """Leave of these zones only that they are gone."""
    await connection.execute(_REMOVE, revision, now, list(zone_ids))
