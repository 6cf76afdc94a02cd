"""The feed over HTTP: CloudEvents, in order, from a cursor on."""

import pytest

from geopush.api.paging import write_cursor
from geopush.core.access import Role
from tests.api.conftest import Door
from tests.feed import let_settle

FEED = "/v1/feed"
ANSWERS = "/v1/customers/ann/consents"


async def agree(api: Door, purpose: str, *, granted: bool, at: str) -> None:
    answer = {purpose: {"granted": granted, "at": at}}
    await api.ask("PUT", "/v1/customers/ann", Role.CRM, json={"attributes": {}})
    said = await api.ask("PUT", ANSWERS, Role.CRM, json=answer)
    assert said.status_code == 200, said.text


async def heard(api: Door, **query: str | int) -> dict[str, object]:
    async with api.parts.pool.acquire() as connection:
        await let_settle(connection)
    answer = await api.ask("GET", FEED, Role.CRM, params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, object] = answer.json()
    return page


async def test_an_event_is_a_cloud_event_about_a_customer(api: Door) -> None:
    await agree(api, "location", granted=True, at="2026-07-01T10:00:00Z")
    (event,) = (await heard(api))["items"]
    assert event.pop("id").startswith("consent-")
    assert event == {
        "specversion": "1.0",
        "source": "urn:geopush:feed",
        "type": "io.geopush.consent.granted.v1",
        "subject": "ann",
        "time": "2026-07-01T10:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "purpose": "location",
            "text_version": None,
            "language": None,
            "source": "crm",
        },
    }


async def test_a_cursor_leads_to_what_came_later_and_there_is_always_one(
    api: Door,
) -> None:
    nothing = await heard(api)
    assert nothing["items"] == []
    await agree(api, "location", granted=True, at="2026-07-01T10:00:00Z")
    await agree(api, "location", granted=False, at="2026-07-02T10:00:00Z")
    first = await heard(api, after=nothing["next_cursor"], limit=1)
    second = await heard(api, after=first["next_cursor"], limit=1)
    third = await heard(api, after=second["next_cursor"], limit=1)
    types = [page["items"][0]["type"] for page in (first, second)]
    assert types == ["io.geopush.consent.granted.v1", "io.geopush.consent.withdrawn.v1"]
    assert third["items"] == []


async def test_types_choose_among_events(api: Door) -> None:
    await agree(api, "location", granted=True, at="2026-07-01T10:00:00Z")
    await agree(api, "location", granted=False, at="2026-07-02T10:00:00Z")
    types = "io.geopush.consent.withdrawn.v1,io.geopush.zone.entered.v1"
    chosen = (await heard(api, types=types))["items"]
    assert [one["time"] for one in chosen] == ["2026-07-02T10:00:00Z"]


async def test_every_type_that_there_is_not_is_named(api: Door) -> None:
    answer = await api.ask("GET", FEED, Role.CRM, params={"types": "zone,message"})
    assert answer.status_code == 400
    assert len(answer.json()["problems"]) == 2


@pytest.mark.parametrize(
    "cursor",
    [
        *("nonsense", "a" * 400, write_cursor("1"), write_cursor("x", "1")),
        *(write_cursor("1", "-1"), write_cursor("²", "1"), write_cursor("9" * 30, "1")),
    ],
)
async def test_a_cursor_that_is_not_ours_is_refused(api: Door, cursor: str) -> None:
    answer = await api.ask("GET", FEED, Role.CRM, params={"after": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_a_cursor_of_another_database_is_gone(api: Door) -> None:
    cursor = write_cursor(str(2**50), "0")
    answer = await api.ask("GET", FEED, Role.CRM, params={"after": cursor})
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_gone")


@pytest.mark.parametrize("role", [Role.MARKETER, Role.MANAGER, Role.WEATHER, Role.SDK])
async def test_the_feed_is_not_for_every_role(api: Door, role: Role) -> None:
    answer = await api.ask("GET", FEED, role)
    assert answer.status_code == 403
