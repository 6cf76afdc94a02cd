"""The weather: what was observed where, and whether it still says anything."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum, auto
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from geopush.core.ping import Latitude, Longitude, Moment
from zones import Point, cell_of, neighbours

CELL_RESOLUTION = 5  # hexagons of about 250 km2, 17 km from centre to centre
CELL_SPACING_KM = 12.0  # the least distance that one more ring of cells adds anywhere
EARTH_KM = 6371.0
REMEMBERED = 16_384  # places whose observations are known; then all are forgotten

Number = Annotated[float, Meta(ge=-1e6, le=1e6)]
Share = Annotated[float, Meta(ge=0, le=100)]
Amount = Annotated[float, Meta(ge=0, le=10_000)]


class Sky(StrEnum):
    """What the sky looks like, in one word."""

    CLEAR = auto()
    MOSTLY_CLEAR = auto()
    PARTLY_CLOUDY = auto()
    OVERCAST = auto()
    FOG = auto()
    DRIZZLE = auto()
    FREEZING_DRIZZLE = auto()
    RAIN = auto()
    FREEZING_RAIN = auto()
    SLEET = auto()
    SNOW = auto()
    RAIN_SHOWERS = auto()
    SNOW_SHOWERS = auto()
    THUNDERSTORM = auto()
    HAIL = auto()
    DUST = auto()


# World Meteorological Organization, code table 4677, as weather services use it.
WMO: dict[int, Sky] = {
    0: Sky.CLEAR,
    1: Sky.MOSTLY_CLEAR,
    2: Sky.PARTLY_CLOUDY,
    3: Sky.OVERCAST,
    45: Sky.FOG,
    48: Sky.FOG,
    **dict.fromkeys((51, 53, 55), Sky.DRIZZLE),
    **dict.fromkeys((56, 57), Sky.FREEZING_DRIZZLE),
    **dict.fromkeys((61, 63, 65), Sky.RAIN),
    **dict.fromkeys((66, 67), Sky.FREEZING_RAIN),
    **dict.fromkeys((71, 73, 75, 77), Sky.SNOW),
    **dict.fromkeys((80, 81, 82), Sky.RAIN_SHOWERS),
    **dict.fromkeys((85, 86), Sky.SNOW_SHOWERS),
    95: Sky.THUNDERSTORM,
    **dict.fromkeys((96, 99), Sky.HAIL),
}


class WeatherSeen(Struct, frozen=True, omit_defaults=True):
    """The weather of a moment; what was not observed is missing.

    Decisions keep it without its place, which would tell where somebody was.
    """

    observed_at: Moment
    temperature_c: Annotated[float, Meta(ge=-100, le=70)] | None = None
    apparent_c: Annotated[float, Meta(ge=-120, le=90)] | None = None
    humidity_pct: Share | None = None
    precipitation_mm_h: Amount | None = None
    snow_cm_h: Amount | None = None
    cloud_cover_pct: Share | None = None
    wind_ms: Amount | None = None
    gust_ms: Amount | None = None
    uv_index: Annotated[float, Meta(ge=0, le=30)] | None = None
    is_day: bool | None = None
    wmo_code: Annotated[int, Meta(ge=0, le=99)] | None = None
    sky: Sky | None = None

    def values(self) -> dict[str, float | int | bool | str | None]:
        """What conditions and words may ask of it, by field name."""
        return {
            "weather.temperature_c": self.temperature_c,
            "weather.apparent_c": self.apparent_c,
            "weather.humidity_pct": self.humidity_pct,
            "weather.precipitation_mm_h": self.precipitation_mm_h,
            "weather.snow_cm_h": self.snow_cm_h,
            "weather.cloud_cover_pct": self.cloud_cover_pct,
            "weather.wind_ms": self.wind_ms,
            "weather.gust_ms": self.gust_ms,
            "weather.uv_index": self.uv_index,
            "weather.is_day": self.is_day,
            "weather.wmo_code": self.wmo_code,
            "weather.sky": self._sky(),
        }

    def _sky(self) -> Sky | None:
        if self.sky is not None or self.wmo_code is None:
            return self.sky
        return WMO.get(self.wmo_code)


class Observation(WeatherSeen, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The weather at one place and moment."""

    longitude: Longitude
    latitude: Latitude

    @property
    def point(self) -> Point:
        """Where it was observed."""
        return Point(longitude=self.longitude, latitude=self.latitude)

    def seen(self) -> WeatherSeen:
        """Return what was observed, without where."""
        return msgspec.convert(self, WeatherSeen, from_attributes=True)


Absent = Literal["weather_unknown", "weather_stale"]


class Weather:
    """All observations as of one moment; replaced, never changed."""

    def __init__(
        self, observations: Mapping[str, Observation], *, radius_km: float
    ) -> None:
        """``observations`` by the cell they are kept under; see ``kept_under``."""
        self.observations = observations
        self._radius = radius_km
        self._rings = math.ceil(radius_km / CELL_SPACING_KM) + 1
        self._by_cell: dict[str, list[Observation]] = {}
        for observation in observations.values():
            cell = cell_of(observation.point, CELL_RESOLUTION)
            self._by_cell.setdefault(cell, []).append(observation)
        # zones are asked about again and again
        self._reached: dict[Point, tuple[Observation, ...]] = {}

    def with_newer(self, newer: Iterable[Observation]) -> "Weather":
        """The same with these in place of what was kept under their cells."""
        observations = dict(self.observations)
        for one in newer:
            observations[kept_under(one)] = one
        return Weather(observations, radius_km=self._radius)

    def near(
        self, place: Point, now: datetime, longest_age: timedelta
    ) -> Observation | Absent:
        """The nearest observation that is fresh enough, or why there is none."""
        inside = self._reaching(place)
        for one in inside:
            if now - one.observed_at <= longest_age:
                return one
        return "weather_stale" if inside else "weather_unknown"

    def _reaching(self, place: Point) -> tuple[Observation, ...]:
        """The observations that tell of a place, the nearest and then newest first."""
        if not self._by_cell:
            return ()
        found = self._reached.get(place)
        if found is None:
            if len(self._reached) >= REMEMBERED:
                self._reached.clear()
            found = self._reached[place] = self._look_around(place)
        return found

    def _look_around(self, place: Point) -> tuple[Observation, ...]:
        around = [
            (kilometers(place, one.point), -one.observed_at.timestamp(), one)
            for cell in _around(cell_of(place, CELL_RESOLUTION), self._rings)
            for one in self._by_cell.get(cell, ())
        ]
        inside = [one for one in around if one[0] <= self._radius]
        return tuple(one for *_, one in sorted(inside, key=lambda one: one[:2]))


@lru_cache(maxsize=4_096)
def _around(cell: str, rings: int) -> tuple[str, ...]:
    """The cells around one; there are fewer of them than of places."""
    return tuple(neighbours(cell, rings))


def kept_under(observation: Observation) -> str:
    """The cell of about 5 km2 whose latest observation is kept."""
    return cell_of(observation.point, 7)


def kilometers(one: Point, other: Point) -> float:
    """Great-circle distance (haversine)."""
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    east = math.radians(other.longitude - one.longitude)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(east / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
