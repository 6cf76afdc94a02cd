"""Publishing: what stops gives its caps back, and writers do not trip each other."""

import asyncio
from uuid import UUID

import pytest
from msgspec.structs import replace

from geopush.core.cap import Tally
from geopush.core.known import State
from geopush.core.offer import Offer, parse_offer
from geopush.flows.publish import Publish
from geopush.flows.refresh import Refresh
from geopush.flows.revision import Expected, Saved, Unsaved
from geopush.flows.upload import Mode, Plan, Upload
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.core.world import ANNA, PHONE, a_customer
from tests.people import look_up, settle_in
from zones import Point, Zone, ZoneId, circle

QUEUED, SENT = UUID(int=1), UUID(int=2)


def zone(name: str, group: str | None = None) -> Zone:
    """A round zone."""
    return Zone(ZoneId(name), circle(Point(4.9, 52.37), 100), group=group)


def offer(offer_id: str = "ice") -> Offer:
    """An offer that is live."""
    read = parse_offer(
        offer_id,
        b'{"name": "x", "category": "promo", "status": "live",'
        b' "trigger": {"any": [{"on": ["enter"]}]},'
        b' "message": {"title": {"en": "t"}, "body": {"en": "b"}}}',
    )
    assert isinstance(read, Offer)
    return read


@pytest.fixture
def refresh(pool: Pool) -> Refresh:
    """What is in force."""
    return Refresh(pool)


@pytest.fixture
def publish(pool: Pool, refresh: Refresh, clock: HandClock) -> Publish:
    """The one that writes."""
    return Publish(pool, refresh, clock)


async def queue(pool: Pool, message_id: UUID, state: str, clock: HandClock) -> None:
    """Put a message for Anna into the outbox."""
    await pool.execute(
        "INSERT INTO outbox (bucket, message_id, customer_id, device_id, offer_id,"
        " state, due, expires_at, decided_at, changed_at, delivery, content)"
        " VALUES ($1, $2, $3, $4, 'ice', $5, $6, $6, $6, $6, 'at_most_once', '')",
        ANNA.bucket,
        message_id,
        ANNA.customer_id,
        PHONE,
        state,
        clock(),
    )


async def test_a_pause_gives_the_caps_of_what_is_queued_back(
    publish: Publish, pool: Pool, clock: HandClock
) -> None:
    tallies = tuple(
        Tally(message_id, clock(), "ice", "promo", None)
        for message_id in (QUEUED, SENT)
    )
    before = await settle_in(pool, replace(a_customer(), state=State({}, tallies)))
    await publish.save_offer(offer())
    await queue(pool, QUEUED, "queued", clock)
    await queue(pool, SENT, "accepted", clock)
    assert await publish.pause("ice") is None
    after = await look_up(pool)
    assert [tally.message_id for tally in after.state.tallies] == [SENT]
    assert after.version > before.version


async def test_pausing_twice_is_pausing_once(
    publish: Publish, refresh: Refresh
) -> None:
    await publish.save_offer(offer())
    await publish.pause("ice")
    revision = refresh.revision
    await publish.pause("ice")
    assert refresh.revision == revision


async def test_what_another_process_wrote_is_in_force_once_written_again(
    publish: Publish, pool: Pool, refresh: Refresh, clock: HandClock
) -> None:
    another = Publish(pool, Refresh(pool), clock)
    await another.save_zone(zone("a"))
    await publish.save_zone(zone("a"))
    assert refresh.catalog.zones.get(ZoneId("a"))
    await another.save_offer(offer())
    await publish.save_offer(offer())
    assert refresh.catalog.offer("ice")
    await another.pause("ice")
    await publish.pause("ice")
    assert refresh.catalog.offer("ice") is None


async def test_of_writers_that_expect_the_same_revision_one_succeeds(
    publish: Publish,
) -> None:
    first = await publish.save_zone(zone("a"))
    assert isinstance(first, Saved)
    expected = Expected(frozenset({first.revision}))
    results = await asyncio.gather(
        *(
            publish.save_zone(replace(zone("a"), name=str(n)), expected=expected)
            for n in range(4)
        )
    )
    assert sum(isinstance(one, Saved) for one in results) == 1
    assert results.count(Unsaved.CHANGED) == 3


async def test_an_upload_is_one_revision(publish: Publish, refresh: Refresh) -> None:
    before = refresh.revision
    await publish.import_zones(Upload([zone(f"z{n}") for n in range(50)]))
    assert refresh.revision == before + 1
    assert len(refresh.catalog.zones) == 50


async def test_an_upload_that_changes_nothing_takes_no_revision(
    publish: Publish, refresh: Refresh
) -> None:
    await publish.import_zones(Upload([zone("a")]))
    before = refresh.revision
    planned = await publish.import_zones(Upload([zone("a")]))
    assert isinstance(planned, Plan)
    assert planned.unchanged == 1
    assert refresh.revision == before


async def test_replacing_a_group_takes_a_zone_that_moved_out_of_another_along(
    publish: Publish, refresh: Refresh
) -> None:
    await publish.import_zones(Upload([zone("a", "one"), zone("b", "two")]))
    upload = Upload([zone("a", "two")], mode=Mode.REPLACE, group="two", allow_removed=1)
    planned = await publish.import_zones(upload)
    assert isinstance(planned, Plan)
    assert planned.removed == ("b",)
    kept = {one.zone_id: one.group for one in refresh.catalog.zones.zones}
    assert kept == {"a": "two"}
