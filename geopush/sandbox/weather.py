"""The stand-in for a weather service: it says what it was told to say."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Moment = Annotated[datetime, Meta(tz=True)]


class Observation(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The weather at one place and moment, as geopush takes it."""

    longitude: Annotated[float, Meta(ge=-180, le=180)]
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    observed_at: Moment
    temperature_c: float | None = None
    apparent_c: float | None = None
    humidity_pct: float | None = None
    precipitation_mm_h: float | None = None
    snow_cm_h: float | None = None
    cloud_cover_pct: float | None = None
    wind_ms: float | None = None
    gust_ms: float | None = None
    uv_index: float | None = None
    is_day: bool | None = None
    wmo_code: int | None = None
    sky: str | None = None


class Weather:
    """The observations it was told."""

    def __init__(self) -> None:
        self._observations: list[Observation] = []

    def add(self, observations: Iterable[Observation]) -> None:
        """Learn some more."""
        self._observations.extend(observations)

    def replace(self, observations: Iterable[Observation]) -> None:
        """Know these and no others."""
        self._observations = list(observations)

    def at(self, *, longitude: float, latitude: float) -> Observation | None:
        """Return the nearest observation; of several at one place the newest."""

        def rank(observation: Observation) -> tuple[float, float]:
            east = (observation.longitude - longitude + 180) % 360 - 180
            north = observation.latitude - latitude
            away = math.hypot(east * math.cos(math.radians(latitude)), north)
            return away, -observation.observed_at.timestamp()

        return min(self._observations, key=rank, default=None)
