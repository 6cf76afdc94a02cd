"""Apple's checks, asked over HTTP/2."""

import json
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest

from geopush.sandbox.inbox import PhoneView
from tests.sandbox.build import APPS, MESSAGE_ID, PHONE, TOPIC, Stage, payload

GOOD = json.dumps(payload()).encode()


async def send(
    stage: Stage,
    client: httpx.AsyncClient,
    body: bytes = GOOD,
    phone: str = PHONE,
    **headers: str | None,
) -> httpx.Response:
    return await client.post(
        f"{stage.sandbox.apns_url}/3/device/{phone}",
        headers=stage.headers(**headers),
        content=body,
    )


def reason(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["reason"]


def the_phone(stage: Stage) -> PhoneView:
    (phone,) = stage.sandbox.inbox.phones()
    return phone


async def test_a_good_push_is_accepted_with_an_empty_body(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    response = await send(stage, client)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["apns-id"] == MESSAGE_ID


async def test_an_accepted_push_is_in_the_inbox(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    await send(stage, client, apns_collapse_id="lunch")
    phone = the_phone(stage)
    (item,) = phone.tray
    assert (phone.address, phone.platform, phone.app) == (PHONE, "ios", "demo")
    assert (item.message_id, item.collapse_id) == (MESSAGE_ID, "lunch")
    assert (item.title, item.body, item.url) == ("Sun!", "Ice cream", "app://ice")
    assert item.buttons == [{"id": "like", "text": "Like"}]
    assert (item.at, item.repeat) == (stage.clock(), False)


async def test_the_same_message_twice_is_shown_once_and_marked_as_a_repeat(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await send(stage, client, apns_collapse_id=MESSAGE_ID)
    phone = the_phone(stage)
    assert [item.repeat for item in phone.received] == [False, True]
    assert len(phone.tray) == 1


async def test_without_an_id_apple_makes_one(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    response = await send(stage, client, apns_id=None)
    assert uuid.UUID(response.headers["apns-id"]).version == 4


async def test_a_plain_alert_is_a_body_without_a_title(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    await send(stage, client, body=b'{"aps": {"alert": "Hello"}}')
    (item,) = the_phone(stage).tray
    assert (item.title, item.body) == (None, "Hello")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"apns_topic": None}, (400, "MissingTopic")),
        ({"apns_topic": "com.example.other"}, (400, "TopicDisallowed")),
        ({"apns_push_type": None}, (400, "InvalidPushType")),
        ({"apns_push_type": "marketing"}, (400, "InvalidPushType")),
        ({"apns_push_type": "liveactivity"}, (400, "BadTopic")),
        ({"apns_id": "1"}, (400, "BadMessageId")),
        ({"apns_id": MESSAGE_ID.replace("-", "")}, (400, "BadMessageId")),
        ({"apns_collapse_id": "x" * 65}, (400, "BadCollapseId")),
        ({"apns_priority": "2"}, (400, "BadPriority")),
        ({"apns_priority": "high"}, (400, "BadPriority")),
        ({"apns_expiration": "1.5"}, (400, "BadExpirationDate")),
        ({"apns_expiration": "soon"}, (400, "BadExpirationDate")),
        ({"authorization": None}, (403, "MissingProviderToken")),
        ({"authorization": "basic abc"}, (403, "InvalidProviderToken")),
        ({"authorization": "bearer abc"}, (403, "InvalidProviderToken")),
        ({"phone": ""}, (400, "MissingDeviceToken")),
        ({"phone": PHONE[:-2]}, (400, "BadDeviceToken")),
        ({"phone": PHONE + "a"}, (400, "BadDeviceToken")),
        ({"phone": "zz" * 32}, (400, "BadDeviceToken")),
        ({"phone": PHONE + "/more"}, (404, "BadPath")),
        ({"body": b""}, (400, "PayloadEmpty")),
        ({"body": b"{}"}, (400, "PayloadEmpty")),
        ({"body": b"[1]"}, (400, "PayloadEmpty")),
        ({"body": b'{"aps": '}, (400, "PayloadEmpty")),
        ({"body": b"\xff"}, (400, "PayloadEmpty")),
        ({"body": b'{"aps": {}, "x": "%s"}' % (b"y" * 4077)}, (413, "PayloadTooLarge")),
    ],
)
async def test_apple_refuses_and_says_why(
    stage: Stage,
    client: httpx.AsyncClient,
    changes: dict[str, Any],
    answer: tuple[int, str],
) -> None:
    response = await send(stage, client, **changes)
    assert reason(response) == answer
    assert uuid.UUID(response.headers["apns-id"]).int > 0
    assert stage.sandbox.inbox.phones() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"apns_priority": "1"},
        {"apns_priority": "5"},
        {"apns_expiration": "0"},
        {"apns_expiration": "1900000000"},
        {"apns_collapse_id": "x" * 64},
        {"apns_id": MESSAGE_ID.upper()},
        {"apns_push_type": "location", "apns_topic": f"{TOPIC}.location-query"},
        {"phone": "AB" * 50},
        {"body": b'{"aps": {}, "x": "%s"}' % (b"y" * 4076)},
    ],
)
async def test_apple_takes_whatever_is_within_its_bounds(
    stage: Stage, client: httpx.AsyncClient, changes: dict[str, Any]
) -> None:
    assert (await send(stage, client, **changes)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", f"/3/device/{PHONE}", (405, "MethodNotAllowed")),
        ("DELETE", f"/3/device/{PHONE}", (405, "MethodNotAllowed")),
        ("POST", "/", (404, "BadPath")),
        ("POST", f"/4/device/{PHONE}", (404, "BadPath")),
        ("POST", f"/3/devices/{PHONE}", (404, "BadPath")),
    ],
)
async def test_there_is_one_way_to_ask(
    stage: Stage,
    client: httpx.AsyncClient,
    method: str,
    path: str,
    answer: tuple[int, str],
) -> None:
    url = stage.sandbox.apns_url + path
    response = await client.request(method, url, headers=stage.headers())
    assert reason(response) == answer


