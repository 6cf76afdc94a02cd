"""What a phone asks and says of itself and its customer, by its token."""

import pytest

from geopush.core.access import Role
from tests.api.conftest import Door
from tests.api.phones import a_phone

ME, CONSENTS, PREFERENCES = "/v1/me", "/v1/me/consents", "/v1/me/preferences"
ANN = "/v1/customers/ann"
NOON, HOUR_AGO, DAY_AGO = (
    "2026-07-04T12:00:00Z",
    "2026-07-04T11:00:00Z",
    "2026-07-03T12:00:00Z",
)
ROUTES = [
    ("GET", ME),
    ("GET", CONSENTS),
    ("PUT", CONSENTS),
    ("GET", PREFERENCES),
    ("PUT", PREFERENCES),
    ("GET", "/v1/me/inbox"),
    ("POST", "/v1/me/stop"),
]


async def test_a_phone_is_told_whose_it_is(api: Door) -> None:
    phone = await a_phone(api, permissions={"notifications": True})
    answer = await phone.ask("GET", ME)
    assert answer.status_code == 200
    assert answer.json() == {
        "customer_id": "ann",
        "identified": True,
        "device_id": "phone-1",
        "app": "demo",
        "platform": "ios",
        "timezone": "Europe/Amsterdam",
        "language": "nl",
        "has_address": False,
        "permissions": {"notifications": True},
        "revision": 1,
    }


async def test_what_a_phone_agrees_to_is_read_by_both_and_logged_as_its_own(
    api: Door,
) -> None:
    phone = await a_phone(api)
    body = {"location": True, "push_marketing": {"granted": True, "at": HOUR_AGO}}
    answer = await phone.ask("PUT", CONSENTS, json=body)
    assert answer.status_code == 200
    held = answer.json()
    assert held["location"] == {"granted": True, "at": NOON, "source": "device"}
    assert held["push_marketing"]["at"] == HOUR_AGO
    read = await phone.ask("GET", CONSENTS)
    by_crm = await api.ask("GET", f"{ANN}/consents", Role.CRM)
    assert read.json() == by_crm.json()
    assert len(read.json()["history"]) == 2


async def test_old_data_of_a_phone_undoes_no_withdrawal(api: Door) -> None:
    phone = await a_phone(api)
    await phone.ask("PUT", CONSENTS, json={"location": False})
    old = {"location": {"granted": True, "at": DAY_AGO}}
    answer = await phone.ask("PUT", CONSENTS, json=old)
    assert answer.json()["location"]["granted"] is False


async def test_once_a_withdrawal_is_answered_no_ping_is_taken(api: Door) -> None:
    given = {"location": {"granted": True, "at": DAY_AGO}}
    phone = await a_phone(api, consents=given)
    ping = {"latitude": 52.37, "longitude": 4.9, "recorded_at": HOUR_AGO}
    assert (await phone.ask("POST", "/v1/pings", json=ping)).status_code == 202
    await phone.ask("PUT", CONSENTS, json={"location": False})
    ping["recorded_at"] = NOON
    answer = await phone.ask("POST", "/v1/pings", json=ping)
    assert answer.json()["code"] == "location_not_permitted"


async def test_preferences_are_replaced_as_a_whole(api: Door) -> None:
    phone = await a_phone(api)
    first = {"topics": {"ice": True}, "paused_until": "2026-07-05T12:00:00Z"}
    await phone.ask("PUT", PREFERENCES, json=first)
    second = {"muted_zones": ["park"]}
    answer = await phone.ask("PUT", PREFERENCES, json=second)
    read = await phone.ask("GET", PREFERENCES)
    assert answer.json() == read.json()
    assert read.json() == {"topics": {}, "muted_zones": ["park"], "revision": 3}
    by_crm = await api.ask("GET", f"{ANN}/preferences", Role.CRM)
    assert by_crm.json() == read.json()


@pytest.mark.parametrize("path", [CONSENTS, PREFERENCES])
async def test_what_was_read_may_be_put_back(api: Door, path: str) -> None:
    phone = await a_phone(api, consents={"location": True})
    read = await phone.ask("GET", path)
    put = await phone.ask("PUT", path, json=read.json())
    assert (put.status_code, put.headers["etag"]) == (200, read.headers["etag"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CONSENTS, {"location": {"granted": True, "mood": "good"}, "telepathy": True}),
        (PREFERENCES, {"topics": {"ice": True}, "mood": "good"}),
    ],
)
async def test_what_a_newer_phone_says_beyond_is_left_out(
    api: Door, path: str, body: object
) -> None:
    answer = await (await a_phone(api)).ask("PUT", path, json=body)
    assert answer.status_code == 200
    assert "telepathy" not in answer.json()


@pytest.mark.parametrize(
    ("path", "body", "status", "places"),
    [
        (CONSENTS, {"location": "yes", "profiling": 1}, 400, ["location", "profiling"]),
        (
            CONSENTS,
            {"location": {"granted": True, "at": "2030-01-01T00:00:00Z"}},
            422,
            ["location.at"],
        ),
        (PREFERENCES, {"topics": ["ice"]}, 400, ["topics"]),
        (
            PREFERENCES,
            {"max_messages": {"limit": 1, "window": {"rolling": "P999D"}}},
            422,
            ["max_messages.window.rolling"],
        ),
    ],
)
async def test_what_cannot_be_is_refused_with_every_place(
    api: Door, path: str, body: object, status: int, places: list[str]
) -> None:
    phone = await a_phone(api)
    answer = await phone.ask("PUT", path, json=body)
    assert answer.status_code == status
    assert [one["path"] for one in answer.json()["problems"]] == [
        f"$.{place}" for place in places
    ]
    assert (await phone.ask("GET", ME)).json()["revision"] == 1


async def test_only_the_revision_that_was_read_is_overwritten(api: Door) -> None:
    phone = await a_phone(api)
    for path in (CONSENTS, PREFERENCES):
        stale = {"If-Match": '"99"'}
        answer = await phone.ask("PUT", path, json={}, headers=stale)
        assert answer.status_code == 412


async def test_stop_is_for_ever(api: Door) -> None:
    phone = await a_phone(api)
    first = await phone.ask("POST", "/v1/me/stop")
    assert first.json() == {"customer_id": "ann", "stopped_at": NOON}
    assert (await phone.ask("POST", "/v1/me/stop")).json() == first.json()
    await phone.ask("PUT", CONSENTS, json={"push_marketing": True})
    assert (await phone.ask("GET", ME)).json()["stopped_at"] == NOON


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_no_key_speaks_for_a_phone(api: Door, method: str, path: str) -> None:
    body = {"json": {}} if method == "PUT" else {}
    for role in (Role.SDK, Role.CRM, Role.OPERATOR):
        assert (await api.ask(method, path, role, **body)).status_code == 403
    assert (await api.ask(method, path, **body)).status_code == 401


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_token_from_before_a_phone_changed_hands_opens_nothing(
    api: Door, method: str, path: str
) -> None:
    phone = await a_phone(api)
    await a_phone(api, "bob")
    body = {"json": {}} if method == "PUT" else {}
    answer = await phone.ask(method, path, **body)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_a_token_from_before_somebody_was_named_still_speaks_for_them(
    api: Door,
) -> None:
    phone = await a_phone(api, None)
    await a_phone(api, "ann")
    assert (await phone.ask("GET", ME)).json()["customer_id"] == "ann"
