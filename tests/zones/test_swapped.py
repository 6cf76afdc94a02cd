"""Latitude before longitude: told where the place says so, never turned in silence."""

import pytest

from tests.zones.geojson import box, collection, feature, polygon
from zones import Code, Parsed, parse_zones

AMSTERDAM, NEW_YORK = (4.9, 52.37), (-73.99, 40.76)


def read(longitude: float, latitude: float, **properties: object) -> Parsed:
    ring = box(longitude, latitude, longitude + 0.01, latitude + 0.01)
    return parse_zones(collection(feature(polygon(ring), **properties)))


@pytest.mark.parametrize(
    ("place", "timezone"),
    [
        (AMSTERDAM, "Europe/Amsterdam"),
        (NEW_YORK, "America/New_York"),
        ((-80.2, 25.8), "America/New_York"),
        ((28.0, -26.2), "Africa/Johannesburg"),
        ((77.2, 28.6), "Asia/Kolkata"),
    ],
)
def test_a_zone_that_is_in_its_time_zone_only_when_turned_is_refused(
    place: tuple[float, float], timezone: str
) -> None:
    longitude, latitude = place
    assert read(longitude, latitude, timezone=timezone).problems == ()
    [problem] = read(latitude, longitude, timezone=timezone).problems
    assert problem.code == Code.SWAPPED_COORDINATES
    assert problem.path == "$.features[0].geometry"
    assert problem.at == (latitude, longitude)


def test_a_round_zone_is_looked_at_like_any_other() -> None:
    geometry = {"type": "Point", "coordinates": AMSTERDAM[::-1]}
    body = collection(feature(geometry, radius=50, timezone="Europe/Amsterdam"))
    [problem] = parse_zones(body).problems
    assert (problem.code, problem.at) == (Code.SWAPPED_COORDINATES, AMSTERDAM[::-1])


@pytest.mark.parametrize(
    ("longitude", "latitude", "timezone"),
    [
        (*AMSTERDAM[::-1], None),
        (*AMSTERDAM[::-1], "UTC"),
        (76.0, 39.5, "Asia/Shanghai"),
        (-155.0, 19.6, "America/New_York"),
        (30.0, 31.0, "Africa/Cairo"),
        (179.9, -16.5, "Pacific/Fiji"),
    ],
)
def test_where_numbers_and_time_zone_do_not_say_so_nothing_is_told(
    longitude: float, latitude: float, timezone: str | None
) -> None:
    parsed = read(longitude, latitude, timezone=timezone)
    assert (parsed.problems, parsed.warnings) == ((), ())


def test_a_zone_in_the_antarctic_that_would_be_in_a_town_when_turned_is_warned_of() -> (
    None
):
    parsed = read(*NEW_YORK[::-1])
    assert len(parsed.zones) == 1
    assert [one.code for one in parsed.warnings] == [Code.SWAPPED_COORDINATES]


def test_whoever_is_in_the_antarctic_says_so_by_the_time_zone() -> None:
    parsed = read(77.9, -68.6, timezone="Antarctica/Davis")
    assert (parsed.problems, parsed.warnings) == ((), ())
