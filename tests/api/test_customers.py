"""Customers over HTTP: attributes whole and in part, consents, preferences."""

import pytest

from geopush.core.access import Role
from tests.api.conftest import Door

ANN = "/v1/customers/ann"
HOUR_AGO, TWO_HOURS_AGO = "2026-07-04T11:00:00Z", "2026-07-04T10:00:00Z"
PHONE = {
    "device_id": "phone-1",
    "device_secret": "s" * 43,
    "app": "demo",
    "platform": "ios",
    "timezone": "Europe/Amsterdam",
    "language": "nl",
}


async def test_a_customer_is_new_once_and_read_back_as_written(api: Door) -> None:
    body = {"attributes": {"member": True, "shoe": 43, "x": None}, "test": True}
    first = await api.ask("PUT", ANN, Role.CRM, json=body)
    again = await api.ask("PUT", ANN, Role.CRM, json=body)
    read = await api.ask("GET", ANN, Role.OPERATOR)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == {
        "customer_id": "ann",
        "attributes": {"member": True, "shoe": 43},
        "test": True,
        "identified": True,
        "revision": 1,
    }
    assert first.json() == again.json() == read.json()
    assert read.headers["etag"] == '"1"'


async def test_what_was_read_may_be_put_back(api: Door) -> None:
    await api.ask("PUT", ANN, Role.CRM, json={"attributes": {"member": True}})
    for path in (ANN, f"{ANN}/preferences", f"{ANN}/consents"):
        read = await api.ask("GET", path, Role.CRM)
        put = await api.ask("PUT", path, Role.CRM, json=read.json())
        assert put.status_code == 200
        assert put.json()["revision"] == read.json()["revision"]


async def test_what_was_said_of_somebody_else_is_refused(api: Door) -> None:
    await api.ask("PUT", ANN, Role.CRM, json={"attributes": {"member": True}})
    read = (await api.ask("GET", ANN, Role.CRM)).json()
    for method in ("PUT", "PATCH"):
        answer = await api.ask(method, "/v1/customers/bob", Role.CRM, json=read)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_customer")
        assert answer.json()["problems"][0]["path"] == "$.customer_id"
    assert (await api.ask("GET", "/v1/customers/bob", Role.CRM)).status_code == 404


async def test_a_put_replaces_all_and_a_patch_only_what_it_names(api: Door) -> None:
    await api.ask("PUT", ANN, Role.CRM, json={"attributes": {"a": 1, "b": 2}})
    patch = {"attributes": {"b": None, "c": "x"}, "test": True}
    answer = await api.ask("PATCH", ANN, Role.CRM, json=patch)
    assert answer.status_code == 200
    assert answer.json()["attributes"] == {"a": 1, "c": "x"}
    assert answer.json()["test"] is True
    answer = await api.ask("PATCH", ANN, Role.CRM, json={"attributes": None})
    assert (answer.json()["attributes"], answer.json()["test"]) == ({}, True)
    answer = await api.ask("PUT", ANN, Role.CRM, json={"attributes": {"d": 1.5}})
    assert (answer.json()["attributes"], answer.json()["test"]) == ({"d": 1.5}, False)


async def test_a_merge_patch_may_say_that_it_is_one(api: Door) -> None:
    await api.ask("PUT", ANN, Role.CRM, json={})
    headers = {"Content-Type": "application/merge-patch+json"}
    answer = await api.ask(
        "PATCH", ANN, Role.CRM, content=b'{"test": true}', headers=headers
    )
    assert answer.json()["test"] is True


