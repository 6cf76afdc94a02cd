"""Customers brought in over HTTP: a line for each, all problems named."""

import asyncio

import httpx
import msgspec
import pytest

from geopush.core.access import Role
from geopush.flows import arrivals
from tests.api.conftest import Door
from tests.api.phones import a_phone

IMPORT, ANN = "/v1/customers/import", "/v1/customers/ann"
NOON, HOUR_AGO, DAY_AGO = (
    "2026-07-04T12:00:00Z",
    "2026-07-04T11:00:00Z",
    "2026-07-03T12:00:00Z",
)
LINES = {"Content-Type": "application/x-ndjson"}


def lines(*customers: object) -> bytes:
    return b"\n".join(msgspec.json.encode(one) for one in customers)


async def post(api: Door, body: bytes, **headers: str) -> httpx.Response:
    both = LINES | headers
    return await api.ask("POST", IMPORT, Role.CRM, content=body, headers=both)


async def bring(api: Door, *customers: object) -> dict[str, object]:
    answer = await post(api, lines(*customers))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def show(api: Door, path: str = ANN) -> dict[str, object]:
    return (await api.ask("GET", path, Role.CRM)).json()


def counts(created: int, updated: int, unchanged: int) -> dict[str, object]:
    taken = {"created": created, "updated": updated, "unchanged": unchanged}
    return {**taken, "rejected": 0, "problems": [], "problems_total": 0}


FULL = {
    "customer_id": "ann",
    "attributes": {"member": True},
    "test": True,
    "consents": {"push_marketing": {"granted": True, "at": HOUR_AGO}},
    "preferences": {"topics": {"ice": True}},
}


async def test_a_line_says_everything_of_a_customer(api: Door) -> None:
    assert await bring(api, FULL, {"customer_id": "bob"}) == counts(2, 0, 0)
    ann = await show(api)
    assert (ann["attributes"], ann["test"]) == ({"member": True}, True)
    assert ann["identified"] is True
    consents = await show(api, f"{ANN}/consents")
    held = {"granted": True, "at": HOUR_AGO, "source": "crm"}
    assert consents["push_marketing"] == held
    assert (await show(api, f"{ANN}/preferences"))["topics"] == {"ice": True}


async def test_bringing_them_in_again_changes_nothing(api: Door) -> None:
    await bring(api, FULL)
    before = await show(api)
    assert await bring(api, FULL) == counts(0, 0, 1)
    assert await show(api) == before


async def test_what_a_line_leaves_out_stays(api: Door) -> None:
    await bring(api, FULL)
    more = {"customer_id": "ann", "attributes": {"shoe": 43, "member": None}}
    assert await bring(api, more) == counts(0, 1, 0)
    ann = await show(api)
    assert (ann["attributes"], ann["test"]) == ({"shoe": 43}, True)
    assert (await show(api, f"{ANN}/preferences"))["topics"] == {"ice": True}
    await bring(api, {"customer_id": "ann", "attributes": None})
    assert (await show(api))["attributes"] == {}


async def test_lines_about_the_same_customer_count_in_their_order(api: Door) -> None:
    told = [{"customer_id": "ann", "attributes": {"a": one}} for one in (1, 2, 2)]
    assert await bring(api, *told) == counts(1, 1, 1)
    assert (await show(api))["attributes"] == {"a": 2}


async def test_old_lines_undo_no_withdrawal(api: Door) -> None:
    await bring(api, FULL)
    no = {"push_marketing": {"granted": False, "at": NOON}}
    await bring(api, {"customer_id": "ann", "consents": no})
    await bring(api, FULL)
    consents = await show(api, f"{ANN}/consents")
    assert consents["push_marketing"]["granted"] is False
    assert len(consents["history"]) == 2


async def test_who_said_stop_stays_stopped(api: Door) -> None:
    for name in ("ann", "bob"):
        await api.ask("POST", f"/v1/customers/{name}/stop", Role.CRM)
    await bring(api, FULL)
    assert (await show(api))["stopped_at"] == NOON
    await bring(api, FULL, {"customer_id": "bob", "attributes": {"a": 1}})
    assert (await show(api, "/v1/customers/bob"))["stopped_at"] == NOON


