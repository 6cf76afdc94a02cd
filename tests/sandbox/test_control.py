"""The sandbox's own door: inbox, rules, clock and weather."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from geopush.sandbox import Ports, Sandbox
from geopush.sandbox.inbox import Extras, Push
from tests.sandbox.build import MESSAGE_ID, NOON, Stage

SUNNY = {
    "longitude": -73.98,
    "latitude": 40.75,
    "observed_at": "2026-07-01T12:00:00Z",
    "temperature_c": 27.5,
    "sky": "clear",
}


async def test_the_inbox_reads_as_promised(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    buttons = [{"id": "like", "text": "Like"}]
    push = Push(
        address="phone",
        platform="ios",
        app="demo",
        collapse_id="lunch",
        title="Sun!",
        extras=Extras(MESSAGE_ID, "app://ice", buttons),
    )
    stage.sandbox.inbox.record(push)
    item = {
        "message_id": MESSAGE_ID,
        "collapse_id": "lunch",
        "title": "Sun!",
        "body": None,
        "url": "app://ice",
        "buttons": buttons,
        "at": "2026-07-01T12:00:00Z",
        "repeat": False,
    }
    phone = {"address": "phone", "platform": "ios", "app": "demo"}
    response = await client.get(stage.sandbox.inbox_url)
    assert response.json() == {
        "phones": [{**phone, "tray": [item], "received": [item]}]
    }


async def test_the_inbox_can_be_emptied(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    stage.sandbox.inbox.record(Push(address="phone", platform="ios", app="demo"))
    response = await client.delete(stage.sandbox.inbox_url)
    assert (response.status_code, stage.sandbox.inbox.phones()) == (204, [])


@pytest.mark.parametrize("as_list", [False, True])
async def test_rules_are_taken_one_or_many(
    stage: Stage, client: httpx.AsyncClient, as_list: bool
) -> None:
    url = f"{stage.sandbox.inbox_url}/rules"
    rule = {"gateway": "fcm", "status": 503, "share": 0.5}
    response = await client.post(url, json=[rule, rule] if as_list else rule)
    expected = [rule] * (2 if as_list else 1)
    assert (response.status_code, response.json()) == (200, {"items": expected})
    assert (await client.get(url)).json() == {"items": expected}
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).json() == {"items": []}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("", "$"),
        ("{", "$"),
        ("7", "$"),
        ("[" * 100_000, "$[0]"),
        ("{}", "$"),
        ('{"gateway": "huawei"}', "$.gateway"),
        ('{"gateway": "apns", "rate": 0.5}', "$"),
        ('{"gateway": "apns", "status": 200}', "$.status"),
        ('{"gateway": "apns", "share": 1.5}', "$.share"),
        ('{"gateway": "apns", "share": -0.1}', "$.share"),
        ('{"gateway": "apns", "latency_ms": -1}', "$.latency_ms"),
        ('{"gateway": "apns", "goaway_every": 0}', "$.goaway_every"),
        ('{"gateway": "apns", "for_seconds": 0}', "$.for_seconds"),
        ('{"gateway": "apns", "reason": "NoSuch"}', "$"),
        ('[{"gateway": "apns"}, {"gateway": "fcm", "goaway_every": 2}]', "$[1]"),
    ],
)
async def test_an_ill_rule_is_refused_and_no_other_is_taken(
    stage: Stage, client: httpx.AsyncClient, body: str, path: str
) -> None:
    response = await client.post(f"{stage.sandbox.inbox_url}/rules", content=body)
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("application/problem+json")
    assert [problem["path"] for problem in response.json()["problems"]] == [path]
    assert stage.sandbox.rules.in_force() == []


@pytest.mark.parametrize(
    ("move", "minutes"),
    [({"step_seconds": 90}, 1.5), ({"now": "2026-07-01T09:00:00-04:00"}, 60)],
)
async def test_the_clock_can_be_moved(
    stage: Stage, client: httpx.AsyncClient, move: dict[str, object], minutes: float
) -> None:
    url = stage.sandbox.clock_url
    assert (await client.get(url)).json() == {
        "now": "2026-07-01T12:00:00Z",
        "stepped": True,
    }
    response = await client.post(url, json=move)
    assert response.status_code == 200
    assert stage.clock() == NOON + timedelta(minutes=minutes)
    assert (await client.get(url)).json() == response.json()


@pytest.mark.parametrize(
    ("move", "status"),
    [
        ({}, 400),
        ({"now": "2026-07-02T12:00:00Z", "step_seconds": 1}, 400),
        ({"now": "2026-07-02T12:00:00"}, 400),
        ({"step_seconds": -1}, 400),
        ({"seconds": 1}, 400),
        ({"now": "2026-07-01T11:59:59Z"}, 409),
    ],
)
async def test_the_clock_cannot_be_moved_just_so(
    stage: Stage, client: httpx.AsyncClient, move: dict[str, object], status: int
) -> None:
    response = await client.post(stage.sandbox.clock_url, json=move)
    assert (response.status_code, stage.clock()) == (status, NOON)


async def test_the_clock_of_the_machine_is_not_ours_to_move(
    papers_directory: Path,
) -> None:
    sandbox = await Sandbox.start(papers_directory, apps={})
    async with httpx.AsyncClient(trust_env=False) as client:
        response = await client.post(sandbox.clock_url, json={"step_seconds": 1})
        assert (await client.get(sandbox.clock_url)).json()["stepped"] is False
    await sandbox.stop()
    assert response.status_code == 409


def query(longitude: float, latitude: float) -> dict[str, float]:
    return {"longitude": longitude, "latitude": latitude}


async def test_the_weather_is_what_it_was_told_to_be(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    url = stage.sandbox.weather_url
    assert (await client.get(url, params=query(0, 0))).status_code == 404
    await client.put(url, json={"observations": [SUNNY]})
    response = await client.get(url, params=query(-74, 41))
    assert response.json() == {"observations": [SUNNY]}


async def test_the_nearest_and_then_the_newest_observation_holds(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    url = stage.sandbox.weather_url
    later = {**SUNNY, "observed_at": "2026-07-01T13:00:00Z", "temperature_c": 28.0}
    far = {**later, "longitude": 179.9}
    await client.put(url, json=[SUNNY, far])
    await client.post(url, json=[later])
    here = (await client.get(url, params=query(-73.9, 40.7))).json()
    there = (await client.get(url, params=query(-179.9, 40.7))).json()
    assert (here["observations"], there["observations"]) == ([later], [far])


async def test_weather_put_anew_replaces_the_old(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    url = stage.sandbox.weather_url
    await client.put(url, json=[SUNNY])
    await client.put(url, json=[])
    assert (await client.get(url, params=query(0, 0))).status_code == 404


@pytest.mark.parametrize(
    "body",
    ["", "7", '[{"longitude": 1}]', '{"observation": []}'],
)
async def test_ill_weather_is_refused(
    stage: Stage, client: httpx.AsyncClient, body: str
) -> None:
    response = await client.put(stage.sandbox.weather_url, content=body)
    assert response.status_code == 400


@pytest.mark.parametrize("params", [{}, {"longitude": "x", "latitude": "1"}])
async def test_weather_is_asked_for_by_place(
    stage: Stage, client: httpx.AsyncClient, params: dict[str, str]
) -> None:
    response = await client.get(stage.sandbox.weather_url, params=params)
    assert response.status_code == 400


async def test_a_port_that_was_asked_for_is_used(papers_directory: Path) -> None:
    first = await Sandbox.start(papers_directory, apps={})
    await first.stop()
    port = httpx.URL(first.inbox_url).port or 0
    second = await Sandbox.start(papers_directory, apps={}, ports=Ports(control=port))
    await second.stop()
    assert second.inbox_url == first.inbox_url


async def test_a_port_that_is_taken_leaves_nothing_running(
    stage: Stage, papers_directory: Path
) -> None:
    taken = httpx.URL(stage.sandbox.inbox_url).port or 0
    with pytest.raises(OSError, match="in use"):
        await Sandbox.start(papers_directory, apps={}, ports=Ports(control=taken))
