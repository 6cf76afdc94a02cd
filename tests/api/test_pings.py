"""Pings over HTTP: both servers of the route, all formats, every refusal."""

import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import msgspec
import pytest

from geopush.core.access import Role
from tests.api.conftest import Door
from tests.clock import HandClock

SHOP = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [4.9, 52.37]},
    "properties": {"radius": 100, "name": "Da Mario", "tags": ["restaurant"]},
}
NOON = "2026-07-04T12:00:00Z"
PING = {"latitude": 52.37, "longitude": 4.9, "recorded_at": NOON, "accuracy": 10}
FAR = {**PING, "latitude": 52.40}
JSON = "application/json"


class Phone:
    """A phone that speaks to the front, and the same one to Litestar alone."""

    def __init__(self, door: Door, plain: httpx.AsyncClient, token: str) -> None:
        self.door = door
        self.plain = plain
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": JSON}

    async def post(self, body: bytes | object, **headers: str) -> httpx.Response:
        """Post to the front."""
        return await self.door.client.post(
            "/v1/pings", content=encoded(body), headers=self.headers | headers
        )

    async def post_plainly(
        self, body: bytes | object, **headers: str
    ) -> httpx.Response:
        """Post to Litestar without the front."""
        return await self.plain.post(
            "/v1/pings", content=encoded(body), headers=self.headers | headers
        )