async def test_a_header_twice_is_one_too_many(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    headers = [*stage.headers().items(), ("apns-priority", "5"), ("apns-priority", "5")]
    url = f"{stage.sandbox.apns_url}/3/device/{PHONE}"
    response = await client.post(url, headers=headers, content=GOOD)
    assert reason(response) == (400, "DuplicateHeaders")


async def test_a_device_token_belongs_to_one_app(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    await send(stage, client)
    response = await send(stage, client, apns_topic=APPS["club"])
    assert reason(response) == (400, "DeviceTokenNotForTopic")
    assert (await send(stage, client)).status_code == 200


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        ({"status": 410}, (410, "Unregistered")),
        ({"reason": "ExpiredToken"}, (410, "ExpiredToken")),
        ({"status": 503}, (503, "ServiceUnavailable")),
        ({"status": 500}, (500, "InternalServerError")),
        ({"reason": "TooManyRequests", "retry_after": 7}, (429, "TooManyRequests")),
        ({"status": 400, "reason": "NewReason"}, (400, "NewReason")),
    ],
)
async def test_a_rule_makes_apple_refuse(
    stage: Stage,
    client: httpx.AsyncClient,
    rule: dict[str, object],
    answer: tuple[int, str],
) -> None:
    rules = f"{stage.sandbox.inbox_url}/rules"
    await client.post(rules, json={"gateway": "apns", **rule})
    response = await send(stage, client)
    assert reason(response) == answer
    assert response.headers.get("retry-after") == (
        str(rule["retry_after"]) if "retry_after" in rule else None
    )
    assert stage.sandbox.inbox.phones() == []


async def test_who_is_gone_is_gone_since_a_time_in_milliseconds(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    rules = f"{stage.sandbox.inbox_url}/rules"
    await client.post(rules, json={"gateway": "apns", "status": 410, "address": PHONE})
    stage.clock.step(timedelta(milliseconds=1500))
    gone = (await send(stage, client)).json()
    assert gone["timestamp"] == stage.clock().timestamp() * 1000
    assert (await send(stage, client, phone="cd" * 32)).status_code == 200
