"""Zones at the door: saved, listed, and within the reach of a key."""

import json

import msgspec
import pytest

from geopush.core.access import Role
from tests.api.conftest import Door
from tests.api.rings import circle, inside
from zones import ZoneId

M = Role.MANAGER


async def test_a_zone_saved_is_in_force_when_answered(api: Door) -> None:
    answer = await api.ask("PUT", "/v1/zones/shop", M, json=circle(name="Shop"))
    assert answer.status_code == 201
    assert answer.headers["etag"] == f'"{answer.json()["revision"]}"'
    assert inside(api, 4.9) == ["shop"]


async def test_what_get_gave_can_be_put_back_and_changes_nothing(api: Door) -> None:
    await api.ask("PUT", "/v1/zones/shop", M, json=circle(tags=["a"], dwell_seconds=60))
    got = await api.ask("GET", "/v1/zones/shop", M)
    assert got.headers["content-type"] == "application/geo+json"
    put = await api.ask("PUT", "/v1/zones/shop", M, json=got.json())
    assert put.status_code == 200
    assert put.json() == got.json()


async def test_a_zone_removed_is_out_of_force_when_answered(api: Door) -> None:
    await api.ask("PUT", "/v1/zones/shop", M, json=circle())
    answer = await api.ask("DELETE", "/v1/zones/shop", M)
    assert (answer.status_code, answer.content) == (204, b"")
    assert inside(api, 4.9) == []
    for method in ("GET", "DELETE"):
        assert (await api.ask(method, "/v1/zones/shop", M)).status_code == 404


async def test_a_zone_removed_can_come_back(api: Door) -> None:
    for _ in range(2):
        answer = await api.ask("PUT", "/v1/zones/shop", M, json=circle())
        assert answer.status_code == 201
        await api.ask("DELETE", "/v1/zones/shop", M)
    assert inside(api, 4.9) == []


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_zone_changed_by_someone_else_is_not_overwritten(
    api: Door, method: str
) -> None:
    first = await api.ask("PUT", "/v1/zones/shop", M, json=circle())
    await api.ask("PUT", "/v1/zones/shop", M, json=circle(name="newer"))
    more = {"json": circle(name="mine")} if method == "PUT" else {}
    for tag in (first.headers["etag"], '"9999999999999999999999"', "nonsense"):
        answer = await api.ask(
            method, "/v1/zones/shop", M, headers={"If-Match": tag}, **more
        )
        assert answer.status_code == 412
        assert answer.json()["code"] == "precondition_failed"
    assert (await api.ask("GET", "/v1/zones/shop", M)).json()["properties"][
        "name"
    ] == "newer"


async def test_a_zone_at_the_expected_revision_is_overwritten(api: Door) -> None:
    first = await api.ask("PUT", "/v1/zones/shop", M, json=circle())
    for tag, status in ((first.headers["etag"], 200), ("*", 200)):
        answer = await api.ask(
            "PUT",
            "/v1/zones/shop",
            M,
            json=circle(name=tag),
            headers={"If-Match": tag},
        )
        assert answer.status_code == status
    absent = await api.ask(
        "PUT", "/v1/zones/other", M, json=circle(), headers={"If-Match": "*"}
    )
    assert absent.status_code == 412


