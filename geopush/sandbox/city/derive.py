"""Make the sample city anew: python -m geopush.sandbox.city.derive FOLDER.

FOLDER holds the three source files that README.md beside this file names. The same
sources always give the same files, byte for byte.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct

from geopush.sandbox.city.hours import Day, observations
from geopush.sandbox.city.outline import Corner, Ring, Rings, covers, simplify

HERE = Path(__file__).parent
TIMEZONE = "America/New_York"
BOROUGHS = ("Bronx", "Brooklyn", "Manhattan", "Queens", "Staten Island")
TOLERANCE = 20  # micro-degrees, about two meters
RADIUS = 150  # meters
DWELL_SECONDS = 300
CROSSING_ITSELF = 252  # Whitestone: a ring meets itself near -73.83728, 40.78901
MONDAY = date(2023, 5, 29)
MICRO = 1_000_000

Hours: TypeAlias = dict[str, list[tuple[str, str]] | dict[str, list[tuple[str, str]]]]
Position: TypeAlias = tuple[float, float]


class Point(Struct, tag=True, tag_field="type"):
    """A GeoJSON point."""

    coordinates: Position


class Polygon(Struct, tag=True, tag_field="type"):
    """A GeoJSON polygon."""

    coordinates: list[list[Position]]


class MultiPolygon(Struct, tag=True, tag_field="type"):
    """Several GeoJSON polygons that are one area."""

    coordinates: list[list[list[Position]]]


class Named(Struct):
    """What the source says of a taxi zone beside its outline."""

    name: str
    borough: str
    location_id: int


class TaxiZone(Struct):
    """A taxi zone of the source."""

    properties: Named
    geometry: Polygon | MultiPolygon


class TaxiZones(Struct):
    """The source's file of taxi zones."""

    features: list[TaxiZone]


class Feature(Struct, tag=True, tag_field="type"):
    """A zone as the API takes it."""

    id: str
    properties: dict[str, str | int | list[str] | Hours]
    geometry: Point | Polygon | MultiPolygon


def derive(sources: Path, target: Path) -> None:
    """Write zones, districts and weather of the sample city into the target folder."""
    taxi_zones = msgspec.json.decode(
        (sources / "nyc_taxi_zones.geojson").read_bytes(), type=TaxiZones
    ).features
    with (sources / "us_restaurants.csv").open(newline="", encoding="utf-8") as rows:
        zones = _restaurants(csv.DictReader(rows), taxi_zones)
    _write_features(target / "zones.geojson", zones)
    _write_features(target / "districts.geojson", _districts(taxi_zones))
    with (sources / "central_park_weather.csv").open(encoding="utf-8") as rows:
        days = _days(csv.DictReader(rows))
    lines = b",\n".join(map(msgspec.json.encode, observations(days)))
    body = b'{"observations": [\n' + lines + b"\n]}\n"
    (target / "weather.json").write_bytes(body)


def _restaurants(
    rows: Iterable[dict[str, str]], taxi_zones: Sequence[TaxiZone]
) -> list[Feature]:
    """One zone for every restaurant that one of the five boroughs covers.

    The post office's city names say "Flushing" or "Elmont" and tell no borough.
    """
    outlines = [
        (zone.properties.borough, _rings(zone.geometry))
        for zone in taxi_zones
        if zone.properties.borough in BOROUGHS
    ]
    found = []
    for row in rows:
        longitude, latitude = float(row["longitude"]), float(row["latitude"])
        if (borough := _borough(outlines, longitude, latitude)) is not None:
            found.append((int(row["store_number"]), row, borough))
    found.sort(key=lambda one: one[0])
    return [_restaurant(number, row, borough) for number, row, borough in found]


