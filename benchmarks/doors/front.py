"""Our door without a database: token, decoding, one line, matching, answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapely

from benchmarks.doors.echo import build as build_echo
from benchmarks.doors.keys import RING
from benchmarks.kernel import load
from geopush.api.front import Front
from geopush.api.ping_door import PingDoor
from geopush.api.quotas import Quotas
from geopush.api.speakers import Speakers
from geopush.clock import utc_now
from geopush.core.change import Answer, Taken, Upload
from geopush.core.matching import NOWHERE, match, numbers_of
from geopush.core.quota import Quota
from geopush.flows.line import Line, Waiting
from geopush.metrics import Metrics
from zones import Area, Zone, ZoneId, build_index


class Matching:
    """Answers as ingest does where nothing happens; it matches, and keeps nothing."""

    def __init__(self, shapes: Path) -> None:
        """``shapes`` has the geometries of the zones, each as WKB in hexadecimal."""
        zones = [
            Zone(ZoneId(f"zone-{number}"), Area(shape))
            for number, shape in enumerate(shapely.from_wkb(shapes.read_text().split()))
        ]
        self._index = build_index(zones, kernel=load())
        self._line = Line(self._flush)

    async def take(self, upload: Upload) -> Answer:
        """Wait for the flush that matches this upload."""
        return await self._line.take(upload)

    async def _flush(self, batch: Sequence[Waiting]) -> None:
        uploads = [upload for upload, _ in batch]
        matched = match(uploads, self._index)
        for number, (upload, answer) in zip(numbers_of(uploads), batch, strict=True):
            last = number + len(upload.pings) - 1
            inside = matched.zones.get(last, NOWHERE)
            answer.set_result(Taken(len(upload.pings), 0, 0, (), (), inside))


def speakers() -> Speakers:
    """Return who speaks by the tokens of the benchmarks."""
    return Speakers(RING, dict)


def endless() -> Quotas:
    """Return quotas that are counted as ever and that nobody comes to the end of."""
    return Quotas(Quota(burst=10**9), Metrics())


def build(shapes: str) -> Any:
    """Return the front over these zones; what is not for it is sent back."""
    door = PingDoor(speakers(), Matching(Path(shapes)), utc_now, endless())
    return Front(door, build_echo(shapes))
