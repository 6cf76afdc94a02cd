"""Messages out: through the real client into the stand-in for Apple."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from geopush.core.cap import Tally
from geopush.core.message import Accepted, Message, Outcome, Platform
from geopush.core.occasion import World
from geopush.core.receipt import Report
from geopush.core.token import ReceiptToken, TokenRing
from geopush.flows.deliver import Deliver
from geopush.flows.lane import Means
from geopush.flows.publish import Publish
from geopush.flows.refresh import Refresh
from geopush.metrics import Metrics
from geopush.push.apns import ApnsGateway
from geopush.push.gateway import LastLook
from geopush.push.payload import for_apple
from geopush.sandbox import Sandbox
from geopush.sandbox.rules import Gateway, Rule
from geopush.store import customers, presences
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.core.world import (
    NOON,
    PHONE,
    a_world,
    a_zone,
    an_offer,
    ping,
    run,
    upload,
)
from tests.people import look_up, settle_in, withdraw_consent

ONE_OF_ALL = {"scope": "all", "limit": 1, "window": {"rolling": "PT24H"}}


def means_of(pool: Pool, clock: HandClock, world: World | None = None) -> Means:
    async def latest() -> World:
        return world or a_world()

    return Means(pool, latest, clock, Metrics(), TokenRing([b"k" * 32]))


def a_deliver(
    pool: Pool, clock: HandClock, apple: ApnsGateway, world: World | None = None
) -> Deliver:
    means = means_of(pool, clock, world)
    return Deliver(means, {("demo", Platform.IOS): apple})


async def decide_one(pool: Pool, world: World | None = None) -> None:
    known = await settle_in(pool)
    evaluation = run(known, upload(ping(0)), world=world)
    async with pool.acquire() as connection:
        await presences.commit(connection, evaluation.changes)


async def go_on(pool: Pool) -> None:
    """Let Anna leave, having bought something, and told an hour ago of another."""
    known = await look_up(pool)
    where, at = known.state.devices[PHONE], NOON - timedelta(hours=1)
    state = replace(
        known.state,
        devices={PHONE: replace(where, presences={})},
        reports=(Report("purchase", None, NOON),),
        tallies=(
            Tally(UUID(int=1), at, "other", "promo", "shop"),
            *known.state.tallies,
        ),
    )
    async with pool.acquire() as connection:
        await customers.save(connection, replace(known, state=state))


async def state_of(pool: Pool) -> tuple[str, str]:
    row = await pool.fetchrow("SELECT state, reason FROM outbox")
    return row["state"], row["reason"]


async def test_a_decided_offer_arrives_once(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    deliver = a_deliver(pool, clock, apple)
    assert [await deliver.run_once(), await deliver.run_once()] == [1, 0]
    (item,) = street.inbox.received()
    assert item.message_id == str(await pool.fetchval("SELECT message_id FROM outbox"))
    assert item.body == "24 C at Da Mario"
    assert await state_of(pool) == ("accepted", "accepted")


async def test_consent_withdrawn_between_decision_and_sending_is_obeyed(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    await withdraw_consent(pool, push_marketing=False)
    await a_deliver(pool, clock, apple).run_once()
    assert street.inbox.received() == []
    assert await state_of(pool) == ("withdrawn", "no_consent")
    assert (await look_up(pool)).state.tallies == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"caps": [ONE_OF_ALL]}, "capped"),
        ({"stop_when": [{"event": "purchase", "within": "PT6H"}]}, "stop_event"),
        ({"stop_when": [{"left_zone": True}]}, "left_zone"),
    ],
)
async def test_what_speaks_against_it_by_now_keeps_it_from_leaving(
    pool: Pool,
    clock: HandClock,
    street: Sandbox,
    apple: ApnsGateway,
    change: dict[str, object],
    reason: str,
) -> None:
    await decide_one(pool)
    await go_on(pool)
    world = a_world(offers=[an_offer(**change)])
    await a_deliver(pool, clock, apple, world).run_once()
    assert street.inbox.received() == []
    assert await state_of(pool) == ("withdrawn", reason)


async def test_a_pause_between_decision_and_sending_is_obeyed(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    known = await look_up(pool)
    paused = replace(
        known.profile.preferences, paused_until=clock() + timedelta(days=1)
    )
    async with pool.acquire() as connection:
        profile = replace(known.profile, preferences=paused)
        await customers.save(connection, replace(known, profile=profile))
    await a_deliver(pool, clock, apple).run_once()
    assert street.inbox.received() == []
    assert await state_of(pool) == ("withdrawn", "paused_by_customer")
    assert (await look_up(pool)).state.tallies == ()


async def test_a_message_that_expired_is_never_sent(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    clock.step(timedelta(minutes=45))
    await a_deliver(pool, clock, apple).run_once()
    assert street.inbox.received() == []
    assert (await state_of(pool))[0] == "expired"


async def test_an_offer_that_is_no_longer_live_is_withdrawn(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    await a_deliver(pool, clock, apple, a_world(offers=[])).run_once()
    assert street.inbox.received() == []
    assert await state_of(pool) == ("withdrawn", "offer_not_live")


async def test_what_apple_refuses_for_now_is_tried_again_later(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    deliver = a_deliver(pool, clock, apple)
    street.rules.add([Rule(gateway=Gateway.APNS, status=503)])
    await deliver.run_once()
    assert (await state_of(pool))[0] == "retry"
    street.rules.clear()
    assert await deliver.run_once() == 0
    clock.step(timedelta(minutes=5))
    assert await deliver.run_once() == 1
    assert (await state_of(pool))[0] == "accepted"
    assert len(street.inbox.received()) == 1


async def test_an_address_where_nobody_is_any_more_is_forgotten(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    street.rules.add([Rule(gateway=Gateway.APNS, status=410, reason="Unregistered")])
    await a_deliver(pool, clock, apple).run_once()
    assert (await state_of(pool))[0] == "dead_address"
    known = await look_up(pool)
    assert not any(one.has_address for one in known.profile.devices.values())
    assert known.state.tallies == ()


@pytest.mark.parametrize(
    ("delivery", "state"), [("at_most_once", "unknown"), ("at_least_once", "retry")]
)
async def test_a_send_whose_answer_never_came_is_repeated_only_if_the_offer_says_so(
    pool: Pool,
    clock: HandClock,
    street: Sandbox,
    apple: ApnsGateway,
    delivery: str,
    state: str,
) -> None:
    world = a_world(offers=[an_offer(delivery=delivery)])
    await decide_one(pool, world)
    street.rules.add([Rule(gateway=Gateway.APNS, drop_share=1)])
    await a_deliver(pool, clock, apple, world).run_once()
    assert (await state_of(pool))[0] == state


async def test_an_app_without_a_gateway_says_so(pool: Pool, clock: HandClock) -> None:
    await decide_one(pool)
    await Deliver(means_of(pool, clock), {}).run_once()
    assert await state_of(pool) == ("rejected", "no_gateway")


class BrokenGateway:
    """A gateway whose author made a mistake."""

    async def send(self, message: Message, last_look: LastLook) -> Outcome:
        """Fail as no gateway should."""
        raise ZeroDivisionError(message.offer_id)

    async def close(self) -> None:
        """Have nothing to close."""


async def test_a_gateway_that_fails_unexpectedly_leaves_doubt_and_no_claim(
    pool: Pool, clock: HandClock
) -> None:
    await decide_one(pool)
    gateways = {("demo", Platform.IOS): BrokenGateway()}
    await Deliver(means_of(pool, clock), gateways).run_once()
    assert await state_of(pool) == ("unknown", "send_failed")


async def test_an_offer_that_another_process_just_saved_is_known_at_the_last_look(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    behind, ahead = Refresh(pool), Refresh(pool)
    publish = Publish(pool, ahead, clock)
    await publish.save_offer(an_offer())
    await publish.save_zone(a_zone())
    await decide_one(pool)

    async def latest() -> World:
        await behind.run_once()
        return World(behind.catalog, behind.weather)

    means = replace(means_of(pool, clock), world=latest)
    await Deliver(means, {("demo", Platform.IOS): apple}).run_once()
    assert await state_of(pool) == ("accepted", "accepted")


async def test_a_look_that_fails_puts_nothing_in_doubt(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    looks = [ConnectionResetError(), a_world()]

    async def latest() -> World:
        found = looks.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    means = replace(means_of(pool, clock), world=latest)
    deliver = Deliver(means, {("demo", Platform.IOS): apple})
    await deliver.run_once()
    assert await state_of(pool) == ("retry", "no_last_look")
    assert not await pool.fetchval("SELECT in_doubt FROM outbox")
    clock.step(timedelta(seconds=2))
    assert await deliver.run_once() == 1
    assert await state_of(pool) == ("accepted", "accepted")
    assert len(street.inbox.received()) == 1


async def test_a_push_carries_what_its_receipts_are_given_with(
    pool: Pool, clock: HandClock
) -> None:
    await decide_one(pool)
    gateway = KeepingGateway()
    means = means_of(pool, clock)
    await Deliver(means, {("demo", Platform.IOS): gateway}).run_once()
    (message,) = gateway.kept
    body = msgspec.json.decode(for_apple(message))
    token = means.tokens.read_receipt(body["geopush"]["receipt_token"], clock())
    assert isinstance(token, ReceiptToken)
    assert token.message_id == message.message_id


class KeepingGateway:
    """A gateway that keeps what it is given."""

    def __init__(self) -> None:
        self.kept: list[Message] = []

    async def send(self, message: Message, last_look: LastLook) -> Outcome:
        """Take everything."""
        self.kept.append(message)
        return Accepted()

    async def close(self) -> None:
        """Have nothing to close."""
