"""The weather at the door: the newest of each place is kept."""

from datetime import timedelta

import pytest

from geopush.core.access import Role
from tests.api.conftest import Door
from zones import Point

W = Role.WEATHER
PLACE = Point(4.9, 52.37)


def observed(at: str = "2026-07-04T12:00:00Z", **more: object) -> dict[str, object]:
    """An observation in Amsterdam."""
    return {"longitude": 4.9, "latitude": 52.37, "observed_at": at, **more}


async def report(api: Door, *observations: object) -> dict[str, object]:
    """Report observations, and return what became of them."""
    body = {"observations": observations}
    answer = await api.ask("POST", "/v1/weather", W, json=body)
    assert answer.status_code == 202
    return answer.json()


def celsius(api: Door) -> float | None:
    """The temperature that the next ping is decided with."""
    near = api.parts.refresh.weather.near(PLACE, api.parts.clock(), timedelta(hours=2))
    return None if isinstance(near, str) else near.temperature_c


async def test_an_observation_is_in_force_when_answered(api: Door) -> None:
    assert await report(api, observed(temperature_c=25)) == {
        "accepted": 1,
        "stale": 0,
        "rejected": [],
    }
    assert celsius(api) == 25


async def test_an_older_observation_changes_nothing(api: Door) -> None:
    await report(api, observed(temperature_c=25))
    said = await report(api, observed("2026-07-04T11:59:00Z", temperature_c=9))
    assert (said["accepted"], said["stale"]) == (0, 1)
    assert celsius(api) == 25


async def test_the_newest_of_a_batch_is_kept_in_any_order(api: Door) -> None:
    said = await report(
        api,
        observed("2026-07-04T11:58:00Z", temperature_c=1),
        observed("2026-07-04T12:00:00Z", temperature_c=2),
        observed("2026-07-04T11:59:00Z", temperature_c=3),
    )
    assert (said["accepted"], said["stale"]) == (1, 2)
    assert celsius(api) == 2


async def test_a_bad_observation_does_not_refuse_the_others(api: Door) -> None:
    said = await report(
        api,
        observed("2026-07-04T12:05:01Z"),
        observed(temperature_c=948),
        observed(temperature_c=20),
        observed("2026-07-04T12:00:00"),
        observed(colour="red"),
        7,
    )
    assert said["accepted"] == 1
    assert said["rejected"] == [
        {"index": 0, "reason": "in_the_future"},
        {
            "index": 1,
            "reason": "invalid",
            "path": "$.observations[1].temperature_c",
        },
        {"index": 3, "reason": "invalid", "path": "$.observations[3].observed_at"},
        {"index": 4, "reason": "invalid", "path": "$.observations[4]"},
        {"index": 5, "reason": "invalid", "path": "$.observations[5]"},
    ]
    assert celsius(api) == 20


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "2026-06-27T11:59:59Z", "1970-01-01T00:00:00Z"]
)
async def test_what_is_older_than_a_week_is_stale(api: Door, at: str) -> None:
    assert (await report(api, observed(at)))["stale"] == 1


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-14:00", "2026-07-04T12:05:01Z"])
async def test_what_is_not_yet_is_rejected(api: Door, at: str) -> None:
    assert len((await report(api, observed(at)))["rejected"]) == 1


async def test_the_weather_is_there_after_a_restart(api: Door) -> None:
    await report(api, observed(temperature_c=25))
    fresh = type(api.parts.refresh)(api.parts.pool)
    await fresh.run_once()
    assert len(fresh.weather.observations) == 1


@pytest.mark.parametrize("role", [Role.MANAGER, Role.MARKETER, Role.CRM, Role.SDK])
async def test_only_weather_keys_and_operators_report(api: Door, role: Role) -> None:
    body = {"observations": []}
    assert (await api.ask("POST", "/v1/weather", role, json=body)).status_code == 403