async def test_every_problem_is_named_and_the_good_lines_count(api: Door) -> None:
    bad = [
        {"customer_id": "a@b", "attributes": {"x": [1]}, "mood": "good"},
        {"attributes": {}},
        {"customer_id": "bob", "test": "yes", "attributes": {"x": 1}},
        {"customer_id": "bob", "consents": {"location": True, "profiling": True}},
        {
            "customer_id": "bob",
            "consents": {"location": {"granted": True, "at": "2030-01-01T00:00:00Z"}},
            "preferences": {"paused_until": NOON, "max_messages": 1},
        },
        {
            "customer_id": "bob",
            "preferences": {"max_messages": {"limit": 1, "window": {}}},
        },
        [],
    ]
    body = lines(FULL, *bad, {"customer_id": "cid"}) + b'\n{"customer_id": '
    answer = await post(api, body)
    assert answer.status_code == 200
    taken = answer.json()
    assert (taken["created"], taken["rejected"]) == (2, 8)
    assert sorted((one["path"], one["code"]) for one in taken["problems"]) == [
        ("$[1].attributes.x", "wrong_type"),
        ("$[1].customer_id", "out_of_range"),
        ("$[1].mood", "unknown_field"),
        ("$[2].customer_id", "missing_field"),
        ("$[3].test", "wrong_type"),
        ("$[4].consents.location.at", "missing_field"),
        ("$[4].consents.profiling.at", "missing_field"),
        ("$[5].preferences.max_messages", "wrong_type"),
        ("$[6].preferences.max_messages.window", "ambiguous_window"),
        ("$[7]", "wrong_type"),
        ("$[9]", "unreadable"),
    ]
    assert (await api.ask("GET", "/v1/customers/bob", Role.CRM)).status_code == 404


async def test_a_customer_who_would_have_too_much_is_named_and_stays(api: Door) -> None:
    full = {str(one): 1 for one in range(100)}
    await bring(api, {"customer_id": "ann", "attributes": full})
    more = {"customer_id": "ann", "attributes": {"more": 1}, "test": True}
    taken = await bring(api, more, {"customer_id": "bob"})
    assert (taken["created"], taken["rejected"]) == (1, 1)
    assert taken["problems"][0]["path"] == "$[0].attributes"
    assert (await show(api))["test"] is False


async def test_of_many_problems_some_are_shown_and_all_are_counted(api: Door) -> None:
    taken = await bring(api, *[{"customer_id": "a@b"}] * 150)
    assert (len(taken["problems"]), taken["problems_total"]) == (100, 150)


async def test_more_than_a_page_is_taken_in_pages(api: Door) -> None:
    many = [{"customer_id": f"c{one}"} for one in range(arrivals.PAGE + 1)]
    assert (await bring(api, *many))["created"] == len(many)
    rows = await api.parts.pool.fetchval(
        "SELECT count(DISTINCT xmin::text) FROM customer"
    )
    assert rows == 2


async def test_empty_lines_line_ends_and_a_mark_are_taken_without_fuss(
    api: Door,
) -> None:
    body = b'\xef\xbb\xbf{"customer_id": "ann"}\r\n\r\n{"customer_id": "a@b"}\r\n'
    answer = (await post(api, body)).json()
    assert (answer["created"], answer["problems"][0]["path"]) == (1, "$[2].customer_id")
    assert (await post(api, b"")).json() == counts(0, 0, 0)


async def test_somebody_who_was_named_is_found_by_their_old_id(api: Door) -> None:
    phone = await a_phone(api, None)
    before = (await phone.ask("GET", "/v1/me")).json()["customer_id"]
    await a_phone(api, "ann")
    told = [{"customer_id": name, "attributes": {name: 1}} for name in (before, "ann")]
    assert await bring(api, *told) == counts(0, 2, 0)
    assert (await show(api))["attributes"] == {before: 1, "ann": 1}


async def test_imports_at_the_same_time_all_count(api: Door) -> None:
    told = [{"customer_id": f"c{one}", "attributes": {}} for one in range(50)]
    ways = (told, told[::-1], told)
    answers = await asyncio.gather(*(bring(api, *way) for way in ways))
    assert sum(one["created"] for one in answers) == 50
    assert sum(one["unchanged"] for one in answers) == 100


async def test_the_same_request_again_gets_the_same_answer(api: Door) -> None:
    key = {"Idempotency-Key": "monday"}
    first = await post(api, lines(FULL), **key)
    again = await post(api, lines(FULL), **key)
    assert first.json() == again.json() == counts(1, 0, 0)
    other = await post(api, lines({"customer_id": "bob"}), **key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_what_is_no_list_of_lines_is_refused(api: Door) -> None:
    headers = {"Content-Type": "text/csv"}
    answer = await post(api, b"ann;1", **headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("role", [None, Role.SDK, Role.MARKETER])
async def test_others_bring_nobody_in(api: Door, role: Role | None) -> None:
    answer = await api.ask("POST", IMPORT, role, content=b"", headers=LINES)
    assert answer.status_code == (401 if role is None else 403)
