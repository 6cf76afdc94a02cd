"""The inbox of a phone: what was sent to its customer, until it is put away."""

from uuid import UUID

import pytest

from geopush.core.access import Role
from tests.api.conftest import Door
from tests.api.phones import Phone, a_phone
from tests.api.test_happened import add_message

INBOX = "/v1/me/inbox"


async def inbox(phone: Phone, query: str = "") -> list[int]:
    """The numbers of the messages in an inbox."""
    answer = await phone.ask("GET", INBOX + query)
    assert answer.status_code == 200, answer.text
    return [UUID(one["message_id"]).int for one in answer.json()["items"]]


async def test_a_message_lies_in_the_inbox_with_its_words(api: Door) -> None:
    phone = await a_phone(api)
    await add_message(api, 1, state="accepted", inbox=True)
    answer = await phone.ask("GET", INBOX)
    assert answer.json() == {
        "items": [
            {
                "message_id": str(UUID(int=1)),
                "offer_id": "ice",
                "zone_id": "park",
                "at": "2026-07-04T12:01:00Z",
                "expires_at": "2026-07-04T12:01:00Z",
                "opened": False,
                "title": "Ice",
                "body": "Cold ice",
                "url": None,
                "image": None,
                "buttons": [],
                "data": {},
            }
        ],
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ("queued", False),
        ("claimed", False),
        ("retry", False),
        ("accepted", True),
        ("unknown", True),
        ("dead_address", False),
        ("rejected", False),
        ("expired", False),
        ("withdrawn", False),
    ],
)
async def test_only_what_was_sent_is_in_it(api: Door, state: str, there: bool) -> None:
    phone = await a_phone(api)
    await add_message(api, 1, state=state, inbox=True)
    assert bool(await inbox(phone)) is there
    answer = await phone.ask("DELETE", f"{INBOX}/{UUID(int=1)}")
    assert answer.status_code == (204 if there else 404)


async def test_an_offer_that_leaves_nothing_behind_is_not_in_it(api: Door) -> None:
    phone = await a_phone(api)
    await add_message(api, 1, state="accepted", inbox=False)
    assert await inbox(phone) == []


async def test_it_is_the_customers_and_not_the_devices(api: Door) -> None:
    await add_message(api, 1, state="accepted", inbox=True, device_id="tablet")
    await add_message(api, 2, state="accepted", inbox=True, customer_id="bob")
    ann = await a_phone(api)
    assert await inbox(ann) == [1]
    answer = await ann.ask("DELETE", f"{INBOX}/{UUID(int=2)}")
    assert answer.status_code == 404
    assert await inbox(await a_phone(api, "bob", device_id="phone-2")) == [2]


async def test_what_was_sent_before_somebody_was_named_is_still_theirs(
    api: Door,
) -> None:
    phone = await a_phone(api, None)
    before = (await phone.ask("GET", "/v1/me")).json()["customer_id"]
    await add_message(api, 1, state="accepted", inbox=True, customer_id=before)
    phone = await a_phone(api, "ann")
    assert await inbox(phone) == [1]
    assert (await phone.ask("DELETE", f"{INBOX}/{UUID(int=1)}")).status_code == 204
    assert await inbox(phone) == []


async def test_what_is_put_away_is_gone_and_may_be_put_away_again(api: Door) -> None:
    phone = await a_phone(api)
    for number in (1, 2):
        await add_message(api, number, state="accepted", inbox=True)
    for _ in range(2):
        answer = await phone.ask("DELETE", f"{INBOX}/{UUID(int=1)}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert await inbox(phone) == [2]
    listed = await api.ask("GET", "/v1/messages?customer_id=ann", Role.CRM)
    assert len(listed.json()["items"]) == 2


async def test_what_was_opened_says_so(api: Door) -> None:
    phone = await a_phone(api)
    await add_message(api, 1, state="accepted", inbox=True)
    opened = {"message_id": str(UUID(int=1)), "kind": "opened"}
    body = {"receipts": [opened | {"at": "2026-07-04T12:00:00Z"}]}
    await phone.ask("POST", "/v1/receipts", json=body)
    answer = await phone.ask("GET", INBOX)
    assert answer.json()["items"][0]["opened"] is True


async def test_it_is_read_in_pieces_from_when_to_when(api: Door) -> None:
    phone = await a_phone(api)
    for number in (1, 2, 3, 4):
        await add_message(api, number, state="accepted", inbox=True)
    answer = (await phone.ask("GET", f"{INBOX}?limit=3")).json()
    assert len(answer["items"]) == 3
    assert await inbox(phone, f"?cursor={answer['next_cursor']}") == [1]
    span = "?since=2026-07-04T12:02:00Z&until=2026-07-04T12:04:00Z"
    assert await inbox(phone, span) == [3, 2]
