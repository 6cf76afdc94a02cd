"""Zones by when they last changed, and what is said of those that are put."""

from datetime import timedelta

import pytest

from geopush.core.access import Role
from tests.api.conftest import Door
from tests.clock import HandClock


def feature(radius: int = 50) -> dict[str, object]:
    """A round zone."""
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [4.9, 52.37]},
        "properties": {"radius": radius},
    }


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["a", "b", "c"]),
        ("since=2026-07-04T13:00:00Z", ["a", "b"]),
        ("until=2026-07-04T15:00:00Z", ["b", "c"]),
        ("since=2026-07-04T13:00:00Z&until=2026-07-04T14:00:00Z", ["b"]),
        ("since=2026-07-04T17:00:00Z", []),
    ],
)
async def test_zones_are_listed_by_their_last_change(
    api: Door, clock: HandClock, query: str, ids: list[str]
) -> None:
    for zone_id, radius in (("c", 50), ("b", 50), ("a", 50), ("a", 60)):
        path = f"/v1/zones/{zone_id}"
        await api.ask("PUT", path, Role.MANAGER, json=feature(radius))
        clock.step(timedelta(hours=1))
    answer = await api.ask("GET", f"/v1/zones?{query}", Role.MANAGER)
    assert [one["id"] for one in answer.json()["features"]] == ids


async def test_a_time_without_an_offset_is_refused(api: Door) -> None:
    path = "/v1/zones?since=2026-07-04T13:00:00"
    answer = await api.ask("GET", path, Role.MANAGER)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


async def test_what_is_not_kept_of_a_zone_is_named_and_the_zone_may_be_put_back(
    api: Door,
) -> None:
    zone = feature()
    odd = {**zone, "properties": {"radius": 50, "floor": 2, "doors": ["a", "b"]}}
    put = await api.ask("PUT", "/v1/zones/a", Role.MANAGER, json=odd)
    assert put.json()["properties"]["metadata"] == {"floor": 2}
    paths = [one["path"] for one in put.json()["warnings"]]
    assert paths == ["$.properties.doors"]
    again = await api.ask("PUT", "/v1/zones/a", Role.MANAGER, json=put.json())
    assert (again.status_code, again.headers["etag"]) == (200, put.headers["etag"])
    assert "warnings" not in again.json()


async def test_nobody_without_a_key_makes_the_database_look(
    api: Door,
) -> None:
    await api.parts.pool.close()
    answer = await api.ask("GET", "/v1/zones?since=2026-07-04T13:00:00Z")
    assert answer.status_code == 401
