"""The sample city is what its README says, and its derivation does what it claims."""

import json
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from shapely.geometry import MultiPolygon, Polygon

from geopush.sandbox.city import City, District, read_city
from geopush.sandbox.city.derive import derive
from geopush.sandbox.city.hours import Day, Observation, observations
from geopush.sandbox.city.outline import Corner, covers, is_simple, simplify

SQUARE: list[Corner] = [(0, 0), (4000, 0), (4000, 4000), (0, 4000), (0, 0)]
HOLE: list[Corner] = [(1000, 1000), (3000, 1000), (3000, 3000), (1000, 3000)]
BOROUGHS = {"Bronx", "Brooklyn", "Manhattan", "Queens", "Staten Island"}


@pytest.fixture(scope="module")
def city() -> City:
    return read_city()


def shape(district: District) -> MultiPolygon:
    return MultiPolygon([Polygon(rings[0], rings[1:]) for rings in district.polygons])


def hour(city: City, text: str) -> Observation:
    return next(o for o in city.observations if o.observed_at.isoformat() == text)


def test_every_zone_has_an_id_of_its_own(city: City) -> None:
    zones = [*city.restaurants, *city.districts]
    assert len({zone.zone_id for zone in zones}) == len(zones) == 186 + 262


def test_every_restaurant_is_a_circle_of_150_meters_in_a_borough(city: City) -> None:
    assert {one.radius for one in city.restaurants} == {150}
    assert {one.borough for one in city.restaurants} == BOROUGHS
    assert all(-74.3 < one.longitude < -73.7 for one in city.restaurants)
    assert all(40.4 < one.latitude < 41.0 for one in city.restaurants)


def test_every_district_is_valid_and_small_enough_to_upload(city: City) -> None:
    assert all(shape(district).is_valid for district in city.districts)
    corners = [
        sum(map(len, rings))
        for district in city.districts
        for rings in district.polygons
    ]
    assert max(corners) < 5000


def test_the_district_that_crosses_itself_is_left_out(city: City) -> None:
    assert "Whitestone" not in {district.name for district in city.districts}


def test_places_that_share_a_number_are_told_apart(city: City) -> None:
    ids = {one.zone_id for one in city.districts}
    assert {"district-56", "district-56.2", "district-103.2", "district-103.3"} <= ids


def test_the_whole_city_is_small_enough_to_ship(city: City) -> None:
    assert len(city.zones_document) + len(city.districts_document) < 1_200_000


def test_the_weather_has_every_hour_of_the_week(city: City) -> None:
    times = [one.observed_at for one in city.observations]
    assert len(times) == 7 * 24
    assert {later - time for time, later in pairwise(times)} == {timedelta(hours=1)}


@pytest.mark.parametrize(
    ("at", "celsius", "sky", "is_day"),
    [
        ("2023-05-31T05:00:00-04:00", 10.6, "clear", False),
        ("2023-05-31T10:00:00-04:00", 17.8, "clear", True),
        ("2023-05-31T15:00:00-04:00", 25.0, "mostly_clear", True),
        ("2023-05-31T21:00:00-04:00", 21.1, "clear", False),
        ("2023-06-02T15:00:00-04:00", 32.8, "thunderstorm", True),
        ("2023-06-03T15:00:00-04:00", 20.6, "partly_cloudy", True),
    ],
)
def test_an_hour_of_weather(
    city: City, at: str, celsius: float, sky: str, is_day: bool
) -> None:
    seen = hour(city, at)
    assert (seen.temperature_c, seen.sky, seen.is_day) == (celsius, sky, is_day)


def test_the_hours_of_a_rainy_day_add_up_to_what_fell() -> None:
    days = [Day(date(2023, 6, n), 10.0, 20.0, 6.0, 2.0) for n in (1, 2, 3)]
    assert sum(o.precipitation_mm_h for o in observations(days)) == pytest.approx(6.0)
    rainy = {o.observed_at.hour for o in observations(days) if o.precipitation_mm_h}
    assert {o.observed_at.hour for o in observations(days) if o.sky == "rain"} == rainy
    assert {o.sky for o in observations(days)} == {"overcast", "rain"}


def test_offers_are_live_and_each_holds_a_cap(city: City) -> None:
    offers = [msgspec.json.decode(raw) for raw in city.offers.values()]
    assert all(offer["status"] == "live" and offer["caps"] for offer in offers)
    assert {offer["category"] for offer in offers} == {
        "promo",
        "upsell",
        "reward",
        "guidance",
    }


