"""What a zone was kept as is read back quickly, and as the zone it was."""

import json

import msgspec
import pytest

from tests.zones.geojson import box, feature, multi_polygon, polygon
from tests.zones.worlds import world
from zones import Limits, Zone, ZoneId, parse_zone, reread_zones, to_feature

ANY_SIZE = Limits(area_km2=1e9)
SETTINGS = {
    "name": "Dam 1",
    "group": "amsterdam",
    "tags": ["terrace", "bar"],
    "dwell_seconds": 300,
    "approach_meters": 250.5,
    "min_confidence": 2,
    "exit_confirmations": 3,
    "timezone": "Europe/Amsterdam",
    "opening_hours": {"fri": [["18:00", "02:00"]], "dates": {"2026-12-25": []}},
    "muted_until": "2026-12-24T00:00:00.123456+01:00",
    "enabled": False,
    "metadata": {"seats": 40, "note": None},
}
CIRCLE = {"type": "Point", "coordinates": [4.9, 52.37]}
TWO = multi_polygon([box(0, 0, 0.1, 0.1)], [box(1, 1, 1.1, 1.1)])
HOLED = polygon(box(0, 0, 0.5, 0.5), box(0.1, 0.1, 0.2, 0.2))
PLAIN = {"type": "Feature", "id": "a", "geometry": HOLED, "properties": {}}


def kept(zone: Zone) -> tuple[ZoneId, bytes]:
    return zone.zone_id, msgspec.json.encode(to_feature(zone))


def seen(zone: Zone | None) -> object:
    """All that is in a zone, its shape to the last bit."""
    assert zone is not None
    said = msgspec.structs.asdict(zone)
    area = said.pop("area")
    return said, area.geometry.wkb, area.center, area.radius


def parsed(zone_id: ZoneId, body: bytes) -> Zone:
    (zone,) = parse_zone(body, zone_id, limits=ANY_SIZE).zones
    return zone


@pytest.mark.parametrize("seed", range(4))
def test_zones_are_the_same_as_if_they_were_looked_at_again(seed: int) -> None:
    rows = [kept(zone) for zone in world(seed, 120)]
    checked = [kept(parsed(*row)) for row in rows if _is_sound(*row)]
    assert len(checked) > 100
    assert [seen(zone) for zone in reread_zones(checked)] == [
        seen(parsed(*row)) for row in checked
    ]


@pytest.mark.parametrize("geometry", [HOLED, TWO, CIRCLE])
def test_every_setting_is_read_back(geometry: object) -> None:
    radius = {"radius": 150} if geometry is CIRCLE else {}
    body = json.dumps(feature(geometry, **SETTINGS, **radius) | {"id": "a"}).encode()
    row = kept(parsed(ZoneId("a"), body))
    assert [seen(zone) for zone in reread_zones([row])] == [seen(parsed(*row))]


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b'{"type": "Feature"}',
        b"[" * 100_000,
        b"\xff",
        PLAIN | {"id": "b"},
        PLAIN | {"bbox": [0, 0, 1, 1]},
        PLAIN | {"geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}},
        PLAIN | {"geometry": polygon([[0, 0], [1, 1], [0, 0]])},
        PLAIN | {"geometry": CIRCLE},
        PLAIN | {"properties": {"radius": 100}},
        PLAIN | {"properties": {"seats": 4}},
        PLAIN | {"properties": {"name": 7}},
        PLAIN | {"properties": {"timezone": "Mars/Olympus"}},
        PLAIN | {"properties": {"opening_hours": "always"}},
    ],
)
def test_what_was_written_otherwise_is_left_to_who_looks_closely(body: object) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    good = kept(world(1, 1)[0])
    one, other = reread_zones([(ZoneId("a"), raw), good])
    assert one is None
    assert other is None or seen(other) == seen(reread_zones([good])[0])


def test_no_zones_are_read_from_nothing() -> None:
    assert reread_zones([]) == []


def _is_sound(zone_id: ZoneId, body: bytes) -> bool:
    return bool(parse_zone(body, zone_id, limits=ANY_SIZE).zones)