def encoded(body: bytes | object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def at(seconds: int, **more: object) -> dict[str, object]:
    return {**PING, "recorded_at": f"2026-07-04T12:00:{seconds:02d}Z", **more}


async def registered(door: Door, device_id: str = "phone-1", **more: object) -> str:
    body = {
        "device_id": device_id,
        "device_secret": "s" * 43,
        "app": "demo",
        "platform": "ios",
        "timezone": "Europe/Amsterdam",
        "language": "en",
        "consents": {
            "location": {"granted": True, "at": "2026-01-01T00:00:00Z"},
            "push_marketing": {"granted": True, "at": "2026-01-01T00:00:00Z"},
        },
        **more,
    }
    answer = await door.ask("POST", "/v1/devices", Role.SDK, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


@pytest.fixture
async def phone(api: Door) -> AsyncIterator[Phone]:
    """A phone with consents, and a zone to walk into."""
    put = await api.ask("PUT", "/v1/zones/shop", Role.MANAGER, json=SHOP)
    assert put.status_code == 201, put.text
    token = await registered(api)
    transport = httpx.ASGITransport(app=api.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://plain") as plain:
        yield Phone(api, plain, token)


async def test_a_ping_in_a_zone_is_answered_with_the_visit(phone: Phone) -> None:
    answer = await phone.post(PING)
    assert answer.status_code == 202
    body = answer.json()
    (transition,) = body.pop("transitions")
    assert transition.pop("visit_id")
    assert transition == {
        "kind": "enter",
        "zone_id": "shop",
        "at": NOON,
        "confidence": 3,
    }
    assert body == {
        "accepted": 1,
        "late": 0,
        "repeated": 0,
        "rejected": [],
        "inside": ["shop"],
        "next_ping": {"after_seconds": 60, "or_moved_meters": 50},
    }


async def test_the_next_ping_meets_a_zone_that_was_just_put(phone: Phone) -> None:
    away = {**SHOP, "geometry": {"type": "Point", "coordinates": [4.9, 52.40]}}
    await phone.door.ask("PUT", "/v1/zones/away", Role.MANAGER, json=away)
    assert (await phone.post(FAR)).json()["inside"] == ["away"]
    await phone.door.ask("DELETE", "/v1/zones/away", Role.MANAGER)
    answer = (await phone.post({**FAR, "recorded_at": "2026-07-04T12:00:30Z"})).json()
    assert [one["reason"] for one in answer["transitions"]] == ["zone_removed"]


async def test_a_zone_that_moves_away_is_left_and_says_why(phone: Phone) -> None:
    assert (await phone.post(PING)).json()["inside"] == ["shop"]
    away = {**SHOP, "geometry": {"type": "Point", "coordinates": [4.9, 52.40]}}
    await phone.door.ask("PUT", "/v1/zones/shop", Role.MANAGER, json=away)
    answer = (await phone.post({"pings": [at(30), at(40)]})).json()
    assert [one["reason"] for one in answer["transitions"]] == ["zone_changed"]


async def test_a_repeated_batch_is_known(phone: Phone) -> None:
    batch = {"pings": [at(n) for n in range(40)]}
    assert (await phone.post(batch)).json()["accepted"] == 40
    again = (await phone.post(batch)).json()
    assert (again["accepted"], again["repeated"], again["transitions"]) == (0, 40, [])


async def test_one_bad_ping_of_a_batch_costs_no_other(phone: Phone) -> None:
    batch = {"pings": [at(0), {**PING, "latitude": 95}, at(2), {"latitude": 1}]}
    answer = (await phone.post(batch)).json()
    assert answer["accepted"] == 2
    assert answer["rejected"] == [
        {"index": 1, "reason": "invalid", "path": "$.pings[1].latitude"},
        {"index": 3, "reason": "invalid", "path": "$.pings[3]"},
    ]


FORMATS = [
    (encoded(PING), JSON),
    (encoded({**PING, "told_by": "pings"}), JSON),
    (encoded({"pings": [PING, FAR]}), JSON),
    (encoded(PING) + b"\n" + encoded(at(1)) + b"\n", "application/x-ndjson"),
    (msgspec.msgpack.encode(PING), "application/msgpack"),
    (msgspec.msgpack.encode({"pings": [PING]}), "application/vnd.msgpack"),
]


@pytest.mark.parametrize(("body", "kind"), FORMATS)
async def test_every_format_is_taken(phone: Phone, body: bytes, kind: str) -> None:
    answer = await phone.post(body, **{"Content-Type": kind})
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] >= 1


async def test_gzip_is_unpacked(phone: Phone) -> None:
    answer = await phone.post(gzip.compress(encoded(PING), mtime=0), **GZIP)
    assert answer.json()["accepted"] == 1


GZIP = {"Content-Encoding": "gzip"}
DEEP = b'{"pings":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
MISFITS = [
    (b"", {}, 400, "unreadable"),
    (b"{", {}, 400, "unreadable"),
    (b"\xff\xfe", {}, 400, "unreadable"),
    (b"[]", {}, 400, "invalid_body"),
    (b'{"latitude": NaN}', {}, 400, "unreadable"),
    (encoded(PING).replace(b"4.9", b"1e400"), {}, 400, None),
    (encoded({**PING, "latitude": 95}), {}, 400, "invalid_body"),
    (encoded({**PING, "recorded_at": "today"}), {}, 400, "invalid_body"),
    (DEEP, {}, 400, None),
    (b"[" * 100_000, {}, 400, None),
    (b" " * 2_000_000, {}, 413, "too_large"),
    (encoded({"pings": [PING] * 1001}), {}, 413, "too_large"),
    (gzip.compress(b"0" * 10_000_000, mtime=0), GZIP, 413, "too_large"),
    (b"no gzip", GZIP, 400, "unreadable"),
    (encoded(PING), {"Content-Encoding": "br"}, 415, "unsupported_media_type"),
    (encoded(PING), {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
    (encoded(PING), {"Authorization": "Bearer nonsense"}, 401, "unauthorized"),
    (encoded(PING), {"Authorization": ""}, 401, "unauthorized"),
    (encoded(PING), {"Geopush-Sent-At": "soon"}, 400, "invalid_parameter"),
]


@pytest.mark.parametrize(("body", "headers", "status", "code"), MISFITS)
async def test_what_cannot_be_taken_is_a_problem_and_leaves_nothing(
    phone: Phone, body: bytes, headers: dict[str, str], status: int, code: str | None
) -> None:
    answer = await phone.post(body, **headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert code in (None, answer.json()["code"])
    assert answer.json()["instance"] == "/v1/pings"
    pool = phone.door.parts.pool
    assert await pool.fetchval("SELECT count(*) FROM transition") == 0


@pytest.mark.parametrize(
    ("body", "headers"),
    [(body, {"Content-Type": kind}) for body, kind in FORMATS]
    + [(body, headers) for body, headers, _, _ in MISFITS],
)
async def test_the_front_and_litestar_answer_alike(
    phone: Phone, body: bytes, headers: dict[str, str]
) -> None:
    first = await phone.post_plainly(body, **headers)
    if first.status_code == 202:  # the second time it is a repeat for either
        first = await phone.post_plainly(body, **headers)
    second = await phone.post(body, **headers)
    assert first.status_code == second.status_code
    assert first.json() == second.json()
    for name in ("content-type", "www-authenticate", "retry-after"):
        assert first.headers.get(name) == second.headers.get(name)


@pytest.mark.parametrize("role", Role)
async def test_a_key_is_known_but_sends_no_pings(phone: Phone, role: Role) -> None:
    answer = await phone.post(PING, Authorization=f"Bearer {phone.door.keys[role]}")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_key_that_is_not_known_sends_no_pings(phone: Phone) -> None:
    answer = await phone.post(PING, Authorization="Bearer gp_pk_nobody")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_another_method_is_litestars(phone: Phone) -> None:
    answer = await phone.door.client.get("/v1/pings")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_expired_token_says_so(phone: Phone, clock: HandClock) -> None:
    assert (await phone.post(PING)).status_code == 202
    clock.step(timedelta(hours=24, seconds=1))
    answer = await phone.post(PING)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


async def test_without_location_consent_nothing_is_stored(phone: Phone) -> None:
    token = await registered(phone.door, "phone-2", consents={"location": False})
    answer = await phone.post(PING, Authorization=f"Bearer {token}")
    assert answer.status_code == 403
    assert answer.json()["code"] == "location_not_permitted"


async def test_a_ping_from_before_the_consent_is_rejected(phone: Phone) -> None:
    token = await registered(phone.door, "phone-2", consents={"location": True})
    before = {**PING, "recorded_at": "2026-07-04T11:59:00Z"}
    answer = await phone.post(
        {"pings": [before, at(1)]}, Authorization=f"Bearer {token}"
    )
    assert answer.json()["rejected"] == [
        {"index": 0, "reason": "location_not_permitted"}
    ]


async def test_a_phone_whose_clock_is_off_is_corrected(phone: Phone) -> None:
    wrong = {**PING, "recorded_at": "2026-07-04T09:00:00Z"}
    answer = await phone.post(wrong, **{"Geopush-Sent-At": "2026-07-04T09:00:00Z"})
    assert answer.json()["transitions"][0]["at"] == NOON


async def test_a_full_service_says_when_to_come_back(phone: Phone) -> None:
    await phone.door.parts.pool.close()
    answer = await phone.post(PING)
    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert int(answer.headers["retry-after"]) >= 1
