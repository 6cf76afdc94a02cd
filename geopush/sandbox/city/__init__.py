"""The sample city: restaurants and districts of New York, a week's weather, offers."""

from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct

from geopush.sandbox.city.hours import Observation

HERE = Path(__file__).parent

Position: TypeAlias = tuple[float, float]
Outline: TypeAlias = list[list[Position]]


class Restaurant(Struct, frozen=True):
    """A circle around a restaurant."""

    zone_id: str
    name: str
    borough: str
    longitude: float
    latitude: float
    radius: float
    tags: tuple[str, ...]


class District(Struct, frozen=True):
    """A part of the city with its outline, each polygon a ring and its holes."""

    zone_id: str
    name: str
    borough: str
    polygons: list[Outline]


class City(Struct, frozen=True):
    """All there is of the sample city, and the documents as they are uploaded."""

    restaurants: tuple[Restaurant, ...]
    districts: tuple[District, ...]
    observations: tuple[Observation, ...]
    offers: dict[str, msgspec.Raw]
    zones_document: bytes
    districts_document: bytes


class _Properties(Struct):
    name: str
    group: str
    tags: tuple[str, ...]
    radius: float = 0.0


class _Point(Struct, tag="Point", tag_field="type"):
    coordinates: Position


class _Polygon(Struct, tag="Polygon", tag_field="type"):
    coordinates: Outline


class _MultiPolygon(Struct, tag="MultiPolygon", tag_field="type"):
    coordinates: list[Outline]


class _Circle(Struct):
    id: str
    properties: _Properties
    geometry: _Point


class _Area(Struct):
    id: str
    properties: _Properties
    geometry: _Polygon | _MultiPolygon


class _Circles(Struct):
    features: list[_Circle]


class _Areas(Struct):
    features: list[_Area]


class _Weather(Struct):
    observations: tuple[Observation, ...]


class _Offers(Struct):
    offers: list[msgspec.Raw]


class _OfferName(Struct):
    offer_id: str


def read_city(folder: Path = HERE) -> City:
    """Read the sample city from its files."""
    zones = (folder / "zones.geojson").read_bytes()
    districts = (folder / "districts.geojson").read_bytes()
    weather = (folder / "weather.json").read_bytes()
    circles = msgspec.json.decode(zones, type=_Circles).features
    areas = msgspec.json.decode(districts, type=_Areas).features
    return City(
        restaurants=tuple(map(_restaurant, circles)),
        districts=tuple(map(_district, areas)),
        observations=msgspec.json.decode(weather, type=_Weather).observations,
        offers=_offers((folder / "offers.json").read_bytes()),
        zones_document=zones,
        districts_document=districts,
    )


def _restaurant(circle: _Circle) -> Restaurant:
    longitude, latitude = circle.geometry.coordinates
    return Restaurant(
        zone_id=circle.id,
        name=circle.properties.name,
        borough=circle.properties.group,
        longitude=longitude,
        latitude=latitude,
        radius=circle.properties.radius,
        tags=circle.properties.tags,
    )


def _district(area: _Area) -> District:
    shape = area.geometry
    return District(
        zone_id=area.id,
        name=area.properties.name,
        borough=area.properties.group,
        polygons=[shape.coordinates]
        if isinstance(shape, _Polygon)
        else shape.coordinates,
    )


def _offers(document: bytes) -> dict[str, msgspec.Raw]:
    raw = msgspec.json.decode(document, type=_Offers).offers
    return {msgspec.json.decode(one, type=_OfferName).offer_id: one for one in raw}
