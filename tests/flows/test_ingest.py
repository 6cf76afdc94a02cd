"""Pings in: many uploads, one commit, and an answer only when it is kept."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from geopush.core.change import Taken, UnknownDevice, Upload
from geopush.core.occasion import World
from geopush.core.ping import DeviceId, customer_key
from geopush.errors import Overloaded
from geopush.flows import line as module
from geopush.flows.ingest import Ingest
from geopush.metrics import Metrics
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.core.world import ANNA, FAR, PHONE, a_world, a_zone, ping, upload
from tests.people import look_up, settle_in, withdraw_consent
from tests.waiting import PATIENCE


def an_ingest(
    pool: Pool,
    clock: HandClock,
    world: World | None = None,
    on_messages: Callable[[], None] = lambda: None,
) -> Ingest:
    known_world = world or a_world()
    return Ingest(pool, lambda: known_world, clock, Metrics(), on_messages)


async def test_an_upload_is_answered_once_it_is_committed(
    pool: Pool, clock: HandClock
) -> None:
    await settle_in(pool)
    woken = asyncio.Event()
    answer = await an_ingest(pool, clock, on_messages=woken.set).take(upload(ping(0)))
    assert isinstance(answer, Taken)
    assert answer.inside == ("shop",)
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1
    assert woken.is_set()


async def test_uploads_that_wait_share_a_commit(pool: Pool, clock: HandClock) -> None:
    await settle_in(pool)
    ingest = an_ingest(pool, clock)
    answers = await asyncio.gather(
        *(ingest.take(upload(ping(at, FAR))) for at in range(50))
    )
    assert [one.accepted for one in answers if isinstance(one, Taken)] == [1] * 50
    # The first went alone, the others went together: two writes of Anna's row.
    assert (await look_up(pool)).version <= 3


async def test_two_processes_never_send_more_than_the_cap(
    pool: Pool, clock: HandClock
) -> None:
    await settle_in(pool)
    zones = [a_zone("one"), a_zone("two", FAR)]
    world = a_world(zones=zones)
    processes = [an_ingest(pool, clock, world) for _ in range(4)]
    places = [ping(0), ping(0, FAR)]
    await asyncio.gather(
        *(
            processes[number % 4].take(upload(places[number // 4 % 2]))
            for number in range(64)
        )
    )
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1
    assert len((await look_up(pool)).state.tallies) == 1


async def test_consent_withdrawn_while_deciding_is_obeyed(
    pool: Pool, clock: HandClock
) -> None:
    await settle_in(pool)
    await withdraw_consent(pool, push_marketing=False)
    await an_ingest(pool, clock).take(upload(ping(0)))
    reason = await pool.fetchval("SELECT reason FROM decision")
    assert reason == "no_consent"


async def test_an_old_token_finds_the_device_where_it_is_now(
    pool: Pool, clock: HandClock
) -> None:
    await settle_in(pool)
    stale = Upload(PHONE, customer_key("anna-before"), ((0, ping(0)),))
    answer = await an_ingest(pool, clock).take(stale)
    assert isinstance(answer, Taken)
    assert (await look_up(pool, ANNA)).state.devices[PHONE].recorded_at is not None


async def test_a_device_that_is_gone_is_told_so(pool: Pool, clock: HandClock) -> None:
    await settle_in(pool)
    gone = Upload(DeviceId("nobody"), customer_key("nobody"), ((0, ping(0)),))
    ingest = an_ingest(pool, clock)
    answers = await asyncio.gather(ingest.take(gone), ingest.take(upload(ping(0))))
    assert answers[0] == UnknownDevice()
    assert isinstance(answers[1], Taken)


# A row that is never written as it was read looks like a race that is always lost.
NEVER_BERT = """
    CREATE FUNCTION keep_as_it_is() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER never_bert BEFORE UPDATE ON customer FOR EACH ROW
    WHEN (OLD.customer_id = 'bert') EXECUTE FUNCTION keep_as_it_is();
"""


async def test_what_is_committed_is_answered_as_such_though_others_of_a_batch_fail(
    pool: Pool, clock: HandClock
) -> None:
    bert, phone = customer_key("bert"), DeviceId("phone-2")
    await settle_in(pool)
    await settle_in(pool, customer=bert, device_id=phone, address="cd" * 32)
    await pool.execute(NEVER_BERT)
    ingest = an_ingest(pool, clock)
    first, mine, theirs = await asyncio.gather(
        ingest.take(upload(ping(-10, FAR))),
        ingest.take(upload(ping(0))),
        ingest.take(Upload(phone, bert, ((0, ping(0)),))),
        return_exceptions=True,
    )
    assert isinstance(first, Taken)
    assert isinstance(mine, Taken)
    assert (mine.accepted, len(mine.transitions)) == (1, 1)
    assert isinstance(theirs, Overloaded)


@contextmanager
def room_for(pings: int) -> Iterator[None]:
    before, module.ROOM = module.ROOM, pings
    yield
    module.ROOM = before


async def test_without_room_an_upload_is_turned_away(
    pool: Pool, clock: HandClock
) -> None:
    await settle_in(pool)
    with room_for(1), pytest.raises(Overloaded):
        await an_ingest(pool, clock).take(upload(ping(0), ping(1)))


async def test_a_database_that_is_away_turns_uploads_away(
    pool: Pool, clock: HandClock
) -> None:
    await pool.close()
    with pytest.raises(Overloaded):
        await an_ingest(pool, clock).take(upload(ping(0)))


async def test_nobody_waits_long_for_a_database_that_hangs(
    pool: Pool, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle_in(pool)
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    ingest = an_ingest(pool, clock)
    async with pool.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE customer")
        async with asyncio.timeout(PATIENCE):
            heard = await asyncio.gather(
                *(ingest.take(upload(ping(at))) for at in (0, 1)),
                return_exceptions=True,
            )
    assert [type(one) for one in heard] == [Overloaded, Overloaded]
    await ingest.drain()


async def test_what_nobody_waits_for_any_more_is_not_taken(
    pool: Pool, clock: HandClock
) -> None:
    await settle_in(pool)
    ingest = an_ingest(pool, clock)
    gone = asyncio.create_task(ingest.take(upload(ping(0))))
    await asyncio.sleep(0)
    gone.cancel()
    await ingest.drain()
    assert await pool.fetchval("SELECT count(*) FROM transition") == 0


async def test_draining_answers_what_was_taken_and_takes_nothing_more(
    pool: Pool, clock: HandClock
) -> None:
    await settle_in(pool)
    ingest = an_ingest(pool, clock)
    taken = asyncio.create_task(ingest.take(upload(ping(0))))
    await asyncio.sleep(0)
    await ingest.drain()
    assert isinstance(taken.result(), Taken)
    with pytest.raises(Overloaded):
        await ingest.take(upload(ping(1)))
