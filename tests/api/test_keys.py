"""Keys at the door: shown once, in force at once, out of force at once."""

from datetime import timedelta

import pytest

from geopush.core.access import Role
from tests.api.conftest import Door
from tests.clock import HandClock

OP = Role.OPERATOR


async def make(api: Door, **more: object) -> dict[str, str]:
    """Make a key for a manager."""
    body = {"role": "manager", "name": "till", **more}
    answer = await api.ask("POST", "/v1/keys", OP, json=body)
    assert answer.status_code == 201
    return answer.json()


async def opens(api: Door, key: str) -> bool:
    """Whether a key opens the zones."""
    headers = {"Authorization": f"Bearer {key}"}
    answer = await api.ask("GET", "/v1/zones", headers=headers)
    return answer.status_code == 200


async def test_a_key_is_in_force_when_answered_and_kept_as_a_hash(api: Door) -> None:
    made = await make(api)
    assert set(made) == {"key_id", "key"}
    assert made["key"].startswith("gp_sk_")
    assert await opens(api, made["key"])
    rows = await api.parts.pool.fetch("SELECT * FROM access_key")
    assert made["key"] not in str(rows)


async def test_a_key_for_apps_looks_like_what_may_be_published(api: Door) -> None:
    assert (await make(api, role="sdk", app="demo"))["key"].startswith("gp_pk_")


async def test_a_key_ended_is_out_of_force_when_answered(api: Door) -> None:
    made = await make(api)
    path = f"/v1/keys/{made['key_id']}"
    assert (await api.ask("DELETE", path, OP)).status_code == 204
    assert not await opens(api, made["key"])
    assert (await api.ask("DELETE", path, OP)).status_code == 404


async def test_a_key_expires(api: Door, clock: HandClock) -> None:
    made = await make(api, expires_at="2026-07-04T12:30:00Z")
    assert await opens(api, made["key"])
    clock.step(timedelta(minutes=30))
    assert not await opens(api, made["key"])


async def test_a_key_rotated_goes_on_for_the_overlap(
    api: Door, clock: HandClock
) -> None:
    made = await make(api)
    path = f"/v1/keys/{made['key_id']}/rotate"
    answer = await api.ask("POST", path, OP, json={"overlap_seconds": 60})
    assert answer.status_code == 200
    renewed = answer.json()["key"]
    assert await opens(api, made["key"])
    assert await opens(api, renewed)
    clock.step(timedelta(seconds=60))
    assert not await opens(api, made["key"])
    assert await opens(api, renewed)
    again = await api.ask("POST", path, OP, json={"overlap_seconds": 60})
    assert again.status_code == 404


async def test_rotating_never_lets_a_key_live_longer(
    api: Door, clock: HandClock
) -> None:
    made = await make(api, expires_at="2026-07-04T12:01:00Z")
    path = f"/v1/keys/{made['key_id']}/rotate"
    answer = await api.ask("POST", path, OP, json={"overlap_seconds": 3600})
    clock.step(timedelta(minutes=1))
    assert not await opens(api, made["key"])
    assert not await opens(api, answer.json()["key"])


async def test_keys_are_listed_without_themselves(api: Door) -> None:
    made = await make(api, group="amsterdam")
    gone = await make(api)
    await api.ask("DELETE", f"/v1/keys/{gone['key_id']}", OP)
    listed = (await api.ask("GET", "/v1/keys?limit=3", OP)).json()
    more = await api.ask("GET", f"/v1/keys?cursor={listed['next_cursor']}", OP)
    items = listed["items"] + more.json()["items"]
    by_id = {one["key_id"]: one for one in items}
    assert len(items) == len(Role) + 1
    assert by_id[made["key_id"]]["group"] == "amsterdam"
    assert made["key"] not in str(items)
    assert gone["key_id"] not in by_id


async def test_keys_are_listed_by_when_they_were_made(
    api: Door, clock: HandClock
) -> None:
    clock.step(timedelta(hours=1))
    made = await make(api)
    since = await api.ask("GET", "/v1/keys?since=2026-07-04T12:30:00Z", OP)
    until = await api.ask("GET", "/v1/keys?until=2026-07-04T12:30:00Z", OP)
    assert [one["key_id"] for one in since.json()["items"]] == [made["key_id"]]
    assert len(until.json()["items"]) == len(Role)


@pytest.mark.parametrize(
    "since", ["2026-07-04T12:30:00", "9999-12-31T23:59:59-14:00", "noon"]
)
async def test_a_moment_without_an_offset_is_refused(api: Door, since: str) -> None:
    answer = await api.ask("GET", f"/v1/keys?since={since}", OP)
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "since"


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"role": "crm", "group": "a"}, "$.group"),
        ({"role": "sdk", "app": "unknown"}, "$.app"),
        ({"expires_at": "2026-07-04T12:00:00Z"}, "$.expires_at"),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused(
    api: Door, more: dict[str, str], path: str
) -> None:
    body = {"role": "manager", "name": "x", **more}
    answer = await api.ask("POST", "/v1/keys", OP, json=body)
    assert answer.status_code == 422
    assert [one["path"] for one in answer.json()["problems"]] == [path]


async def test_a_repeated_creation_makes_no_second_key(api: Door) -> None:
    body = {"role": "crm", "name": "x"}
    headers = {"Idempotency-Key": "once"}
    first = await api.ask("POST", "/v1/keys", OP, json=body, headers=headers)
    again = await api.ask("POST", "/v1/keys", OP, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 409)
    listed = (await api.ask("GET", "/v1/keys", OP)).json()["items"]
    assert len(listed) == len(Role) + 1
    kept = await api.parts.pool.fetchval("SELECT answer FROM idempotency")
    assert kept is None


@pytest.mark.parametrize("role", [role for role in Role if role is not OP])
async def test_only_an_operator_manages_keys(api: Door, role: Role) -> None:
    for method, path in (
        ("GET", "/v1/keys"),
        ("POST", "/v1/keys"),
        ("DELETE", "/v1/keys/x"),
        ("POST", "/v1/keys/x/rotate"),
    ):
        assert (await api.ask(method, path, role)).status_code == 403
