"""The context turned: those inside are decided about again, once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from geopush.core.cap import Tally
from geopush.core.change import Upload
from geopush.core.occasion import World
from geopush.core.ping import DeviceId, customer_key
from geopush.flows import recheck as module
from geopush.flows.deciding import Deciding
from geopush.flows.ingest import Ingest
from geopush.flows.recheck import Recheck
from geopush.metrics import Metrics
from geopush.store import customers
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.core.world import FAR, a_world, a_zone, an_offer, ping, upload, weather
from tests.people import look_up, settle_in

SUN = an_offer(
    trigger={"on": ["while_inside"], "zones": {"tags": ["restaurant"]}},
)


class Town:
    """A restaurant, an offer for those inside, and the weather above."""

    def __init__(self, pool: Pool, clock: HandClock) -> None:
        self.pool = pool
        self.clock = clock
        self.celsius = 20.0
        self.enabled = True
        self.offers = [SUN]
        self.woken = asyncio.Event()
        self.ingest = Ingest(pool, self.world, clock, Metrics(), lambda: None)
        self.recheck = self.a_process()

    def a_process(self) -> Recheck:
        deciding = Deciding(self.world, self.clock, Metrics(), self.woken.set)
        return Recheck(self.pool, self.world, deciding, self.clock)

    def world(self) -> World:
        shop = a_zone(enabled=self.enabled)
        return a_world([shop], self.offers, weather(self.celsius, self.clock.now))

    async def turn(self, celsius: float, minutes: float = 1) -> int:
        """Let time pass and the weather turn; how many were decided about."""
        self.clock.step(timedelta(minutes=minutes))
        self.celsius = celsius
        done = 0
        while page := await self.recheck.run_once():
            done += page
        return done

    async def count(self, table: str, where: str = "true") -> int:
        counted: int = await self.pool.fetchval(
            f"SELECT count(*) FROM {table} WHERE {where}"
        )
        return counted


@pytest.fixture
async def town(pool: Pool, clock: HandClock) -> Town:
    """Anna is inside, and it is cool."""
    town = Town(pool, clock)
    await settle_in(pool)
    await town.ingest.take(upload(ping(0)))
    await town.turn(20)
    return town


async def test_who_is_inside_when_the_sun_comes_out_is_told_once(town: Town) -> None:
    assert await town.turn(23) == 1
    assert await town.count("outbox") == 1
    assert town.woken.is_set()
    row = await town.pool.fetchrow("SELECT occasion, reason FROM decision")
    assert row["occasion"].startswith("while_inside:shop:")
    assert row["reason"] == "decided"
    assert await town.turn(24) == 0
    assert await town.count("decision") == 1


async def test_what_turns_at_the_same_time_is_weighed_against_each_other(
    pool: Pool, clock: HandClock
) -> None:
    town = Town(pool, clock)
    where = {"on": ["while_inside"], "zones": {"tags": ["restaurant"]}}
    less, most = (
        an_offer(name, priority=priority, trigger=where)
        for name, priority in (("a-tea", 10), ("z-beer", 90))
    )
    town.offers = [less, SUN, most]
    await settle_in(pool)
    await town.ingest.take(upload(ping(0)))
    await town.turn(20)
    assert await town.turn(23) == 1
    rows = await pool.fetch("SELECT offer_id, reason FROM decision")
    assert {row["offer_id"]: row["reason"] for row in rows} == {
        "a-tea": "outranked",
        "ice-cream": "outranked",
        "z-beer": "decided",
    }
    assert await town.count("outbox") == 1
    assert await town.count("edge", "spreading") == 0


async def test_what_trembles_is_told_once(town: Town) -> None:
    assert [await town.turn(one) for one in (21.9, 22.1, 21.9, 22.1)] == [0, 1, 0, 0]
    assert await town.count("decision") == 1


async def test_when_it_turns_back_what_is_queued_is_withdrawn(town: Town) -> None:
    await town.turn(23)
    await town.turn(20, minutes=11)
    row = await town.pool.fetchrow("SELECT state, reason FROM outbox")
    assert tuple(row) == ("withdrawn", "conditions_no_longer_hold")
    assert (await look_up(town.pool)).state.tallies == ()


async def test_when_it_turns_back_what_may_have_left_is_in_the_caps_for_good(
    town: Town,
) -> None:
    await town.turn(23)
    await town.pool.execute("UPDATE outbox SET in_doubt = true")
    await town.turn(20, minutes=11)
    row = await town.pool.fetchrow("SELECT state, reason FROM outbox")
    assert tuple(row) == ("unknown", "conditions_no_longer_hold")
    assert len((await look_up(town.pool)).state.tallies) == 1


async def test_at_a_zone_that_is_switched_off_nobody_is_told(town: Town) -> None:
    town.enabled = False
    assert await town.turn(23) == 0
    assert await town.count("edge") == 0


async def test_who_was_not_seen_lately_is_left_alone(town: Town) -> None:
    await town.turn(23, minutes=16)
    assert await town.count("decision") == 0


async def test_who_was_not_seen_lately_keeps_nobody_else_from_being_told(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 1)
    for number in range(4):
        customer, device = customer_key(f"c-{number}"), DeviceId(f"d-{number}")
        address = f"{number:064x}"
        await settle_in(town.pool, customer=customer, device_id=device, address=address)
        await town.ingest.take(Upload(device, customer, ((0, ping(30)),)))
    town.clock.step(timedelta(minutes=16))
    await town.ingest.take(upload(ping(17 * 60)))
    assert await town.turn(23) == 5
    assert await town.count("decision") == 1


async def test_who_left_is_left_alone(town: Town) -> None:
    await town.ingest.take(upload(ping(10, FAR), ping(20, FAR)))
    await town.turn(23)
    assert await town.count("decision") == 0


async def test_who_comes_later_is_not_told_of_what_turned_before(town: Town) -> None:
    await town.turn(23)
    late = DeviceId("phone-2")
    await settle_in(
        town.pool, customer=customer_key("bob"), device_id=late, address="cd" * 32
    )
    bob = Upload(late, customer_key("bob"), ((0, ping(121)),))
    await town.ingest.take(bob)
    await town.turn(24)
    assert await town.count("decision", "customer_id = 'bob'") == 0


async def test_where_nobody_is_nothing_is_kept(town: Town) -> None:
    assert await town.count("edge") == 1
    await town.ingest.take(upload(ping(10, FAR), ping(20, FAR)))
    await town.turn(23)
    assert await town.count("edge") == 0


async def test_what_turned_outlives_a_restart(town: Town) -> None:
    await town.turn(23)
    town.recheck = town.a_process()
    assert await town.turn(24) == 0
    assert await town.count("decision") == 1


async def test_a_cap_holds_for_what_turned(town: Town) -> None:
    anna = await look_up(town.pool)
    tally = Tally(UUID(int=1), town.clock.now, "ice-cream", "promo", "shop")
    state = replace(anna.state, tallies=(tally,))
    async with town.pool.acquire() as connection:
        await customers.save(connection, replace(anna, state=state))
    await town.turn(23)
    assert await town.pool.fetchval("SELECT reason FROM decision") == "capped"


async def test_many_inside_are_told_once_each_by_any_number_of_processes(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 7)
    for number in range(40):
        customer, device = customer_key(f"c-{number}"), DeviceId(f"d-{number}")
        address = f"{number:064x}"
        await settle_in(town.pool, customer=customer, device_id=device, address=address)
        await town.ingest.take(Upload(device, customer, ((0, ping(30)),)))
    town.clock.step(timedelta(minutes=1))
    town.celsius = 23

    async def work(recheck: Recheck) -> int:
        done = 0
        while page := await recheck.run_once():
            done += page
        return done

    processes = [town.recheck, town.a_process(), town.a_process()]
    pings = [
        town.ingest.take(
            Upload(DeviceId(f"d-{n}"), customer_key(f"c-{n}"), ((0, ping(70)),))
        )
        for n in range(40)
    ]
    done, *_ = await asyncio.gather(asyncio.gather(*map(work, processes)), *pings)
    assert sum(done) >= 41
    assert await town.count("decision") == 41
    assert await town.count("outbox") == 41
    tallies = [
        len((await look_up(town.pool, customer_key(f"c-{n}"))).state.tallies)
        for n in range(40)
    ]
    assert tallies == [1] * 40


async def test_delivery_is_woken_once_there_is_something_to_find(town: Town) -> None:
    found: list[asyncio.Task[int]] = []

    def look() -> None:
        found.append(asyncio.create_task(town.count("outbox")))

    deciding = Deciding(town.world, town.clock, Metrics(), look)
    town.recheck = Recheck(town.pool, town.world, deciding, town.clock)
    await town.turn(23)
    assert await asyncio.gather(*found) == [1]