def _restaurant(number: int, row: dict[str, str], borough: str) -> Feature:
    sells_ice_cream = number % 4 != 0
    return Feature(
        id=f"nyc-{number}",
        properties={
            "name": row["street"],
            "group": borough,
            "tags": ["restaurant", "ice_cream"] if sells_ice_cream else ["restaurant"],
            "radius": RADIUS,
            "dwell_seconds": DWELL_SECONDS,
            "timezone": TIMEZONE,
            "opening_hours": _opening_hours(number),
        },
        geometry=Point((float(row["longitude"]), float(row["latitude"]))),
    )


def _opening_hours(number: int) -> Hours:
    """Made up: early houses, late houses and those in between, by store number."""
    week = [("06:00", "23:00"), ("10:00", "22:00"), ("10:00", "02:00")][number % 3]
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    memorial_day = {MONDAY.isoformat(): [("11:00", "18:00")]}
    return {**{day: [week] for day in days}, "dates": memorial_day}


def _borough(
    outlines: Sequence[tuple[str, Rings]], longitude: float, latitude: float
) -> str | None:
    if not (-74.3 < longitude < -73.6 and 40.4 < latitude < 41.0):
        return None  # saves asking 260 outlines about most of the country
    at = _corner((longitude, latitude))
    return next((borough for borough, rings in outlines if covers(rings, at)), None)


def _districts(taxi_zones: Sequence[TaxiZone]) -> list[Feature]:
    """One zone for every taxi zone but the invalid one; a repeated id gets a suffix."""
    seen: Counter[int] = Counter()
    features = []
    for zone in taxi_zones:
        number = zone.properties.location_id
        if number == CROSSING_ITSELF:
            continue
        seen[number] += 1
        suffix = f".{seen[number]}" if seen[number] > 1 else ""
        features.append(_district(f"district-{number}{suffix}", zone))
    return features


def _district(zone_id: str, zone: TaxiZone) -> Feature:
    return Feature(
        id=zone_id,
        properties={
            "name": zone.properties.name,
            "group": zone.properties.borough,
            "tags": ["district"],
            "timezone": TIMEZONE,
        },
        geometry=_thinned(zone.geometry),
    )


def _thinned(geometry: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    rings = iter(simplify(_rings(geometry), TOLERANCE))
    polygons = [
        [_positions(next(rings)) for _ in polygon] for polygon in _polygons(geometry)
    ]
    if isinstance(geometry, Polygon):
        return Polygon(polygons[0])
    return MultiPolygon(polygons)


def _polygons(geometry: Polygon | MultiPolygon) -> list[list[list[Position]]]:
    if isinstance(geometry, Polygon):
        return [geometry.coordinates]
    return geometry.coordinates


def _rings(geometry: Polygon | MultiPolygon) -> Rings:
    return [
        [_corner(position) for position in ring]
        for polygon in _polygons(geometry)
        for ring in polygon
    ]


def _corner(position: Position) -> Corner:
    return round(position[0] * MICRO), round(position[1] * MICRO)


def _positions(ring: Ring) -> list[Position]:
    return [(x / MICRO, y / MICRO) for x, y in ring]


def _days(rows: Iterable[dict[str, str]]) -> list[Day]:
    """The week from Monday, with the day before and the day after it."""
    wanted = {str(MONDAY + timedelta(days=offset)) for offset in range(-1, 8)}
    return [
        Day(
            date=date.fromisoformat(row["DATE"]),
            low_c=_celsius(row["TMIN"]),
            high_c=_celsius(row["TMAX"]),
            rain_mm=float(row["PRCP"]) * 25.4,
            wind_ms=float(row["AWND"]) * 0.44704,
        )
        for row in rows
        if row["DATE"] in wanted
    ]


def _celsius(fahrenheit: str) -> float:
    return (float(fahrenheit) - 32) / 1.8


def _write_features(path: Path, features: Sequence[Feature]) -> None:
    lines = b",\n".join(map(msgspec.json.encode, features))
    start = b'{"type": "FeatureCollection", "features": [\n'
    path.write_bytes(start + lines + b"\n]}\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    derive(Path(sys.argv[1]), HERE)
