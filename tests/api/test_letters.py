"""Messages that came to nothing, over HTTP: tried again, or dropped."""

from uuid import UUID

import pytest

from geopush.core.access import Role
from geopush.core.cap import Tally
from geopush.core.ping import customer_key
from geopush.store.tallies import take_again
from tests.api.conftest import Door
from tests.api.test_happened import add_message
from tests.api.test_offers import put
from tests.api.test_zones import circle
from tests.people import settle_in

ONE = UUID(int=1)


async def a_letter(api: Door, state: str) -> None:
    """A message of Anna's in this state, and its offer."""
    await settle_in(api.parts.pool)
    await put(api)
    await add_message(api, 1, customer_id="anna", state=state)
    later = "UPDATE outbox SET expires_at = decided_at + interval '1 hour'"
    await api.parts.pool.execute(later)


async def move(api: Door, how: str, role: Role = Role.CRM) -> tuple[int, str]:
    """Retry or drop it; return the status, and its state or the problem's code."""
    answer = await api.ask("POST", f"/v1/messages/{ONE}/{how}", role)
    said = answer.json()
    return answer.status_code, said.get("state") or said["code"]


async def tallies(api: Door) -> list[UUID]:
    """The messages that count for Anna's caps."""
    known = await api.parts.profiles.find("anna")
    assert known is not None
    return [tally.message_id for tally in known.state.tallies]


@pytest.mark.parametrize(
    ("how", "state", "answer"),
    [
        ("retry", "queued", (200, "queued")),
        ("retry", "retry", (200, "queued")),
        ("retry", "rejected", (200, "queued")),
        ("retry", "dead_address", (200, "queued")),
        ("retry", "unknown", (200, "queued")),
        ("retry", "claimed", (409, "wrong_state")),
        ("retry", "accepted", (409, "wrong_state")),
        ("retry", "withdrawn", (409, "wrong_state")),
        ("retry", "expired", (409, "wrong_state")),
        ("drop", "queued", (200, "withdrawn")),
        ("drop", "retry", (200, "withdrawn")),
        ("drop", "rejected", (200, "withdrawn")),
        ("drop", "dead_address", (200, "withdrawn")),
        ("drop", "withdrawn", (200, "withdrawn")),
        ("drop", "unknown", (409, "wrong_state")),
        ("drop", "claimed", (409, "wrong_state")),
        ("drop", "accepted", (409, "wrong_state")),
        ("drop", "expired", (409, "wrong_state")),
    ],
)
async def test_what_may_be_done_to_a_message_depends_on_its_state(
    api: Door, how: str, state: str, answer: tuple[int, str]
) -> None:
    await a_letter(api, state)
    assert await move(api, how) == answer


@pytest.mark.parametrize("how", ["retry", "drop"])
async def test_doing_it_twice_is_doing_it_once(api: Door, how: str) -> None:
    await a_letter(api, "rejected")
    assert await move(api, how) == await move(api, how)


async def test_a_message_that_is_tried_again_counts_for_caps_again(api: Door) -> None:
    await a_letter(api, "rejected")
    assert await tallies(api) == []
    await move(api, "retry")
    assert await tallies(api) == [ONE]
    await move(api, "drop")
    assert await tallies(api) == []


async def test_a_message_is_not_tried_again_beyond_a_cap(api: Door) -> None:
    await a_letter(api, "rejected")
    park = circle()
    await api.ask("PUT", "/v1/zones/park", Role.MANAGER, json=park)
    had = Tally(UUID(int=2), api.parts.clock(), "ice", "promo", "park")
    async with api.parts.pool.acquire() as connection, connection.transaction():
        await take_again(connection, customer_key("anna"), had, lambda _: None)
    assert await move(api, "retry") == (409, "capped")
    assert await tallies(api) == [UUID(int=2)]
    assert await move(api, "drop") == (200, "withdrawn")


async def test_a_message_that_is_tried_again_counts_from_then_on(api: Door) -> None:
    await a_letter(api, "rejected")
    await move(api, "retry")
    known = await api.parts.profiles.find("anna")
    assert known is not None
    (tally,) = known.state.tallies
    assert tally.at == api.parts.clock()


async def test_what_may_have_arrived_is_dropped_as_unknown_and_keeps_its_caps(
    api: Door,
) -> None:
    await a_letter(api, "rejected")
    await move(api, "retry")
    await api.parts.pool.execute("UPDATE outbox SET in_doubt = true")
    assert await move(api, "drop") == (200, "unknown")
    assert await move(api, "drop") == (200, "unknown")
    assert await tallies(api) == [ONE]


async def test_what_has_expired_is_not_tried_again(api: Door) -> None:
    await a_letter(api, "rejected")
    await api.parts.pool.execute("UPDATE outbox SET expires_at = $1", api.parts.clock())
    assert await move(api, "retry") == (409, "message_expired")


async def test_a_message_of_an_offer_that_is_gone_is_not_tried_again(api: Door) -> None:
    await a_letter(api, "rejected")
    await api.ask("DELETE", "/v1/offers/ice", Role.MARKETER)
    assert await move(api, "retry") == (409, "offer_gone")


@pytest.mark.parametrize("how", ["retry", "drop"])
async def test_a_message_that_is_not_there_is_not_found(api: Door, how: str) -> None:
    assert await move(api, how) == (404, "not_found")


@pytest.mark.parametrize("role", [Role.MARKETER, Role.MANAGER, Role.SDK])
async def test_others_move_no_messages(api: Door, role: Role) -> None:
    await a_letter(api, "rejected")
    assert await move(api, "retry", role) == (403, "forbidden")
