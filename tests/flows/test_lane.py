"""Lanes: a gateway that fails holds up its own messages and no others."""

import asyncio
from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from geopush.core.message import Message, Outcome, Platform
from geopush.core.ping import DeviceId
from geopush.flows.deliver import Deliver, Gateways
from geopush.push.apns import ApnsGateway
from geopush.push.fcm import FcmGateway
from geopush.push.gateway import LastLook
from geopush.push.throttle import Pace
from geopush.sandbox import Sandbox
from geopush.sandbox.rules import Gateway, Rule
from geopush.store import customers, outbox
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.core.world import NOON, PHONE
from tests.flows.test_deliver import decide_one, means_of
from tests.people import look_up, withdraw_consent
from tests.waiting import until

IOS, ANDROID = ("demo", Platform.IOS), ("demo", Platform.ANDROID)
PACE = Pace(first=4, failures=3, first_rest=60, suspects=3)

_ANOTHER_PHONE = """
    INSERT INTO device SELECT bucket, $1, customer_id, app, platform, secret_hash, $2,
        $3, address_environment, address_since, NULL, registered_at, renewed_at
    FROM device WHERE device_id = 'phone-1'
"""
_ANOTHER_MESSAGE = """
    INSERT INTO outbox (bucket, message_id, customer_id, device_id, offer_id, zone_id,
        due, expires_at, decided_at, changed_at, delivery, content, lane)
    SELECT bucket, $1, customer_id, $2, offer_id, zone_id, due, expires_at, decided_at,
        changed_at, delivery, content, $3
    FROM outbox WHERE device_id = 'phone-1' LIMIT 1
"""


async def decide_more(pool: Pool, count: int, kind: str = "apns_token") -> None:
    """Give Anna more phones, and each of them a message."""
    platform = "ios" if kind == "apns_token" else "android"
    known = await look_up(pool)
    phones = dict(known.profile.devices)
    for number in range(100, 100 + count):
        name = f"{platform}-{number}"
        address = f"{number:064x}" if platform == "ios" else f"phone:{number}"
        await pool.execute(_ANOTHER_PHONE, name, kind, address)
        number_of_its_own = number + (1000 if platform == "ios" else 0)
        one = UUID(int=number_of_its_own)
        await pool.execute(_ANOTHER_MESSAGE, one, name, f"demo/{platform}")
        phones[DeviceId(name)] = phones[PHONE]
    profile = replace(known.profile, devices=phones)
    async with pool.acquire() as connection:
        await customers.save(connection, replace(known, profile=profile))


def a_deliver(
    pool: Pool, clock: HandClock, gateways: Gateways, pace: Pace = PACE
) -> Deliver:
    return Deliver(means_of(pool, clock), gateways, pace)


