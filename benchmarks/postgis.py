"""PostGIS as a peer: a private cluster, asked over its socket on the same core."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg
import numpy as np
import shapely

from benchmarks.match import Contest, opened
from benchmarks.peers import Matcher, Pairs, pairs_coded
from geopush.bench.contest import Contender
from geopush.bench.matching import Built
from geopush.bench.pings import Floats
from geopush.store.embedded import start_cluster
from zones import Zone

DEBIAN = Path("/usr/lib/postgresql")
AT_ONCE = 500  # zones a statement
ASK = """
    SELECT ping.number, zone.number
    FROM unnest($1::float8[], $2::float8[]) WITH ORDINALITY AS ping (x, y, number)
    JOIN zone ON ST_Intersects(zone.area, ST_Point(ping.x, ping.y))
"""


def programs() -> Path | None:
    """Return where a PostgreSQL with PostGIS is, if Debian's is installed."""
    for folder in sorted(DEBIAN.glob("*/bin"), reverse=True):
        share = Path("/usr/share/postgresql", folder.parent.name, "extension")
        if (share / "postgis.control").exists():
            return folder
    return None


@contextmanager
def open_database(contest: Contest) -> Iterator[Contender[Built]]:
    """Build a table with zones; its time is that of the clock, not of this process."""
    with ExitStack() as stack:

        def build(zones: list[Zone], _: str) -> Matcher:
            return stack.enter_context(open_postgis(zones))

        with opened(contest, build, time.perf_counter) as contender:
            yield contender


@contextmanager
def open_postgis(zones: list[Zone]) -> Iterator[Matcher]:
    """Put zones into a table with an index; the server ends with this process."""
    with (
        tempfile.TemporaryDirectory(prefix="geopush-bench-") as folder,
        asyncio.Runner() as runner,
    ):
        Path(folder).chmod(0o711)  # lets the user through that Postgres runs as
        place = Path(folder, "data")
        server = runner.run(
            start_cluster(place, bin_dir=programs(), durable=False, refuge=place)
        )
        connection = runner.run(asyncpg.connect(server.dsn))
        try:
            runner.run(_fill(connection, zones))
            asked = runner.run(connection.prepare(ASK))

            def ask(lons: Floats, lats: Floats) -> Pairs:
                rows = runner.run(asked.fetch(lons.tolist(), lats.tolist()))
                pings, found = np.array(rows, dtype=np.intp).reshape(-1, 2).T
                return pings - 1, found

            yield Matcher(ask, pairs_coded)
        finally:
            runner.run(connection.close())
            runner.run(server.stop())


async def _fill(connection: asyncpg.Connection, zones: list[Zone]) -> None:
    await connection.execute(
        "CREATE EXTENSION postgis; "
        "CREATE TABLE zone (number int PRIMARY KEY, area geometry NOT NULL)"
    )
    for start in range(0, len(zones), AT_ONCE):
        shapes = [zone.area.geometry for zone in zones[start : start + AT_ONCE]]
        await connection.execute(
            "INSERT INTO zone SELECT $1 + n - 1, ST_GeomFromWKB(area) "
            "FROM unnest($2::bytea[]) WITH ORDINALITY AS new (area, n)",
            start,
            [bytes(one) for one in shapely.to_wkb(shapes)],
        )
    await connection.execute("CREATE INDEX ON zone USING gist (area)")
    await connection.execute("ANALYZE zone")
