"""The weather: what was observed where, and whether it still says anything."""

import random
from datetime import timedelta

import msgspec
import pytest

from geopush.core.weather import Observation, Sky, Weather, kept_under, kilometers
from tests.core.world import NOON
from zones import Point

DAM = Point(longitude=4.893, latitude=52.373)
HOUR = timedelta(hours=1)


def seen(
    longitude: float, latitude: float, celsius: float = 20.0, age: timedelta = HOUR
) -> Observation:
    return Observation(
        longitude=longitude,
        latitude=latitude,
        observed_at=NOON - age,
        temperature_c=celsius,
    )


def weather(*observations: Observation, radius_km: float = 25) -> Weather:
    kept = {kept_under(one): one for one in observations}
    return Weather(kept, radius_km=radius_km)


def celsius(found: Observation | str) -> float | str | None:
    return found if isinstance(found, str) else found.temperature_c


def test_the_nearest_observation_counts() -> None:
    sky = weather(seen(5.1, 52.4, 10), seen(4.9, 52.38, 20), seen(4.6, 52.3, 30))
    assert celsius(sky.near(DAM, NOON, 2 * HOUR)) == 20


def test_a_nearer_one_that_is_too_old_is_passed_over() -> None:
    sky = weather(seen(4.9, 52.38, 10, 5 * HOUR), seen(4.8, 52.3, 20))
    assert celsius(sky.near(DAM, NOON, 2 * HOUR)) == 20


def test_only_old_ones_are_stale_and_none_is_unknown() -> None:
    assert weather(seen(4.9, 52.4, age=3 * HOUR)).near(DAM, NOON, 2 * HOUR) == (
        "weather_stale"
    )
    assert weather(seen(6.0, 52.4)).near(DAM, NOON, 2 * HOUR) == "weather_unknown"
    assert weather().near(DAM, NOON, 2 * HOUR) == "weather_unknown"


@pytest.mark.parametrize("radius_km", [3, 25, 80])
def test_looking_by_cells_finds_what_looking_at_all_finds(radius_km: float) -> None:
    rng = random.Random(11)
    all_seen = [
        seen(
            (rng.uniform(178, 182) + 180) % 360 - 180,
            rng.uniform(-2, 2),
            rng.uniform(0, 30),
        )
        for _ in range(120)
    ]
    sky = weather(*all_seen, radius_km=radius_km)
    for _ in range(60):
        longitude = (rng.uniform(178, 182) + 180) % 360 - 180
        place = Point(longitude=longitude, latitude=rng.uniform(-2, 2))
        nearest = min(
            sky.observations.values(), key=lambda one: kilometers(place, one.point)
        )
        near = kilometers(place, nearest.point) <= radius_km
        found = sky.near(place, NOON, 2 * HOUR)
        assert found == (nearest if near else "weather_unknown")


def test_a_newer_observation_takes_the_place_of_its_cell() -> None:
    sky = weather(seen(4.9, 52.38, 10)).with_newer([seen(4.9, 52.38, 22)])
    assert celsius(sky.near(DAM, NOON, 2 * HOUR)) == 22


def test_a_place_is_asked_about_again_as_time_passes() -> None:
    sky = weather(seen(4.9, 52.37, 20), seen(4.9, 52.4, 15, 0 * HOUR))
    assert celsius(sky.near(DAM, NOON, 2 * HOUR)) == 20
    assert celsius(sky.near(DAM, NOON + HOUR, HOUR)) == 15
    assert sky.near(DAM, NOON + 2 * HOUR, HOUR) == "weather_stale"
    assert celsius(sky.near(DAM, NOON, HOUR)) == 20


@pytest.mark.parametrize(
    ("code", "word", "sky"),
    [(0, None, "clear"), (63, None, "rain"), (63, Sky.CLEAR, "clear"), (9, None, None)],
)
def test_the_sky_is_read_from_the_code_where_it_has_no_word(
    code: int, word: Sky | None, sky: str | None
) -> None:
    one = Observation(
        longitude=0, latitude=0, observed_at=NOON, wmo_code=code, sky=word
    )
    assert one.values()["weather.sky"] == sky


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": 95},
        {"temperature_c": 900},
        {"observed_at": "2026-07-04T12:00:00"},
        {"humidity_pct": -1},
        {"sky": "sunny"},
        {"colour": "blue"},
    ],
)
def test_an_impossible_observation_is_refused(wrong: dict[str, object]) -> None:
    right = {"longitude": 4.9, "latitude": 52.4, "observed_at": "2026-07-04T12:00:00Z"}
    msgspec.convert(right, Observation)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(right | wrong, Observation)


def test_distances_are_along_the_earth() -> None:
    paris = Point(longitude=2.3522, latitude=48.8566)
    assert kilometers(DAM, paris) == pytest.approx(430, abs=5)