async def test_nobody_is_patched_or_read_who_is_not_there(api: Door) -> None:
    for method, path in (
        ("PATCH", ANN),
        ("GET", ANN),
        ("GET", f"{ANN}/consents"),
        ("GET", f"{ANN}/preferences"),
    ):
        more = {"json": {}} if method == "PATCH" else {}
        answer = await api.ask(method, path, Role.CRM, **more)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_only_the_revision_that_was_read_is_overwritten(api: Door) -> None:
    first = await api.ask("PUT", ANN, Role.CRM, json={"attributes": {"a": 1}})
    tag = {"If-Match": first.headers["etag"]}
    answer = await api.ask("PUT", ANN, Role.CRM, json={}, headers=tag)
    assert answer.status_code == 200
    for path in (ANN, f"{ANN}/consents", f"{ANN}/preferences"):
        answer = await api.ask("PUT", path, Role.CRM, json={}, headers=tag)
        assert (answer.status_code, answer.json()["code"]) == (
            412,
            "precondition_failed",
        )


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"attributes": {"a": [1]}}, "$.attributes.a"),
        ({"attributes": {"a": {"b": 1}}}, "$.attributes.a"),
        ({"attributes": {"a": "x" * 1001}}, "$.attributes.a"),
        ({"attributes": {"a": 2**60}}, "$.attributes.a"),
        ({"attributes": {str(one): 1 for one in range(101)}}, "$.attributes"),
        ({"atributes": {}}, "$.atributes"),
        ({"test": "yes"}, "$.test"),
    ],
)
async def test_what_is_no_customer_is_refused_with_its_place(
    api: Door, body: dict[str, object], path: str
) -> None:
    answer = await api.ask("PUT", ANN, Role.CRM, json=body)
    assert (answer.status_code, answer.json()["problems"][0]["path"]) == (400, path)


async def test_patches_cannot_pile_up_attributes_without_end(api: Door) -> None:
    full = {"attributes": {str(one): 1 for one in range(100)}}
    await api.ask("PUT", ANN, Role.CRM, json=full)
    answer = await api.ask("PATCH", ANN, Role.CRM, json={"attributes": {"more": 1}})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_customer")


@pytest.mark.parametrize("name", ["ann%40example.com", "a" * 129, "a%00", "a%0A"])
async def test_an_id_that_is_none_is_refused(api: Door, name: str) -> None:
    answer = await api.ask("GET", f"/v1/customers/{name}", Role.CRM)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("role", [None, Role.SDK, Role.MARKETER, Role.MANAGER])
@pytest.mark.parametrize("path", ["", "/consents", "/preferences"])
async def test_others_neither_read_nor_write_customers(
    api: Door, role: Role | None, path: str
) -> None:
    status = 401 if role is None else 403
    assert (await api.ask("GET", ANN + path, role)).status_code == status
    assert (await api.ask("PUT", ANN + path, role, json={})).status_code == status


async def test_consents_need_their_time_each(api: Door) -> None:
    body = {
        "location": True,
        "push_marketing": {"granted": True},
        "profiling": {"granted": True, "at": HOUR_AGO},
    }
    answer = await api.ask("PUT", f"{ANN}/consents", Role.CRM, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_consents")
    paths = {one["path"] for one in answer.json()["problems"]}
    assert paths == {"$.location.at", "$.push_marketing.at"}
    assert (await api.ask("GET", ANN, Role.CRM)).status_code == 404


async def test_the_latest_answer_holds_and_others_stay(api: Door) -> None:
    path = f"{ANN}/consents"
    yes = {"granted": True, "at": TWO_HOURS_AGO, "text_version": "v3"}
    first = await api.ask(
        "PUT", path, Role.CRM, json={"location": yes, "profiling": yes}
    )
    assert first.status_code == 201
    no = {"granted": False, "at": HOUR_AGO}
    await api.ask("PUT", path, Role.CRM, json={"location": no})
    answer = await api.ask("PUT", path, Role.CRM, json={"location": yes})
    assert answer.status_code == 200
    assert answer.json()["location"] == {**no, "source": "crm"}
    assert answer.json()["profiling"] == {**yes, "source": "crm"}


async def test_a_consent_is_shown_with_the_words_that_were_agreed_to(api: Door) -> None:
    path = f"{ANN}/consents"
    said = {"text_version": "v3", "language": "nl", "source": "till"}
    answer = {"granted": True, "at": HOUR_AGO, **said}
    put = await api.ask("PUT", path, Role.CRM, json={"location": answer})
    read = await api.ask("GET", path, Role.CRM)
    assert put.json()["location"] == read.json()["location"] == answer
    again = await api.ask("PUT", path, Role.CRM, json=read.json())
    assert again.json()["location"] == answer


async def test_the_history_has_each_answer_once(api: Door) -> None:
    path = f"{ANN}/consents"
    yes = {"granted": True, "at": TWO_HOURS_AGO, "text_version": "v3"}
    no = {"granted": False, "at": "2026-07-04T13:00:00+02:00", "source": "desk"}
    for answer in (yes, no, yes, no):
        await api.ask("PUT", path, Role.CRM, json={"location": answer})
    read = await api.ask("GET", path, Role.CRM)
    assert read.json()["location"]["granted"] is False
    assert [
        (one["granted"], one["at"], one["text_version"], one["source"])
        for one in read.json()["history"]
    ] == [(True, TWO_HOURS_AGO, "v3", "crm"), (False, HOUR_AGO, None, "desk")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"smell": True}, 400),
        ({"location": {"granted": True, "at": HOUR_AGO, "by": "me"}}, 400),
        ({"location": {"granted": True, "at": "2026-07-04T11:00:00"}}, 400),
        ({"location": {"granted": True, "at": "2026-07-04T14:00:00Z"}}, 422),
        ({"location": {"granted": True, "at": "0001-01-01T00:00:00+14:00"}}, 422),
    ],
)
async def test_consents_that_cannot_be_are_refused(
    api: Door, body: dict[str, object], status: int
) -> None:
    answer = await api.ask("PUT", f"{ANN}/consents", Role.CRM, json=body)
    assert answer.status_code == status
    assert answer.json()["problems"]


