"""Webhooks over HTTP: made, shown, changed, removed; the secret is shown once."""

import base64
from datetime import timedelta

import msgspec
import pytest

from geopush.core.access import Role
from geopush.core.feed import CloudEvent
from tests.api.conftest import Door

HOOK = "/v1/webhooks/crm"
WANTED = {
    "url": "https://example.com/hook",
    "types": ["io.geopush.zone.entered.v1"],
}


async def add_dead(api: Door, number: int, *, webhook_id: str = "crm") -> None:
    """An event that nobody took."""
    now = api.parts.clock() + timedelta(minutes=number)
    event = CloudEvent(
        *("1.0", f"consent-{number}", "urn:geopush:feed"),
        *("io.geopush.consent.granted.v1", "ann", now, "application/json", {}),
    )
    await api.parts.pool.execute(
        "INSERT INTO webhook_event VALUES ($1, $2, $3, $4, 0, NULL, 11, 'timeout', $5)",
        *(webhook_id, event.id, msgspec.json.encode(event), number, now),
    )


async def test_a_secret_is_shown_to_whoever_makes_the_webhook_and_never_again(
    api: Door,
) -> None:
    made = await api.ask("PUT", HOOK, Role.CRM, json=WANTED)
    assert (made.status_code, made.json()["revision"]) == (201, 1)
    secret = made.json()["secret"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) >= 24
    again = await api.ask("PUT", HOOK, Role.CRM, json=WANTED)
    assert (again.status_code, again.headers["etag"]) == (200, '"2"')
    shown = await api.ask("GET", HOOK, Role.OPERATOR)
    listed = await api.ask("GET", "/v1/webhooks", Role.OPERATOR)
    assert shown.json() == listed.json()["items"][0]
    for answer in (again, shown, listed):
        assert "secret" not in answer.text
    assert shown.json() | WANTED | {"enabled": True} == shown.json()


async def test_a_webhook_can_be_put_back_as_it_was_shown(api: Door) -> None:
    made = await api.ask("PUT", HOOK, Role.CRM, json=WANTED)
    shown = await api.ask("GET", HOOK, Role.CRM)
    for answer in (made, shown):
        back = await api.ask("PUT", HOOK, Role.CRM, json=answer.json())
        assert back.status_code == 200
        assert back.json() | WANTED == back.json()
    other = await api.ask("PUT", "/v1/webhooks/other", Role.CRM, json=shown.json())
    assert other.status_code == 422
    assert [one["path"] for one in other.json()["problems"]] == ["$.webhook_id"]


async def test_the_answer_says_where_a_webhook_begins(api: Door) -> None:
    said = []
    for more in ({}, {}, {"start": "oldest"}, {"start": "now"}):
        answer = await api.ask("PUT", HOOK, Role.CRM, json=WANTED | more)
        said.append(answer.json().get("started"))
    assert said == ["now", None, "oldest", "now"]
    assert "started" not in (await api.ask("GET", HOOK, Role.CRM)).json()


async def test_all_that_is_wrong_with_a_webhook_is_told_at_once(api: Door) -> None:
    wrong = {"url": "http://127.0.0.1/", "types": ["door", "zone"]}
    answer = await api.ask("PUT", HOOK, Role.CRM, json=wrong)
    codes = [one["code"] for one in answer.json()["problems"]]
    assert codes == ["scheme_not_allowed", "address_not_allowed", *["unknown_type"] * 2]


async def test_a_change_against_a_revision_that_is_past_is_refused(api: Door) -> None:
    await api.ask("PUT", HOOK, Role.CRM, json=WANTED)
    past = {"If-Match": '"7"'}
    for method in ("PUT", "DELETE"):
        sent = {"json": WANTED} if method == "PUT" else {}
        answer = await api.ask(method, HOOK, Role.CRM, headers=past, **sent)
        assert answer.status_code == 412


async def test_a_webhook_that_is_removed_is_not_there(api: Door) -> None:
    await api.ask("PUT", HOOK, Role.CRM, json=WANTED)
    assert (await api.ask("DELETE", HOOK, Role.CRM)).status_code == 204
    for path in (HOOK, f"{HOOK}/dead"):
        assert (await api.ask("GET", path, Role.CRM)).status_code == 404
    assert (await api.ask("POST", f"{HOOK}/retry", Role.CRM)).status_code == 404
    assert (await api.ask("DELETE", HOOK, Role.CRM)).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://example.com/"},
        {"url": "https://127.0.0.1/"},
        {"types": ["io.geopush.zone.entered.v1", "zone"]},
    ],
)
async def test_what_cannot_be_sent_to_is_refused_with_its_place(
    api: Door, change: dict[str, object]
) -> None:
    answer = await api.ask("PUT", HOOK, Role.CRM, json=WANTED | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_webhook")
    assert answer.json()["problems"][0]["path"] == f"$.{next(iter(change))}"


async def test_what_nobody_took_is_listed_in_pieces_and_sent_again(api: Door) -> None:
    await api.ask("PUT", HOOK, Role.CRM, json=WANTED)
    for number in (1, 2, 3):
        await add_dead(api, number)
    first = (await api.ask("GET", f"{HOOK}/dead?limit=2", Role.CRM)).json()
    cursor = first["next_cursor"]
    second = (await api.ask("GET", f"{HOOK}/dead?cursor={cursor}", Role.CRM)).json()
    items = first["items"] + second["items"]
    assert [one["event"]["id"] for one in items] == [
        f"consent-{number}" for number in (1, 2, 3)
    ]
    assert (items[0]["attempts"], items[0]["reason"]) == (11, "timeout")
    again = await api.ask("POST", f"{HOOK}/retry", Role.CRM)
    assert (again.status_code, again.json()) == (200, {"queued": 3})
    assert (await api.ask("GET", f"{HOOK}/dead", Role.CRM)).json()["items"] == []


async def test_webhooks_are_for_those_who_may_read_the_feed(api: Door) -> None:
    answer = await api.ask("PUT", HOOK, Role.MARKETER, json=WANTED)
    assert answer.status_code == 403
