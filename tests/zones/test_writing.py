"""What is written of a zone reads as the same zone."""

from datetime import UTC, datetime

import msgspec
import pytest
import shapely

from tests.zones.geojson import box, collection, feature, multi_polygon, polygon
from tests.zones.worlds import world
from zones import Limits, Zone, parse_zone, parse_zones, to_feature

GEOMETRIES = [
    polygon(),
    polygon(box(0, 0, 0.5, 0.5), box(0.1, 0.1, 0.2, 0.2)),
    multi_polygon([box(0, 0, 0.1, 0.1)], [box(1, 1, 1.1, 1.1)]),
    polygon(box(179.9, 10, -179.9, 10.1)),
    polygon(box(-180, 89.8, 180, 90)),
    {"type": "Point", "coordinates": [4.9, 52.37]},
    {"type": "Point", "coordinates": [180, -16.5]},
    {"type": "Point", "coordinates": [0, 90]},
]


def again(zone: Zone) -> Zone:
    parsed = parse_zone(
        msgspec.json.encode(to_feature(zone)), zone.zone_id, limits=Limits(area_km2=1e9)
    )
    assert parsed.problems == parsed.warnings == ()
    return parsed.zones[0]


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_a_zone_written_and_read_again_is_unchanged(geometry: object) -> None:
    body = collection(
        feature(
            geometry,
            name="Dam 1",
            group="amsterdam",
            tags=["terrace"],
            dwell_seconds=300,
            approach_meters=250.5,
            min_confidence=2,
            exit_confirmations=3,
            timezone="Europe/Amsterdam",
            opening_hours={"fri": [["18:00", "02:00"]], "dates": {"2026-12-25": []}},
            muted_until="2026-12-24T00:00:00.123456+01:00",
            enabled=False,
            metadata={"seats": 40, "note": None},
            **({"radius": 150} if "Point" in str(geometry) else {}),
        )
    )
    [zone] = parse_zones(body).zones
    assert again(zone) == zone


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_a_bare_zone_written_and_read_again_is_unchanged(geometry: object) -> None:
    radius = {"radius": 10_000} if "Point" in str(geometry) else {}
    [zone] = parse_zones(collection(feature(geometry, **radius))).zones
    assert again(zone) == zone


def test_a_circle_is_written_as_the_point_it_was() -> None:
    point = {"type": "Point", "coordinates": [4.9, 52.37]}
    [zone] = parse_zones(collection(feature(point, radius=150))).zones
    written = to_feature(zone)
    assert written["geometry"] == {"type": "Point", "coordinates": [4.9, 52.37]}
    assert written["properties"] == {"radius": 150.0, "enabled": True}


def test_a_change_of_a_setting_is_seen() -> None:
    [zone] = parse_zones(collection(feature(muted_until="2026-12-24T00:00:00Z"))).zones
    assert zone.muted_until == datetime(2026, 12, 24, tzinfo=UTC)
    assert msgspec.structs.replace(zone, name="new") != zone


@pytest.mark.parametrize("zone", world(5, 40), ids=lambda zone: zone.zone_id)
def test_zones_of_any_shape_read_the_same_each_time(zone: Zone) -> None:
    first = again(zone)
    assert again(first) == first
    difference = shapely.symmetric_difference(zone.area.geometry, first.area.geometry)
    assert difference.area == pytest.approx(0, abs=1e-12)
