"""The latest observation of each place."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from geopush.core.weather import Observation
from geopush.store.pool import Connection

_ABOVE = "SELECT observation FROM weather WHERE revision > $1 ORDER BY cell"
_SAVE = """
    INSERT INTO weather (cell, revision, observed_at, observation)
    SELECT cell, $1, observed_at, observation
    FROM unnest($2::text[], $3::timestamptz[], $4::bytea[])
        AS new (cell, observed_at, observation)
    ON CONFLICT (cell) DO UPDATE
    SET revision = excluded.revision, observed_at = excluded.observed_at,
        observation = excluded.observation
"""
_KEPT = "SELECT cell, observed_at FROM weather WHERE cell = ANY ($1)"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Observation)


async def load_above(connection: Connection, revision: int) -> list[Observation]:
    """Return what was observed after a revision."""
    rows = await connection.fetch(_ABOVE, revision)
    return [_decoder.decode(row["observation"]) for row in rows]


async def observed_at(
    connection: Connection, cells: Iterable[str]
) -> dict[str, datetime]:
    """Return when the observations that are kept of these cells were made."""
    rows = await connection.fetch(_KEPT, list(cells))
    return {row["cell"]: row["observed_at"] for row in rows}


async def save_weather(
    connection: Connection, newer: Mapping[str, Observation], revision: int
) -> None:
    """Write observations in place of what is kept of their cells."""
    await connection.execute(
        _SAVE,
        revision,
        list(newer),
        [observation.observed_at for observation in newer.values()],
        [_encoder.encode(observation) for observation in newer.values()],
    )