async def states(pool: Pool) -> dict[str, int]:
    """How many messages are in each state."""
    rows = await pool.fetch("SELECT state, count(*) AS n FROM outbox GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


async def test_a_decision_waits_in_the_lane_of_its_app_and_gateway(pool: Pool) -> None:
    await decide_one(pool)
    assert await pool.fetchval("SELECT lane FROM outbox") == "demo/ios"


async def test_a_gateway_that_hangs_holds_up_no_other(
    pool: Pool,
    clock: HandClock,
    street: Sandbox,
    apple: ApnsGateway,
    google: FcmGateway,
) -> None:
    await decide_one(pool)
    await decide_more(pool, 20, "fcm_token")
    await decide_more(pool, 8)
    street.rules.add([Rule(gateway=Gateway.FCM, latency_ms=600_000)])
    deliver = a_deliver(pool, clock, {IOS: apple, ANDROID: google})
    running = asyncio.create_task(deliver.run())

    async def all_others_are_sent() -> bool:
        return (await states(pool)).get("accepted") == 9

    await until(all_others_are_sent)
    await deliver.stop()
    await running
    assert await states(pool) == {"accepted": 9, "unknown": 4, "queued": 16}


async def test_a_gateway_that_fails_is_left_alone_and_its_messages_wait(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    await decide_more(pool, 19)
    street.rules.add([Rule(gateway=Gateway.APNS, status=503)])
    deliver = a_deliver(pool, clock, {IOS: apple})
    assert [await deliver.run_once(), await deliver.run_once()] == [4, 0]
    assert await states(pool) == {"retry": 4, "queued": 16}
    assert deliver.troubles() == {"demo/ios": "paused: unavailable"}


async def test_a_gateway_that_does_not_know_us_burns_no_queue(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    await decide_more(pool, 19)
    reason = "InvalidProviderToken"
    street.rules.add([Rule(gateway=Gateway.APNS, status=403, reason=reason)])
    deliver = a_deliver(pool, clock, {IOS: apple}, Pace(first=4, pause=0))
    assert [await deliver.run_once() for _ in range(3)] == [4, 1, 1]
    assert deliver.troubles() == {"demo/ios": "paused: invalid_provider_token"}
    assert await states(pool) == {"retry": 6, "queued": 14}
    street.rules.clear()
    assert [await deliver.run_once() for _ in range(2)] == [1, 4]
    assert deliver.troubles() == {}


async def test_who_delivers_until_nothing_is_left_waits_for_what_is_under_way(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    await decide_more(pool, 19)
    street.rules.add([Rule(gateway=Gateway.APNS, latency_ms=5)])
    deliver = a_deliver(pool, clock, {IOS: apple}, Pace(first=2, most=2))
    running = asyncio.create_task(deliver.run())
    while await deliver.run_once():
        pass
    assert await states(pool) == {"accepted": 20}
    await deliver.stop()
    await running


async def test_a_lane_shows_how_it_is_doing(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    await decide_more(pool, 19)
    street.rules.add([Rule(gateway=Gateway.APNS, status=503)])
    means = means_of(pool, clock)
    deliver = Deliver(means, {IOS: apple}, PACE)
    await deliver.run_once()
    deliver.measure()
    shown = means.metrics.render().decode()
    lane = '{app="demo",platform="ios"}'
    assert f"geopush_lane_in_trouble{lane} 1.0" in shown
    assert f"geopush_lane_limit{lane} 2.0" in shown
    assert f"geopush_lane_in_flight{lane} 0.0" in shown
    assert 'answer="Transient",app="demo",platform="ios"} 4.0' in shown


async def test_what_waits_too_long_for_a_gateway_expires_and_counts_against_no_cap(
    pool: Pool, clock: HandClock
) -> None:
    await decide_one(pool)
    clock.step(timedelta(minutes=45))
    await a_deliver(pool, clock, {}).tend_once()
    assert await states(pool) == {"expired": 1}


async def test_an_address_that_is_not_taken_is_left_alone_and_not_forgotten(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    rule = Rule(gateway=Gateway.APNS, status=400, reason="BadDeviceToken")
    street.rules.add([rule])
    await a_deliver(pool, clock, {IOS: apple}).run_once()
    row = await pool.fetchrow("SELECT * FROM device")
    assert (row["address"], row["address_dead_at"]) == ("ab" * 32, None)
    assert await states(pool) == {"dead_address": 1}
    await pool.execute("UPDATE outbox SET state = 'queued'")
    async with pool.acquire() as connection:
        claim = connection, 1, UUID(int=1)
        (now,) = await outbox.claim(*claim, NOON, timedelta(0))
        await pool.execute("UPDATE outbox SET state = 'queued'")
        (then,) = await outbox.claim(*claim, NOON + timedelta(days=1), timedelta(0))
    assert now.address is None
    assert then.address is not None


async def test_when_many_addresses_are_refused_none_is_marked(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    await decide_more(pool, 19)
    rule = Rule(gateway=Gateway.APNS, status=400, reason="BadDeviceToken")
    street.rules.add([rule])
    pace = Pace(first=2, most=2, suspects=3)
    deliver = a_deliver(pool, clock, {IOS: apple}, pace)
    marked = "SELECT count(*) FROM device WHERE quarantined_until IS NOT NULL"
    counts = []
    for _ in range(3):
        await deliver.run_once()
        counts.append(await pool.fetchval(marked))
    assert counts == [2, 0, 0]
    assert "refused" in deliver.troubles()["demo/ios"]


class Turnstile:
    """Lets one message through, then waits until it may go on."""

    def __init__(self, gateway: ApnsGateway) -> None:
        self.gateway = gateway
        self.first = asyncio.Event()
        self.open = asyncio.Event()
        self.number = 0

    async def send(self, message: Message, last_look: LastLook) -> Outcome:
        """Send the first at once and the second when it may."""
        self.number += 1
        if self.number == 1:
            outcome = await self.gateway.send(message, last_look)
            self.first.set()
            return outcome
        await self.open.wait()
        return await self.gateway.send(message, last_look)

    async def close(self) -> None:
        """Have nothing of its own to close."""


async def test_a_no_between_the_first_and_the_second_of_a_batch_is_obeyed(
    pool: Pool, clock: HandClock, street: Sandbox, apple: ApnsGateway
) -> None:
    await decide_one(pool)
    await decide_more(pool, 1)
    turnstile = Turnstile(apple)
    sending = asyncio.create_task(a_deliver(pool, clock, {IOS: turnstile}).run_once())
    await turnstile.first.wait()
    await withdraw_consent(pool, push_marketing=False)
    turnstile.open.set()
    assert await sending == 2
    assert await states(pool) == {"accepted": 1, "withdrawn": 1}
    assert len(street.inbox.received()) == 1
