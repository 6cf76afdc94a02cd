"""A phone speaks to geopush as the contract says."""

import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from geopush.sandbox.phones import Phone, Refused, Stage, Taken, UnexpectedAnswer
from geopush.sandbox.tracks import Fix
from geopush.sandbox.walkers import (
    MaxMessages,
    Preferences,
    QuietHours,
    Walker,
    Window,
)

NOON = datetime(2023, 5, 31, 12, 0, 0, 250_000, tzinfo=ZoneInfo("America/New_York"))
FIXES = [
    Fix(NOON + timedelta(minutes=n), -73.98, 40.75 + n / 1000, 8.5) for n in range(3)
]
REGISTERED = (201, {"token": "token-1", "expires_at": "2023-06-01T16:00:00Z"})
EXPIRED = (401, {"code": "token_expired"})


def taken(accepted: int, *rejected: dict[str, object]) -> tuple[int, dict[str, object]]:
    return 202, {
        "accepted": accepted,
        "late": 0,
        "repeated": 0,
        "rejected": list(rejected),
        "transitions": [],
        "inside": ["nyc-8"],
        "next_ping": {"after_seconds": 60},
    }


class Door:
    """What a phone says to geopush, and the answers it gets, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str, dict[str, object]]] = []
        self.answers: deque[tuple[int, dict[str, object]]] = deque()
        self.base_url = ""

    async def answer(self, request: web.Request) -> web.Response:
        key = request.headers["Authorization"].removeprefix("Bearer ")
        body = json.loads(await request.read())
        self.heard.append((request.method, request.path, key, body))
        status, answer = self.answers.popleft()
        return web.json_response(answer, status=status)


def a_walker(platform: str = "ios") -> Walker:
    return Walker(
        device_id="device-1",
        device_secret="secret-1",
        customer_id="customer-1",
        platform=platform,
        address="ab" * 32,
        language="en",
        timezone="America/New_York",
        consents={"location": True, "push_marketing": False},
        preferences=Preferences(
            topics={"ice_cream": True},
            muted_zones=("nyc-8",),
            max_messages=MaxMessages(1, Window("PT24H")),
            quiet_hours=QuietHours("19:00", "10:30"),
        ),
        track=tuple(FIXES),
        holds=timedelta(),
    )


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", door.answer)
    async with TestServer(app, host="127.0.0.1") as server:
        door.base_url = str(server.make_url("")).rstrip("/")
        yield door


@pytest.fixture
async def phone(door: Door) -> AsyncIterator[Phone]:
    async with ClientSession() as session:
        yield a_phone(door, session)


def a_phone(door: Door, session: ClientSession, platform: str = "ios") -> Phone:
    keys = {"sdk": "gp_pk_1", "crm": "gp_sk_crm"}
    stage = Stage(door.base_url, keys, "identity", f"{door.base_url}/inbox")
    return Phone(a_walker(platform), stage=stage, session=session)


async def test_a_phone_registers_with_a_signed_customer_and_consents(
    door: Door, phone: Phone
) -> None:
    door.answers.append(REGISTERED)
    await phone.register()
    signature = hmac.new(b"identity", b"customer-1", hashlib.sha256).hexdigest()
    assert door.heard == [
        (
            "POST",
            "/v1/devices",
            "gp_pk_1",
            {
                "device_id": "device-1",
                "device_secret": "secret-1",
                "app": "demo",
                "platform": "ios",
                "address": {"kind": "apns_token", "value": "ab" * 32},
                "customer_id": "customer-1",
                "customer_signature": signature,
                "timezone": "America/New_York",
                "language": "en",
                "consents": {"location": True, "push_marketing": False},
            },
        )
    ]


async def test_an_android_phone_names_a_token_of_google(door: Door) -> None:
    door.answers.append(REGISTERED)
    async with ClientSession() as session:
        await a_phone(door, session, "android").register()
    assert door.heard[0][3]["address"] == {"kind": "fcm_token", "value": "ab" * 32}


async def test_preferences_are_put_with_the_key_of_the_crm(
    door: Door, phone: Phone
) -> None:
    door.answers.append((200, {}))
    await phone.prefer()
    assert door.heard == [
        (
            "PUT",
            "/v1/customers/customer-1/preferences",
            "gp_sk_crm",
            {
                "topics": {"ice_cream": True},
                "muted_zones": ["nyc-8"],
                "max_messages": {"limit": 1, "window": {"rolling": "PT24H"}},
                "quiet_hours": {"from": "19:00", "to": "10:30"},
            },
        )
    ]


async def test_a_phone_that_posts_registers_first(door: Door, phone: Phone) -> None:
    door.answers += [REGISTERED, taken(1)]
    await phone.post(FIXES[:1])
    assert door.heard[1] == (
        "POST",
        "/v1/pings",
        "token-1",
        {
            "pings": [
                {
                    "latitude": 40.75,
                    "longitude": -73.98,
                    "accuracy": 8.5,
                    "recorded_at": "2023-05-31T12:00:00.250000-04:00",
                }
            ]
        },
    )


async def test_a_phone_says_what_became_of_its_pings(door: Door, phone: Phone) -> None:
    door.answers += [REGISTERED, taken(2, {"index": 1, "reason": "too_old"})]
    answer = await phone.post(FIXES)
    assert isinstance(answer, Taken)
    assert (answer.accepted, answer.inside) == (2, ["nyc-8"])
    assert [(one.index, one.reason) for one in answer.rejected] == [(1, "too_old")]


async def test_an_expired_token_is_renewed_and_the_pings_posted_again(
    door: Door, phone: Phone
) -> None:
    renewed = (200, {"token": "token-2"})
    door.answers += [REGISTERED, EXPIRED, renewed, taken(3)]
    await phone.post(FIXES)
    assert [(path, key) for _, path, key, _ in door.heard] == [
        ("/v1/devices", "gp_pk_1"),
        ("/v1/pings", "token-1"),
        ("/v1/devices", "gp_pk_1"),
        ("/v1/pings", "token-2"),
    ]


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "location_not_permitted"), (503, "full"), (429, "over_quota")],
)
async def test_a_refusal_is_an_answer(
    door: Door, phone: Phone, status: int, code: str
) -> None:
    door.answers += [REGISTERED, (status, {"code": code, "title": "No"})]
    assert await phone.post(FIXES) == Refused(status, code)


@pytest.mark.parametrize("status", [400, 500])
async def test_an_answer_no_phone_should_get_is_raised(
    door: Door, phone: Phone, status: int
) -> None:
    door.answers += [REGISTERED, (status, {})]
    with pytest.raises(UnexpectedAnswer):
        await phone.post(FIXES)


async def test_a_refused_registration_is_raised(door: Door, phone: Phone) -> None:
    door.answers.append((401, {"code": "unauthorized"}))
    with pytest.raises(UnexpectedAnswer):
        await phone.register()


async def test_refused_preferences_are_raised(door: Door, phone: Phone) -> None:
    door.answers.append((422, {"code": "invalid"}))
    with pytest.raises(UnexpectedAnswer):
        await phone.prefer()