async def test_preferences_are_set_as_a_whole(api: Door) -> None:
    path = f"{ANN}/preferences"
    body = {
        "topics": {"ice_cream": True, "beer": False},
        "max_messages": {"limit": 2, "window": {"rolling": "P1D"}},
        "quiet_hours": {"from": "22:00", "to": "08:00", "days": ["fri"]},
        "paused_until": "2026-08-01T00:00:00Z",
        "muted_zones": ["park"],
    }
    first = await api.ask("PUT", path, Role.CRM, json=body)
    read = await api.ask("GET", path, Role.CRM)
    assert first.status_code == 201
    shown = read.json()
    assert shown["topics"] == body["topics"]
    assert shown["quiet_hours"] == body["quiet_hours"]
    assert shown["muted_zones"] == ["park"]
    assert (await api.ask("PUT", path, Role.CRM, json=shown)).json() == shown
    answer = await api.ask("PUT", path, Role.CRM, json={"topics": {"tea": True}})
    assert (answer.status_code, answer.json()) == (
        200,
        {"topics": {"tea": True}, "muted_zones": [], "revision": 2},
    )


async def test_who_prefers_nothing_is_shown_so(api: Door) -> None:
    await api.ask("PUT", ANN, Role.CRM, json={})
    shown = (await api.ask("GET", f"{ANN}/preferences", Role.CRM)).json()
    assert (shown["topics"], shown["muted_zones"]) == ({}, [])


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        ({"topic": {}}, 400, "$.topic"),
        ({"quiet_hours": {"from": "25:00", "to": "08:00"}}, 400, "$.quiet_hours.from"),
        ({"paused_until": "tomorrow"}, 400, "$.paused_until"),
        ({"max_messages": {"limit": 1, "window": {}}}, 422, "$.max_messages.window"),
    ],
)
async def test_preferences_that_cannot_be_are_refused(
    api: Door, body: dict[str, object], status: int, path: str
) -> None:
    answer = await api.ask("PUT", f"{ANN}/preferences", Role.CRM, json=body)
    assert (answer.status_code, answer.json()["problems"][0]["path"]) == (status, path)


async def test_a_customer_is_found_by_the_id_they_had_before(api: Door) -> None:
    made = await api.ask("POST", "/v1/devices", Role.SDK, json=PHONE)
    anonymous = f"/v1/customers/{made.json()['customer_id']}"
    assert (await api.ask("GET", anonymous, Role.CRM)).json()["identified"] is False
    await api.ask("POST", "/v1/devices", Role.CRM, json={**PHONE, "customer_id": "ann"})
    read = await api.ask("GET", anonymous, Role.CRM)
    assert read.json()["customer_id"] == "ann"
    await api.ask("PUT", anonymous, Role.CRM, json=read.json() | {"test": True})
    assert (await api.ask("GET", ANN, Role.CRM)).json()["test"] is True
