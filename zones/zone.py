"""A zone: a named area of the Earth, and what is wanted of it."""

from datetime import datetime
from typing import NewType

from msgspec import Struct

from zones.geometry import Area
from zones.hours import OpeningHours

ZoneId = NewType("ZoneId", str)
Scalar = str | int | float | bool | None


class Zone(Struct, frozen=True):
    """A named area with its settings; what is None is left to the deployment."""

    zone_id: ZoneId
    area: Area
    name: str = ""
    group: str | None = None
    tags: tuple[str, ...] = ()
    dwell_seconds: int | None = None
    approach_meters: float | None = None
    min_confidence: int | None = None
    exit_confirmations: int | None = None
    timezone: str | None = None
    opening_hours: OpeningHours | None = None
    muted_until: datetime | None = None
    enabled: bool = True
    metadata: dict[str, Scalar] = {}
