"""Registering devices over HTTP: who may, what is answered, what is refused."""

import hashlib
import hmac

import pytest

from geopush.core.access import Role
from geopush.core.token import DeviceToken
from tests.api.conftest import IDENTITY_SECRET, Door

PHONE = {
    "device_id": "phone-1",
    "device_secret": "s" * 43,
    "app": "demo",
    "platform": "ios",
    "timezone": "Europe/Amsterdam",
    "language": "nl-NL",
}


async def test_a_new_phone_is_answered_201_and_a_known_one_200(api: Door) -> None:
    body = {**PHONE, "address": {"kind": "apns_token", "value": "ab" * 32}}
    first = await api.ask("POST", "/v1/devices", Role.SDK, json=body)
    again = await api.ask("POST", "/v1/devices", Role.SDK, json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json().keys() == {
        "device_id",
        "device_secret",
        "customer_id",
        "token",
        "expires_at",
    }
    assert first.json()["customer_id"] == again.json()["customer_id"]
    assert first.json()["expires_at"] == "2026-07-05T12:00:00Z"
    token = api.parts.tokens.read(first.json()["token"], api.parts.clock())
    assert isinstance(token, DeviceToken)
    assert token.device_id == "phone-1"


async def test_a_phone_may_come_without_id_and_secret(api: Door) -> None:
    bare = {name: one for name, one in PHONE.items() if not name.startswith("device_")}
    answer = await api.ask("POST", "/v1/devices", Role.SDK, json=bare)
    assert answer.status_code == 201
    assert len(answer.json()["device_secret"]) == 43


async def test_fields_of_a_newer_phone_are_ignored(api: Door) -> None:
    body = {
        **PHONE,
        "colour": "red",
        "permissions": {"location": "always", "precise": True, "camera": True},
        "consents": {"location": True, "smell": True},
    }
    answer = await api.ask("POST", "/v1/devices", Role.SDK, json=body)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.SDK, 201),
        (Role.CRM, 201),
        (Role.OPERATOR, 201),
        (Role.MANAGER, 403),
        (Role.MARKETER, 403),
        (Role.WEATHER, 403),
        (None, 401),
    ],
)
async def test_only_some_keys_register(
    api: Door, role: Role | None, status: int
) -> None:
    answer = await api.ask("POST", "/v1/devices", role, json=PHONE)
    assert answer.status_code == status


async def test_a_device_token_registers_nothing(api: Door) -> None:
    made = await api.ask("POST", "/v1/devices", Role.SDK, json=PHONE)
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    answer = await api.ask("POST", "/v1/devices", headers=headers, json=PHONE)
    assert answer.status_code == 403


async def test_a_wrong_secret_is_401(api: Door) -> None:
    await api.ask("POST", "/v1/devices", Role.SDK, json=PHONE)
    wrong = {**PHONE, "device_secret": "t" * 43}
    answer = await api.ask("POST", "/v1/devices", Role.SDK, json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_customer_is_named_with_a_signature_or_a_secret_key(api: Door) -> None:
    body = {**PHONE, "customer_id": "ann"}
    unsigned = await api.ask("POST", "/v1/devices", Role.SDK, json=body)
    assert unsigned.status_code == 403
    assert unsigned.json()["code"] == "customer_signature_missing"
    wrong = {**body, "customer_signature": "00" * 32}
    answer = await api.ask("POST", "/v1/devices", Role.SDK, json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (
        403,
        "customer_signature_wrong",
    )
    proof = hmac.new(IDENTITY_SECRET, b"ann", hashlib.sha256).hexdigest()
    signed = {**body, "customer_signature": proof}
    answer = await api.ask("POST", "/v1/devices", Role.SDK, json=signed)
    assert (answer.status_code, answer.json()["customer_id"]) == (201, "ann")
    answer = await api.ask("POST", "/v1/devices", Role.CRM, json=body)
    assert (answer.status_code, answer.json()["customer_id"]) == (200, "ann")


@pytest.mark.parametrize(
    ("change", "status", "path"),
    [
        ({"app": "shop"}, 422, "$.app"),
        ({"timezone": "Mars/Base"}, 422, "$.timezone"),
        ({"timezone": "../../etc/passwd"}, 422, "$.timezone"),
        ({"platform": "windows"}, 400, "$.platform"),
        ({"language": "not a language"}, 400, "$.language"),
        ({"language": "nl\n"}, 400, "$.language"),
        ({"device_id": "a b"}, 400, "$.device_id"),
        ({"device_secret": "short"}, 400, "$.device_secret"),
        ({"customer_id": "ann@example.com"}, 400, "$.customer_id"),
        ({"customer_id": ""}, 400, "$.customer_id"),
        (
            {"address": {"kind": "apns_token", "value": "a\u0000" * 8}},
            400,
            "$.address.value",
        ),
        (
            {
                "platform": "android",
                "address": {"kind": "apns_token", "value": "ab" * 8},
            },
            422,
            "$.address.kind",
        ),
        ({"consents": {"location": "yes"}}, 400, "$.consents.location"),
        (
            {"consents": {"location": {"granted": True, "at": "2031-01-01T00:00:00Z"}}},
            422,
            "$.consents.location.at",
        ),
        (
            {
                "consents": {
                    "location": {"granted": True, "at": "0001-01-01T00:00:00+14:00"}
                }
            },
            422,
            "$.consents.location.at",
        ),
    ],
)
async def test_a_refusal_says_where(
    api: Door, change: dict[str, object], status: int, path: str
) -> None:
    answer = await api.ask("POST", "/v1/devices", Role.SDK, json={**PHONE, **change})
    assert (answer.status_code, answer.json()["problems"][0]["path"]) == (status, path)


async def test_everything_that_does_not_fit_is_named_at_once(api: Door) -> None:
    body = {**PHONE, "platform": 1, "language": "?", "app": None}
    answer = await api.ask("POST", "/v1/devices", Role.SDK, json=body)
    paths = {one["path"] for one in answer.json()["problems"]}
    assert paths == {"$.platform", "$.language", "$.app"}


async def test_what_a_new_phone_must_say_is_part_of_the_schema(api: Door) -> None:
    bare = {name: PHONE[name] for name in ("device_id", "device_secret", "app")}
    answer = await api.ask("POST", "/v1/devices", Role.SDK, json=bare)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")
    paths = {one["path"] for one in answer.json()["problems"]}
    assert paths == {"$.platform", "$.timezone", "$.language"}
    await api.ask("POST", "/v1/devices", Role.SDK, json=PHONE)
    again = await api.ask("POST", "/v1/devices", Role.SDK, json=bare)
    assert again.status_code == 200


@pytest.mark.parametrize("value", ["t", "token-1", "t" * 4096])
async def test_only_the_gateway_knows_how_long_an_address_is(
    api: Door, value: str
) -> None:
    body = {**PHONE, "address": {"kind": "apns_token", "value": value}}
    answer = await api.ask("POST", "/v1/devices", Role.SDK, json=body)
    assert answer.status_code == 201
