"""Google's checks, asked over HTTP."""

import asyncio
import json
from datetime import timedelta

import httpx
import pytest

from geopush.sandbox.fcm_errors import BAD_REQUEST, FCM_ERROR
from geopush.sandbox.inbox import PhoneView
from tests.push.senders import until
from tests.sandbox.build import APPS, MESSAGE_ID, TOPIC, Stage

TOKEN = "fcm:token-1"


def message(**changes: object) -> dict[str, object]:
    """Return a message as geopush sends it, but for the changes; None leaves out."""
    extras = {
        "message_id": MESSAGE_ID,
        "url": "app://ice",
        "buttons": [{"id": "like", "text": "Like"}],
    }
    fields = {
        "token": TOKEN,
        "notification": {"title": "Sun!", "body": "Ice cream"},
        "data": {"geopush": json.dumps(extras)},
        "android": {
            "ttl": "2700s",
            "restricted_package_name": TOPIC,
            "notification": {"tag": MESSAGE_ID},
        },
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


@pytest.fixture
async def access_token(stage: Stage, client: httpx.AsyncClient) -> str:
    return await stage.access_token(client)


class Google:
    """The send endpoint with an access token in the hand."""

    def __init__(self, stage: Stage, client: httpx.AsyncClient, token: str) -> None:
        self.stage = stage
        self.authorization = f"Bearer {token}"
        self._client = client

    async def send(
        self,
        body: object,
        project: str | None = None,
        raw: bytes | None = None,
        patience: float = 30,
    ) -> httpx.Response:
        """Send a body."""
        sandbox = self.stage.sandbox
        project = project or sandbox.project_id
        return await self._client.post(
            f"{sandbox.fcm_url}/v1/projects/{project}/messages:send",
            headers={"Authorization": self.authorization},
            content=raw if raw is not None else json.dumps(body).encode(),
            timeout=patience,
        )

    async def rule(self, **fields: object) -> None:
        """Put a rule in force."""
        url = f"{self.stage.sandbox.inbox_url}/rules"
        response = await self._client.post(url, json={"gateway": "fcm", **fields})
        assert response.is_success

    def phones(self) -> list[PhoneView]:
        """List the phones that got anything."""
        return self.stage.sandbox.inbox.phones()


@pytest.fixture
def google(stage: Stage, client: httpx.AsyncClient, access_token: str) -> Google:
    return Google(stage, client, access_token)


def details(response: httpx.Response, kind: str) -> list[dict[str, object]]:
    found = response.json()["error"]["details"]
    return [detail for detail in found if detail["@type"] == kind]


async def test_a_good_message_is_accepted_under_a_name(google: Google) -> None:
    response = await google.send({"message": message()})
    assert response.status_code == 200
    prefix = f"projects/{google.stage.sandbox.project_id}/messages/"
    assert response.json()["name"].startswith(prefix)


async def test_an_accepted_message_is_in_the_inbox(google: Google) -> None:
    await google.send({"message": message()})
    (phone,) = google.phones()
    (item,) = phone.tray
    assert (phone.address, phone.platform, phone.app) == (TOKEN, "android", "demo")
    assert (item.message_id, item.collapse_id) == (MESSAGE_ID, MESSAGE_ID)
    assert (item.title, item.body, item.url) == ("Sun!", "Ice cream", "app://ice")
    assert item.buttons == [{"id": "like", "text": "Like"}]


async def test_the_same_tag_replaces_what_is_shown(google: Google) -> None:
    for _ in range(2):
        await google.send({"message": message()})
    (phone,) = google.phones()
    assert [item.repeat for item in phone.received] == [False, True]
    assert len(phone.tray) == 1


async def test_a_message_of_data_alone_shows_nothing(google: Google) -> None:
    await google.send({"message": message(notification=None)})
    (phone,) = google.phones()
    assert (phone.tray, len(phone.received)) == ([], 1)


async def test_words_for_android_come_before_words_for_all(google: Google) -> None:
    android = {"notification": {"title": "Sunny!"}}
    await google.send({"message": message(android=android)})
    (phone,) = google.phones()
    assert (phone.tray[0].title, phone.tray[0].body) == ("Sunny!", "Ice cream")


@pytest.mark.parametrize(
    ("package", "app"), [(APPS["club"], "club"), ("com.example", "geopush-sandbox")]
)
async def test_the_package_says_which_app_it_is(
    google: Google, package: str, app: str
) -> None:
    android = {"restricted_package_name": package}
    await google.send({"message": message(android=android)})
    assert [phone.app for phone in google.phones()] == [app]


async def test_a_firebase_installation_is_an_address_too(google: Google) -> None:
    await google.send({"message": message(token=None, fid="fid-1")})
    assert [phone.address for phone in google.phones()] == ["fid-1"]


async def test_a_validated_message_goes_nowhere(google: Google) -> None:
    response = await google.send({"message": message(), "validate_only": True})
    assert (response.status_code, google.phones()) == (200, [])


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic abc"])
async def test_who_shows_no_access_token_is_refused(
    google: Google, authorization: str
) -> None:
    google.authorization = authorization
    response = await google.send({"message": message()})
    assert response.status_code == 401
    assert response.json()["error"]["status"] == "UNAUTHENTICATED"
    assert google.phones() == []


async def test_an_access_token_past_its_hour_is_refused(google: Google) -> None:
    google.stage.token_clock.step(timedelta(hours=1))
    assert (await google.send({"message": message()})).status_code == 401


async def test_another_project_is_not_ours_to_send_for(google: Google) -> None:
    response = await google.send({"message": message()}, project="another")
    assert response.status_code == 403
    assert details(response, FCM_ERROR) == []


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff", b'{"message": ' + b"[" * 100_000, b"7", b"null"]
)
async def test_what_is_no_message_is_refused(google: Google, raw: bytes) -> None:
    response = await google.send(None, raw=raw)
    assert response.status_code == 400
    assert response.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert details(response, BAD_REQUEST)


async def test_a_payload_fault_names_its_fields_and_no_fcm_code(google: Google) -> None:
    wrong = message(data={"n": 1}, colour="red")
    response = await google.send({"message": wrong})
    (detail,) = details(response, BAD_REQUEST)
    assert isinstance(detail["fieldViolations"], list)
    fields = [violation["field"] for violation in detail["fieldViolations"]]
    assert fields == ["message.data[n]", "message.colour"]
    assert details(response, FCM_ERROR) == []


async def test_a_token_that_is_none_has_the_fcm_code(google: Google) -> None:
    response = await google.send({"message": message(token="not a token")})
    assert response.status_code == 400
    (detail,) = details(response, FCM_ERROR)
    assert detail["errorCode"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("rule", "status", "rpc_status", "code"),
    [
        ({"reason": "UNREGISTERED"}, 404, "NOT_FOUND", "UNREGISTERED"),
        ({"status": 404}, 404, "NOT_FOUND", "UNREGISTERED"),
        ({"status": 429}, 429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
        ({"status": 403}, 403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
        ({"status": 503}, 503, "UNAVAILABLE", "UNAVAILABLE"),
        ({"status": 500}, 500, "INTERNAL", "INTERNAL"),
        ({"status": 400}, 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
        (
            {"reason": "THIRD_PARTY_AUTH_ERROR"},
            401,
            "UNAUTHENTICATED",
            "THIRD_PARTY_AUTH_ERROR",
        ),
    ],
)
async def test_a_rule_makes_google_refuse(
    google: Google, rule: dict[str, object], status: int, rpc_status: str, code: str
) -> None:
    await google.rule(**rule)
    response = await google.send({"message": message()})
    assert response.status_code == response.json()["error"]["code"] == status
    assert response.json()["error"]["status"] == rpc_status
    (detail,) = details(response, FCM_ERROR)
    assert detail["errorCode"] == code
    assert google.phones() == []


async def test_google_says_when_to_come_back(google: Google) -> None:
    await google.rule(status=503, retry_after=30)
    response = await google.send({"message": message()})
    assert response.headers["Retry-After"] == "30"


async def test_a_rule_for_one_address_spares_the_others(google: Google) -> None:
    await google.rule(status=404, address=TOKEN)
    assert (await google.send({"message": message()})).status_code == 404
    other = message(token="fcm:token-2")
    assert (await google.send({"message": other})).status_code == 200


async def test_a_dropped_connection_gives_no_answer(google: Google) -> None:
    await google.rule(drop_share=1.0)
    for _ in range(8):
        with pytest.raises(httpx.TransportError):
            await google.send({"message": message()})
    (phone,) = google.phones()
    assert 0 < len(phone.received) < 8


async def test_a_late_answer_holds_up_no_other(google: Google) -> None:
    await google.rule(latency_ms=600_000, address="slow")
    slow = asyncio.create_task(google.send({"message": message(token="slow")}))
    await until(lambda: bool(google.phones()))
    fast = await google.send({"message": message(token="fast")})
    assert (fast.status_code, slow.done()) == (200, False)
    slow.cancel()


async def test_an_answer_can_break_off_in_its_middle(google: Google) -> None:
    await google.rule(reset_share=1.0)
    with pytest.raises(httpx.RemoteProtocolError):
        await google.send({"message": message()})


async def test_an_answer_can_come_in_pieces(google: Google) -> None:
    await google.rule(split_body=True)
    response = await google.send({"message": message()})
    assert response.json()["name"].startswith("projects/")


async def test_google_can_fall_silent(google: Google) -> None:
    await google.rule(hang_share=1.0)
    with pytest.raises(httpx.ReadTimeout):
        await google.send({"message": message()}, patience=0.2)


async def test_beyond_its_quota_google_says_when_to_come_back(google: Google) -> None:
    await google.rule(quota_per_minute=1)
    assert (await google.send({"message": message()})).status_code == 200
    response = await google.send({"message": message()})
    (found,) = details(response, FCM_ERROR)
    assert (response.status_code, found["errorCode"]) == (429, "QUOTA_EXCEEDED")
    assert response.headers["Retry-After"] == "60"
