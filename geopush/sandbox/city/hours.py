"""Hourly weather derived from a day's high, low, rain and wind; none of it measured.

The formulas are written out for people in README.md beside this file.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from math import acos, cos, pi, radians, sin, tan

from msgspec import Struct

LONGITUDE, LATITUDE = -73.9692, 40.7794  # the weather station in Central Park
ZONE = timezone(timedelta(hours=-4))  # New York in summer, as every derived day is
COOLEST_HOUR, WARMEST_HOUR = 5, 15
RAIN_BY_HOUR = {14: 0.15, 15: 0.40, 16: 0.30, 17: 0.15}  # shares of the day's rain
STORM_FROM_CELSIUS = 30.0  # rain on a day this hot falls as a thunderstorm
FAIR_RANGE_CELSIUS = 10.0  # between low and high: a clear sky warms and cools freely


class Day(Struct, frozen=True):
    """What was measured on one day, in the units of the API."""

    date: date
    low_c: float
    high_c: float
    rain_mm: float
    wind_ms: float


class Observation(Struct, frozen=True):
    """The weather of one hour, as it is posted."""

    longitude: float
    latitude: float
    observed_at: datetime
    temperature_c: float
    precipitation_mm_h: float
    cloud_cover_pct: int
    wind_ms: float
    is_day: bool
    wmo_code: int
    sky: str


class Sky(Struct, frozen=True):
    """A word for the sky with its WMO code and how much of it is covered."""

    word: str
    wmo_code: int
    cloud_cover_pct: int


CLEAR = Sky("clear", 0, 5)
MOSTLY_CLEAR = Sky("mostly_clear", 1, 25)
PARTLY_CLOUDY = Sky("partly_cloudy", 2, 55)
OVERCAST = Sky("overcast", 3, 95)
RAIN = Sky("rain", 61, 100)
THUNDERSTORM = Sky("thunderstorm", 95, 100)


def observations(days: Sequence[Day]) -> list[Observation]:
    """Each hour of the days but the first and last, which lend their highs and lows."""
    return [
        _observe(before, day, after, hour)
        for before, day, after in zip(days, days[1:], days[2:], strict=False)
        for hour in range(24)
    ]


def _observe(before: Day, day: Day, after: Day, hour: int) -> Observation:
    sky = _sky(day, hour)
    return Observation(
        longitude=LONGITUDE,
        latitude=LATITUDE,
        observed_at=datetime(
            day.date.year, day.date.month, day.date.day, hour, tzinfo=ZONE
        ),
        temperature_c=round(_temperature(before, day, after, hour), 1),
        precipitation_mm_h=round(day.rain_mm * RAIN_BY_HOUR.get(hour, 0.0), 1),
        cloud_cover_pct=sky.cloud_cover_pct,
        wind_ms=round(day.wind_ms * (1 + 0.4 * sin(2 * pi * (hour - 9) / 24)), 1),
        is_day=_is_day(day.date, hour),
        wmo_code=sky.wmo_code,
        sky=sky.word,
    )


def _temperature(before: Day, day: Day, after: Day, hour: int) -> float:
    """Half a cosine from each low to the next high, and down to the next low."""
    night = 24 - (WARMEST_HOUR - COOLEST_HOUR)
    if hour < COOLEST_HOUR:
        return _ease(before.high_c, day.low_c, (hour + 24 - WARMEST_HOUR) / night)
    if hour <= WARMEST_HOUR:
        share = (hour - COOLEST_HOUR) / (WARMEST_HOUR - COOLEST_HOUR)
        return _ease(day.low_c, day.high_c, share)
    return _ease(day.high_c, after.low_c, (hour - WARMEST_HOUR) / night)


def _ease(start: float, end: float, share: float) -> float:
    return start + (end - start) * (1 - cos(pi * share)) / 2


def _sky(day: Day, hour: int) -> Sky:
    if day.rain_mm > 0:
        if hour not in RAIN_BY_HOUR:
            return OVERCAST
        return THUNDERSTORM if day.high_c >= STORM_FROM_CELSIUS else RAIN
    is_afternoon = 12 <= hour < 18  # warm air has risen by then, and made small clouds
    if day.high_c - day.low_c >= FAIR_RANGE_CELSIUS:
        return MOSTLY_CLEAR if is_afternoon else CLEAR
    return PARTLY_CLOUDY if is_afternoon else MOSTLY_CLEAR


def _is_day(on: date, hour: int) -> bool:
    """Whether the sun is up, from its declination; good to about ten minutes."""
    tilt = -23.44 * cos(2 * pi * (on.timetuple().tm_yday + 10) / 365)
    half_day = acos(-tan(radians(LATITUDE)) * tan(radians(tilt))) * 12 / pi
    noon = 12 - 4 - LONGITUDE / 15  # by the sun, on clocks four hours behind UTC
    return noon - half_day <= hour < noon + half_day
