"""Offers at the door: saved, listed, paused, resumed."""

from datetime import timedelta

import pytest

from geopush.core.access import Role
from tests.api.conftest import Door
from tests.clock import HandClock

MK = Role.MARKETER


def an_offer(**more: object) -> dict[str, object]:
    """An offer that is live."""
    return {
        "name": "Ice cream",
        "category": "promo",
        "status": "live",
        "trigger": {"any": [{"on": ["enter"], "zones": {"tags": ["shop"]}}]},
        "message": {"title": {"en": "Sun!"}, "body": {"en": "20% off"}},
        **more,
    }


def live(api: Door) -> list[str]:
    """The offers that the next ping is decided with."""
    return [offer.offer_id for offer in api.parts.refresh.catalog.offers]


async def put(api: Door, offer_id: str = "ice", **more: object) -> dict[str, object]:
    """Save an offer."""
    answer = await api.ask("PUT", f"/v1/offers/{offer_id}", MK, json=an_offer(**more))
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def act(api: Door, what: str, **headers: str) -> dict[str, object]:
    """Pause or resume the offer."""
    answer = await api.ask("POST", f"/v1/offers/ice/{what}", MK, headers=headers)
    assert answer.status_code == 200
    return answer.json()


async def test_an_offer_saved_is_in_force_when_answered(api: Door) -> None:
    answer = await api.ask("PUT", "/v1/offers/ice", MK, json=an_offer())
    assert answer.status_code == 201
    said = answer.json()
    assert answer.headers["etag"] == f'"{said["revision"]}"'
    assert {**an_offer(), **said} == said
    assert live(api) == ["ice"]


async def test_what_get_gave_can_be_put_back_and_changes_nothing(api: Door) -> None:
    await put(api, caps=[{"scope": "offer", "limit": 1, "window": {"rolling": "P1D"}}])
    got = await api.ask("GET", "/v1/offers/ice", MK)
    back = await api.ask("PUT", "/v1/offers/ice", MK, json=got.json())
    assert back.status_code == 200
    assert back.json() == got.json()
    assert back.headers["etag"] == got.headers["etag"]


async def test_an_offer_removed_is_out_of_force_when_answered(api: Door) -> None:
    await put(api)
    assert (await api.ask("DELETE", "/v1/offers/ice", MK)).status_code == 204
    assert live(api) == []
    for method, path in (
        ("GET", "/v1/offers/ice"),
        ("DELETE", "/v1/offers/ice"),
        ("POST", "/v1/offers/ice/pause"),
        ("POST", "/v1/offers/ice/resume"),
    ):
        assert (await api.ask(method, path, MK)).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_an_offer_changed_by_someone_else_is_not_overwritten(
    api: Door, method: str
) -> None:
    first = await put(api)
    await put(api, name="newer")
    headers = {"If-Match": f'"{first["revision"]}"'}
    more = {"json": an_offer()} if method == "PUT" else {}
    answer = await api.ask(method, "/v1/offers/ice", MK, headers=headers, **more)
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")


async def test_a_paused_offer_is_out_of_force_and_resumes(api: Door) -> None:
    await put(api)
    paused = await act(api, "pause")
    assert (paused["status"], paused["paused"]) == ("paused", True)
    assert live(api) == []
    resumed = await act(api, "resume")
    assert (resumed["status"], resumed["paused"]) == ("live", False)
    assert live(api) == ["ice"]


async def test_saving_never_lifts_a_pause(api: Door) -> None:
    await put(api)
    await act(api, "pause")
    saved = await put(api, name="Better")
    assert (saved["status"], saved["paused"]) == ("paused", True)
    assert live(api) == []


async def test_a_shadow_put_back_while_paused_resumes_as_a_shadow(api: Door) -> None:
    await put(api, status="shadow")
    await act(api, "pause")
    got = await api.ask("GET", "/v1/offers/ice", MK)
    await api.ask("PUT", "/v1/offers/ice", MK, json=got.json())
    assert (await act(api, "resume"))["status"] == "shadow"


async def test_an_offer_saved_as_paused_can_be_resumed(api: Door) -> None:
    assert (await put(api, status="paused"))["paused"] is True
    assert live(api) == []
    assert (await act(api, "resume"))["status"] == "live"


@pytest.mark.parametrize("status", ["draft", "ended"])
async def test_an_offer_that_is_not_running_is_not_in_force(
    api: Door, status: str
) -> None:
    await put(api)
    await put(api, status=status)
    assert live(api) == []