def test_offers_ask_only_for_zones_there_are(city: City) -> None:
    tags = {"district"}.union(*(one.tags for one in city.restaurants))
    ids = {one.zone_id for one in city.districts}
    for raw in city.offers.values():
        for trigger in msgspec.json.decode(raw)["trigger"]["any"]:
            assert set(trigger["zones"].get("tags", [])) <= tags
            assert set(trigger["zones"].get("ids", [])) <= ids


def test_a_hole_is_not_covered() -> None:
    rings = [SQUARE, [*HOLE, HOLE[0]]]
    assert covers(rings, (500, 500))
    assert not covers(rings, (2000, 2000))
    assert not covers(rings, (5000, 2000))


@pytest.mark.parametrize(
    ("ring", "simple"),
    [
        (SQUARE, True),
        ([(0, 0), (4000, 4000), (4000, 0), (0, 4000), (0, 0)], False),
        ([(0, 0), (4000, 0), (2000, 0), (2000, 4000), (0, 0)], False),
        ([(0, 0), (4000, 0), (2000, 0), (0, 0)], False),
        ([(0, 0), (4000, 0), (4000, 4000), (2000, 0), (0, 4000), (0, 0)], False),
    ],
)
def test_a_ring_that_meets_itself_is_not_simple(
    ring: list[Corner], simple: bool
) -> None:
    assert is_simple([ring]) is simple


def test_corners_near_the_line_are_left_out_and_others_kept() -> None:
    near = [(0, 0), (2000, 15), *SQUARE[1:]]
    far = [(0, 0), (2000, 25), *SQUARE[1:]]
    assert simplify([near], 20) == [SQUARE]
    assert simplify([far], 20) == [far]


def test_thinning_stops_before_sides_cross() -> None:
    outer = [(0, 0), (2000, -18), *SQUARE[1:]]  # without its second corner it cuts
    inner = [(1900, -10), (2100, -10), (2000, 500), (1900, -10)]  # through this hole
    assert is_simple(simplify([outer, inner], 20))


def test_the_same_sources_always_give_the_same_city(tmp_path: Path) -> None:
    sources = small_sources(tmp_path)
    once, twice = tmp_path / "once", tmp_path / "twice"
    for target in (once, twice):
        target.mkdir()
        derive(sources, target)
    names = ["zones.geojson", "districts.geojson", "weather.json"]
    assert [(once / n).read_bytes() for n in names] == [
        (twice / n).read_bytes() for n in names
    ]


def test_restaurants_are_found_by_borough_not_by_the_name_of_their_city(
    tmp_path: Path,
) -> None:
    derive(small_sources(tmp_path), tmp_path)
    features = json.loads((tmp_path / "zones.geojson").read_bytes())["features"]
    assert [(one["id"], one["properties"]["group"]) for one in features] == [
        ("nyc-8", "Queens")
    ]


def test_a_district_is_named_by_its_number_and_the_invalid_one_left_out(
    tmp_path: Path,
) -> None:
    derive(small_sources(tmp_path), tmp_path)
    features = json.loads((tmp_path / "districts.geojson").read_bytes())["features"]
    assert [one["id"] for one in features] == ["district-1", "district-1.2"]


def small_sources(folder: Path) -> Path:
    """Taxi zones, one the airport's and one invalid; three restaurants; nine days."""
    sources = folder / "sources"
    sources.mkdir()
    zones = [
        _taxi_zone("EWR", -74.2),
        _taxi_zone("Queens", -73.9),
        _taxi_zone("Queens", -73.7, number=252),
    ]
    (sources / "nyc_taxi_zones.geojson").write_text(json.dumps({"features": zones}))
    (sources / "us_restaurants.csv").write_text(
        "store_number,street,city,latitude,longitude\n"
        "7,Airport,New York,40.705,-74.195\n"
        "8,5 Main St,Elmont,40.705,-73.895\n"
        "9,6 Main St,Queens,40.705,-73.8\n"
    )
    (sources / "central_park_weather.csv").write_text(
        "DATE,AWND,PRCP,SNOW,SNWD,TMAX,TMIN\n"
        + "".join(
            f"{date(2023, 5, 28) + timedelta(days=n)},2.24,0.00,0,0,77,51\n"
            for n in range(9)
        )
    )
    return sources


def _taxi_zone(borough: str, west: float, number: int = 1) -> dict[str, object]:
    east, south, north = west + 0.01, 40.7, 40.71
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {
        "properties": {"name": borough, "borough": borough, "location_id": number},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