async def test_everything_that_is_wrong_with_a_zone_is_named_at_once(
    api: Door,
) -> None:
    feature = circle(dwell_seconds=-1, timezone="Mars/Base", radius=3)
    answer = await api.ask("PUT", "/v1/zones/shop", M, json=feature)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "invalid_zones"
    assert problem["problems_total"] == len(problem["problems"]) == 3
    assert all(one["path"].startswith("$.") for one in problem["problems"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "unreadable"),
        (b"{", 400, "unreadable"),
        (b"\xff\xfe", 400, "unreadable"),
        (b"[" * 100_000, 400, "unreadable"),
        (b"[]", 422, "invalid_zones"),
        (json.dumps(circle(float("nan"))).encode(), 422, "invalid_zones"),
        (
            b'{"type":"Feature","geometry":{"type":"Point","coordinates":[1e400,1]}}',
            422,
            "invalid_zones",
        ),
    ],
)
async def test_what_is_no_zone_is_refused(
    api: Door, body: bytes, status: int, code: str
) -> None:
    answer = await api.ask(
        "PUT",
        "/v1/zones/shop",
        M,
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("zone_id", ["a%20b", "a%0A", "%00", "x" * 129, "caf%C3%A9"])
async def test_an_id_of_other_characters_is_refused(api: Door, zone_id: str) -> None:
    answer = await api.ask("PUT", f"/v1/zones/{zone_id}", M, json=circle())
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "zone_id"


async def test_zones_are_listed_by_group_tag_and_box_in_pages(api: Door) -> None:
    for number in range(5):
        zone = circle(4.9 + number / 10, group="ab"[number % 2], tags=[str(number)])
        await api.ask("PUT", f"/v1/zones/z{number}", M, json=zone)

    async def ids(query: str) -> list[str]:
        answer = (await api.ask("GET", f"/v1/zones?{query}", M)).json()
        assert answer["type"] == "FeatureCollection"
        return [feature["id"] for feature in answer["features"]]

    assert await ids("group=a") == ["z0", "z2", "z4"]
    assert await ids("tag=3") == ["z3"]
    assert await ids("bbox=4.99,52,5.11,53") == ["z1", "z2"]
    first = (await api.ask("GET", "/v1/zones?limit=3", M)).json()
    rest = (
        await api.ask("GET", f"/v1/zones?limit=3&cursor={first['next_cursor']}", M)
    ).json()
    assert [one["id"] for one in first["features"]] == ["z0", "z1", "z2"]
    assert [one["id"] for one in rest["features"]] == ["z3", "z4"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=x",
        "cursor=nonsense",
        "cursor=kqFhoWI=",
        "bbox=1,2,3",
        "bbox=0,50,1,40",
        "bbox=nan,0,1,1",
        "bbox=0,0,1e9,1",
    ],
)
async def test_a_bad_parameter_is_refused(api: Door, query: str) -> None:
    answer = await api.ask("GET", f"/v1/zones?{query}", M)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("invalid_parameter", "invalid_cursor")


async def test_the_nearest_zones_come_by_the_way_to_their_boundary(api: Door) -> None:
    for number in range(3):
        zone = circle(4.9 + number / 100, group="ab"[number % 2])
        await api.ask("PUT", f"/v1/zones/z{number}", M, json=zone)
    answer = await api.ask(
        "GET", "/v1/zones/nearest?longitude=4.9&latitude=52.37&limit=2", M
    )
    features = answer.json()["features"]
    assert [one["id"] for one in features] == ["z0", "z1"]
    assert features[0]["distance_meters"] == 0
    assert features[1]["distance_meters"] == pytest.approx(580, abs=10)


async def test_a_key_of_a_group_sees_and_changes_only_that_group(api: Door) -> None:
    await api.ask("PUT", "/v1/zones/theirs", M, json=circle(4.9, group="b"))
    key = await api.key(M, group="a")
    bound = {"headers": {"Authorization": f"Bearer {key}"}}
    mine = await api.ask("PUT", "/v1/zones/mine", json=circle(4.95), **bound)
    assert mine.json()["properties"]["group"] == "a"
    for method, more in (
        ("GET", {}),
        ("DELETE", {}),
        ("PUT", {"json": circle(group="a")}),
    ):
        answer = await api.ask(method, "/v1/zones/theirs", **more, **bound)
        assert answer.status_code == 404
    other = await api.ask("PUT", "/v1/zones/x", json=circle(group="b"), **bound)
    assert other.status_code == 403
    for path in ("/v1/zones", "/v1/zones/nearest?longitude=4.9&latitude=52.37&limit=1"):
        listed = (await api.ask("GET", path, **bound)).json()["features"]
        assert [one["id"] for one in listed] == ["mine"]


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [
        (Role.MANAGER, 200, 201),
        (Role.OPERATOR, 200, 201),
        (Role.MARKETER, 200, 403),
        (Role.CRM, 403, 403),
        (Role.WEATHER, 403, 403),
        (Role.SDK, 403, 403),
        (None, 401, 401),
    ],
)
async def test_roles_that_may_read_and_write_zones(
    api: Door, role: Role | None, read: int, write: int
) -> None:
    assert (await api.ask("GET", "/v1/zones", role)).status_code == read
    put = await api.ask("PUT", "/v1/zones/shop", role, json=circle())
    assert put.status_code == write
    assert ("www-authenticate" in put.headers) == (write == 401)


async def test_zones_are_there_after_a_restart(api: Door) -> None:
    polygon = {
        "type": "Feature",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[4, 52], [5, 52], [5, 53], [4, 52]]],
        },
        "properties": {"opening_hours": {"mon": [["09:00", "18:00"]]}},
    }
    saved = await api.ask("PUT", "/v1/zones/big", M, json=polygon)
    assert saved.status_code == 201, saved.text
    fresh = type(api.parts.refresh)(api.parts.pool)
    assert await fresh.run_once() == api.parts.refresh.revision
    assert fresh.catalog.zones.get(ZoneId("big")) is not None
    assert msgspec.json.decode(saved.content)["id"] == "big"