@pytest.mark.parametrize(
    ("method", "path", "more", "reason"),
    [
        ("POST", "/v1/offers/ice/pause", {}, "offer_paused"),
        ("DELETE", "/v1/offers/ice", {}, "offer_removed"),
        ("PUT", "/v1/offers/ice", {"json": an_offer(status="ended")}, "offer_not_live"),
    ],
)
async def test_what_is_queued_of_an_offer_that_stops_is_withdrawn(
    api: Door, method: str, path: str, more: dict[str, object], reason: str
) -> None:
    await put(api)
    await put(api, "other")
    for number, offer_id in enumerate(("ice", "other")):
        await api.parts.pool.execute(
            "INSERT INTO outbox (bucket, message_id, customer_id, device_id, offer_id,"
            " due, expires_at, decided_at, changed_at, delivery, content)"
            " VALUES (1, $1, 'c', 'd', $2, $3, $3, $3, $3, 'at_most_once', '')",
            f"00000000-0000-0000-0000-00000000000{number}",
            offer_id,
            api.parts.clock(),
        )
    await api.ask(method, path, MK, **more)
    rows = await api.parts.pool.fetch(
        "SELECT offer_id, state, reason FROM outbox ORDER BY offer_id"
    )
    assert [tuple(row) for row in rows] == [
        ("ice", "withdrawn", reason),
        ("other", "queued", "queued"),
    ]


async def test_a_pause_sent_again_under_its_key_gets_the_same_answer(
    api: Door,
) -> None:
    await put(api)
    first = await act(api, "pause", **{"Idempotency-Key": "one"})
    await act(api, "resume")
    again = await act(api, "pause", **{"Idempotency-Key": "one"})
    assert again == first
    assert live(api) == ["ice"]


async def test_offers_are_listed_in_pages_and_by_their_last_change(
    api: Door, clock: HandClock
) -> None:
    for offer_id in ("c", "a", "b"):
        await put(api, offer_id)
        clock.step(timedelta(hours=1))
    first = (await api.ask("GET", "/v1/offers?limit=2", MK)).json()
    rest = await api.ask("GET", f"/v1/offers?cursor={first['next_cursor']}", MK)
    assert [one["offer_id"] for one in first["items"]] == ["a", "b"]
    assert [one["offer_id"] for one in rest.json()["items"]] == ["c"]
    assert rest.json()["next_cursor"] is None
    late = await api.ask("GET", "/v1/offers?since=2026-07-04T13:30:00Z", MK)
    assert [one["offer_id"] for one in late.json()["items"]] == ["b"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "unreadable"),
        (b"[]", 400, "invalid_body"),
        (b'{"colour": 1}', 400, "invalid_body"),
        (b" " * 300_000, 413, "too_large"),
    ],
)
async def test_what_is_no_offer_is_refused(
    api: Door, body: bytes, status: int, code: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.ask("PUT", "/v1/offers/ice", MK, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_an_offer_that_cannot_be_is_refused_with_all_reasons(api: Door) -> None:
    bad = an_offer(
        conditions={"all": [{"weather.colour": {"eq": 1}}, {"zone.open": {"eq": 7}}]}
    )
    answer = await api.ask("PUT", "/v1/offers/ice", MK, json=bad)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_offer")
    assert answer.json()["problems_total"] == 2
    assert live(api) == []


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [
        (Role.MARKETER, 200, 201),
        (Role.OPERATOR, 200, 201),
        (Role.MANAGER, 403, 403),
        (Role.CRM, 403, 403),
        (None, 401, 401),
    ],
)
async def test_roles_that_may_read_and_write_offers(
    api: Door, role: Role | None, read: int, write: int
) -> None:
    assert (await api.ask("GET", "/v1/offers", role)).status_code == read
    put = await api.ask("PUT", "/v1/offers/ice", role, json=an_offer())
    assert put.status_code == write


async def test_conditions_go_in_and_out_as_a_query(api: Door) -> None:
    warm = {"field": "weather.temperature_c", "operator": ">=", "value": "22"}
    member = {"attributes.member": {"eq": True}}
    query = {"combinator": "and", "rules": [{"id": "r1", **warm}]}
    await put(api, conditions=query, audience={"where": member})
    written = await api.ask("GET", "/v1/offers/ice", MK)
    assert written.json()["conditions"] == query
    shown = await api.ask("GET", "/v1/offers/ice?conditions=query", MK)
    conditions = {"combinator": "and", "not": False, "rules": [{**warm, "value": 22}]}
    where = {"field": "attributes.member", "operator": "=", "value": True}
    assert shown.json()["conditions"] == conditions
    assert shown.json()["audience"]["where"] == {**conditions, "rules": [where]}
    back = await api.ask("PUT", "/v1/offers/ice", MK, json=shown.json())
    assert back.status_code == 200
    assert live(api) == ["ice"]


async def test_a_query_that_cannot_be_expressed_is_refused_with_its_place(
    api: Door,
) -> None:
    rule = {"field": "zone.name", "operator": "beginsWith", "value": "C"}
    offer = an_offer(conditions={"combinator": "or", "rules": [rule]})
    answer = await api.ask("PUT", "/v1/offers/ice", MK, json=offer)
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert problem["path"] == "$.conditions.rules[0].operator"
