"""The catalog in memory follows the one in the database."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from geopush.core.access import Role, hash_key
from geopush.core.offer import Offer, parse_offer
from geopush.core.weather import Observation
from geopush.flows.keys import KeyAsked, create_key, end_key
from geopush.flows.observe import observe
from geopush.flows.publish import Publish
from geopush.flows.refresh import Refresh
from geopush.flows.revision import Saved
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.waiting import until
from zones import Kernel, Point, Zone, ZoneId, circle

OFFER = (
    b'{"name": "x", "category": "promo", "status": "live",'
    b' "trigger": {"any": [{"on": ["enter"]}]},'
    b' "message": {"title": {"en": "t"}, "body": {"en": "b"}}}'
)


def zone(name: str) -> Zone:
    """A round zone."""
    return Zone(ZoneId(name), circle(Point(4.9, 52.37), 100))


def offer() -> Offer:
    """An offer that is live."""
    read = parse_offer("o", OFFER)
    assert isinstance(read, Offer)
    return read


@pytest.fixture
def here(pool: Pool) -> Refresh:
    """What the writing process holds."""
    return Refresh(pool)


@pytest.fixture
def there(pool: Pool) -> Refresh:
    """What another process holds."""
    return Refresh(pool)


@pytest.fixture
def publish(pool: Pool, here: Refresh, clock: HandClock) -> Publish:
    """The one that writes."""
    return Publish(pool, here, clock)


async def test_a_writer_has_in_force_what_it_wrote(
    here: Refresh, publish: Publish
) -> None:
    saved = await publish.save_zone(zone("a"))
    assert isinstance(saved, Saved)
    assert here.revision == saved.revision
    assert here.catalog.zones.get(ZoneId("a")) is not None


async def test_another_process_takes_in_all_kinds_of_changes(
    there: Refresh, here: Refresh, publish: Publish, pool: Pool, clock: HandClock
) -> None:
    await publish.save_zone(zone("a"))
    await publish.save_offer(offer())
    await observe(
        pool,
        here,
        [Observation(longitude=4.9, latitude=52.37, observed_at=clock())],
        clock,
    )
    made = await create_key(pool, KeyAsked(Role.CRM, "till"), now=clock())
    assert await there.run_once() == made.revision
    assert [one.offer_id for one in there.catalog.offers] == ["o"]
    assert len(there.weather.observations) == len(there.catalog.zones) == 1
    assert there.holders[hash_key(made.key)].role is Role.CRM
    await publish.remove_zone(ZoneId("a"))
    await publish.pause("o")
    await end_key(pool, made.key_id, now=clock())
    await there.run_once()
    assert (len(there.catalog.zones), there.catalog.offers) == (0, ())
    assert there.holders == {}


async def test_without_a_change_the_same_catalog_stays(
    there: Refresh, publish: Publish
) -> None:
    await publish.save_zone(zone("a"))
    await there.run_once()
    before = there.catalog
    await publish.save_zone(zone("a"))
    await there.run_once()
    assert there.catalog is before


async def test_writers_at_once_leave_no_change_behind(
    there: Refresh, publish: Publish
) -> None:
    names = [f"z{number}" for number in range(20)]
    saving = [publish.save_zone(zone(name)) for name in names]
    reading = [there.run_once() for _ in range(20)]
    await asyncio.gather(*saving, *reading)
    await there.run_once()
    assert {one.zone_id for one in there.catalog.zones.zones} == set(names)


async def test_reached_returns_only_when_the_revision_is_in_force(
    there: Refresh, publish: Publish
) -> None:
    saved = await publish.save_zone(zone("a"))
    assert isinstance(saved, Saved)
    await there.reached(saved.revision)
    assert there.revision >= saved.revision


async def test_a_running_process_hears_of_a_change(
    there: Refresh, publish: Publish, database_url: str
) -> None:
    running = asyncio.create_task(there.run(database_url))
    await publish.save_zone(zone("a"))
    await until(lambda: len(there.catalog.zones) == 1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_running_process_survives_a_database_that_cuts_it_off(
    there: Refresh, publish: Publish, database_url: str, pool: Pool
) -> None:
    running = asyncio.create_task(there.run(database_url))
    await publish.save_zone(zone("a"))
    await until(lambda: len(there.catalog.zones) == 1)
    async with pool.acquire() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await publish.save_zone(zone("b"))
    await until(lambda: len(there.catalog.zones) == 2)
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_row_that_cannot_be_read_keeps_nobody_from_the_others(
    there: Refresh, publish: Publish, pool: Pool
) -> None:
    await publish.save_zone(zone("a"))
    await pool.execute(
        "INSERT INTO zone VALUES ('broken', 1, 'no json', NULL, $1)",
        datetime(2026, 7, 4, tzinfo=UTC),
    )
    await there.run_once()
    assert [one.zone_id for one in there.catalog.zones.zones] == ["a"]


async def test_a_zone_that_is_not_enabled_is_kept_and_met_by_nobody(
    publish: Publish, here: Refresh
) -> None:
    await publish.save_zone(zone("shop"))
    assert here.catalog.zone(ZoneId("shop")) is not None
    await publish.save_zone(replace(zone("shop"), enabled=False))
    assert here.catalog.zone(ZoneId("shop")) is None
    assert len(here.catalog.zones) == 1


async def test_what_changes_while_a_compiled_index_is_made_is_in_it(
    kernel: Kernel, publish: Publish, here: Refresh
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(*arrays: object) -> tuple[int, int, int]:
        begun.set()
        assert go_on.wait(60)
        return kernel.put_all(*arrays)

    for name in "abc":
        await publish.save_zone(zone(name))
    using = asyncio.create_task(here.use(kernel._replace(put_all=slow)))
    assert await asyncio.to_thread(begun.wait, 60)
    await publish.remove_zone(ZoneId("a"))
    await publish.save_zone(replace(zone("b"), name="moved"))
    await publish.save_zone(zone("d"))
    meanwhile = here.catalog
    go_on.set()
    await using
    assert here.catalog is not meanwhile
    assert here.revision == meanwhile.revision
    found = {one.zone_id: one.name for one in here.catalog.zones.zones}
    assert found == {"b": "moved", "c": "", "d": ""}
