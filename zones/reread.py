"""Zones read back from what ``to_feature`` wrote: they were looked at before that."""

from collections.abc import Sequence
from datetime import UTC
from itertools import chain

import msgspec
import numpy as np
import shapely
from msgspec import Struct
from numpy.typing import NDArray

from zones.circle import circle
from zones.errors import Problem
from zones.geometry import Area, Point
from zones.hours import OpeningHours, parse_opening_hours
from zones.plain import SHORTEST, Ring, owners
from zones.properties import Typed
from zones.timezone import time_zone
from zones.zone import Scalar, Zone, ZoneId

Objects = NDArray[np.object_]


class _Point(Struct, tag_field="type", tag="Point"):
    coordinates: tuple[float, float]


class _Polygon(Struct, tag_field="type", tag="Polygon"):
    coordinates: list[Ring]


class _MultiPolygon(Struct, tag_field="type", tag="MultiPolygon"):
    coordinates: list[list[Ring]]


class _Properties(Typed, frozen=True, forbid_unknown_fields=True, kw_only=True):
    radius: float | None = None
    opening_hours: object = None
    metadata: dict[str, Scalar] = msgspec.field(default_factory=dict)


class _Feature(Struct, tag_field="type", tag="Feature", forbid_unknown_fields=True):
    id: str
    geometry: _Point | _Polygon | _MultiPolygon
    properties: _Properties


_decoder = msgspec.json.Decoder(_Feature)


def reread_zones(kept: Sequence[tuple[ZoneId, bytes]]) -> list[Zone | None]:
    """Return the zones of features by their ids, in order.

    None stands for what was not written so: ``parse_zone`` says what is wrong with it.
    """
    features = [_decode(zone_id, body) for zone_id, body in kept]
    try:
        areas = _areas([one for one in features if one is not None])
    except (ValueError, shapely.errors.GEOSException):
        return [None] * len(kept)
    found = iter(areas)
    return [None if one is None else _zone(one, next(found)) for one in features]


def _decode(zone_id: ZoneId, body: bytes) -> _Feature | None:
    try:
        feature = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    is_circle = isinstance(feature.geometry, _Point)
    if feature.id != zone_id or is_circle is (feature.properties.radius is None):
        return None
    said = feature.properties.timezone
    if said is not None and time_zone(said) is None:
        return None
    rings = chain.from_iterable(_polygons(feature))
    return None if any(len(ring) < SHORTEST for ring in rings) else feature


def _polygons(feature: _Feature) -> list[list[Ring]]:
    match feature.geometry:
        case _Polygon(coordinates):
            return [coordinates]
        case _MultiPolygon(coordinates):
            return coordinates
        case _:
            return []


def _areas(features: Sequence[_Feature]) -> list[Area]:
    """Return the areas of features; all polygons are made at once."""
    parts = _parts([_polygons(one) for one in features])
    return [_area(*one) for one in zip(features, parts, strict=True)]


def _area(feature: _Feature, parts: Objects) -> Area:
    match feature.geometry:
        case _Polygon():
            return Area(parts[0])
        case _MultiPolygon():
            return Area(shapely.MultiPolygon(parts.tolist()))
        case _Point(coordinates):
            return circle(Point(*coordinates), feature.properties.radius or 0.0)


def _parts(zones: Sequence[list[list[Ring]]]) -> list[Objects]:
    """Return the polygons of each zone."""
    polygons = list(chain.from_iterable(zones))
    rings = list(chain.from_iterable(polygons))
    if not rings:
        return [np.empty(0, dtype=np.object_)] * len(zones)
    positions = np.array(list(chain.from_iterable(rings)), dtype=np.float64)
    lines: Objects = np.empty(len(rings), dtype=np.object_)
    shapely.linearrings(positions, indices=owners(rings), out=lines)
    made: Objects = np.empty(len(polygons), dtype=np.object_)
    shapely.polygons(lines, indices=owners(polygons), out=made)
    ends = np.cumsum([len(zone) for zone in zones])[:-1]
    return np.split(shapely.orient_polygons(made), ends)


def _zone(feature: _Feature, area: Area) -> Zone | None:
    said = feature.properties
    problems: list[Problem] = []
    hours: OpeningHours | None = None
    if said.opening_hours is not None:
        hours = parse_opening_hours(said.opening_hours, "", problems)
    if problems:
        return None
    return Zone(
        zone_id=ZoneId(feature.id),
        area=area,
        name=said.name,
        group=said.group,
        tags=said.tags,
        dwell_seconds=said.dwell_seconds,
        approach_meters=said.approach_meters,
        min_confidence=said.min_confidence,
        exit_confirmations=said.exit_confirmations,
        timezone=said.timezone,
        opening_hours=hours,
        muted_until=said.muted_until and said.muted_until.astimezone(UTC),
        enabled=said.enabled,
        metadata=said.metadata,
    )
