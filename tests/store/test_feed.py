"""The feed: what happened, in an order that holds whatever commits when."""

from datetime import timedelta
from uuid import UUID

from geopush.core.customer import ConsentGiven, Purpose
from geopush.core.feed import START, Place
from geopush.core.message import Accepted
from geopush.core.outbox import settle
from geopush.core.ping import customer_key
from geopush.store import consents, outbox, presences
from geopush.store.feed import Telling, tell
from geopush.store.pool import Connection, Pool
from tests.core.world import ANNA, FAR, HERE, NOON, a_world, an_offer, ping, run, upload
from tests.feed import let_settle
from tests.people import look_up, settle_in

EVERYTHING: frozenset[str] = frozenset()
GRANTED = "io.geopush.consent.granted.v1"


async def told(
    connection: Connection,
    after: Place = START,
    types: frozenset[str] = EVERYTHING,
    limit: int = 100,
    *,
    settled: bool = True,
) -> Telling:
    if settled:
        await let_settle(connection)
    telling = await tell(connection, after, types, limit)
    assert telling is not None
    return telling


async def say_yes(connection: Connection, minute: int, customer: str = "anna") -> str:
    """Write one answer down; return what tells it from others."""
    given = ConsentGiven(True, NOON + timedelta(minutes=minute))
    answers = [(Purpose.LOCATION, given)]
    await consents.append(connection, customer_key(customer), answers, NOON, "test")
    return given.at.isoformat()


def moments(telling: Telling) -> list[str]:
    return [event.at.isoformat() for event in telling.events]


async def test_a_ping_and_what_came_of_it_are_told_in_their_order(pool: Pool) -> None:
    known = await settle_in(pool)
    lease = timedelta(seconds=90)
    async with pool.acquire() as connection:
        await presences.commit(connection, run(known, upload(ping(0))).changes)
        (message,) = await outbox.claim(connection, 9, UUID(int=1), NOON, lease)
        fates = [settle(message, Accepted(), NOON)]
        await outbox.settle(connection, fates, NOON)
        left = run(await look_up(pool), upload(ping(10, FAR), ping(20, FAR)))
        await presences.commit(connection, left.changes)
        telling = await told(connection)
    assert [event.event_type for event in telling.events] == [
        "io.geopush.zone.entered.v1",
        "io.geopush.offer.decided.v1",
        "io.geopush.message.accepted.v1",
        "io.geopush.zone.exited.v1",
    ]
    assert {event.customer_id for event in telling.events} == {ANNA.customer_id}
    assert telling.events[1].data["decision_id"] == str(message.message_id)
    assert telling.events[2].data["message_id"] == str(message.message_id)


async def test_many_transitions_of_one_upload_keep_their_order(pool: Pool) -> None:
    known = await settle_in(pool)
    there_and_back = [
        ping(minute * 60 + second, FAR if minute % 2 else HERE)
        for minute in range(8)
        for second in (0, 20)
    ]
    later = NOON + timedelta(minutes=8)
    came = run(known, upload(*there_and_back), now=later)
    async with pool.acquire() as connection:
        await presences.commit(connection, came.changes)
        telling = await told(connection)
    transitions = [one for one in telling.events if ".zone." in one.event_type]
    assert len(transitions) > 4
    assert [one.at for one in transitions] == sorted(one.at for one in transitions)


async def test_who_is_withheld_an_offer_is_not_told_of(pool: Pool) -> None:
    known = await settle_in(pool)
    cold = a_world(
        offers=[an_offer(status="paused"), an_offer("shade", status="shadow")]
    )
    async with pool.acquire() as connection:
        await presences.commit(
            connection, run(known, upload(ping(0)), world=cold).changes
        )
        telling = await told(connection)
    types = [event.event_type for event in telling.events]
    assert types[1:] == ["io.geopush.offer.would_have_sent.v1"]


async def test_what_commits_later_is_not_skipped_though_it_began_earlier(
    pool: Pool,
) -> None:
    async with pool.acquire() as slow, pool.acquire() as quick:
        transaction = slow.transaction()
        await transaction.start()
        first = await say_yes(slow, 1)
        second = await say_yes(quick, 2)
        early = await told(quick, settled=False)
        assert moments(early) == []
        await transaction.commit()
        late = await told(quick, early.next_place)
    assert moments(late) == [first, second]
    async with pool.acquire() as connection:
        assert moments(await told(connection, late.next_place)) == []


async def test_what_was_rolled_back_holds_up_nothing(pool: Pool) -> None:
    async with pool.acquire() as slow, pool.acquire() as quick:
        transaction = slow.transaction()
        await transaction.start()
        await say_yes(slow, 1)
        kept = await say_yes(quick, 2)
        await transaction.rollback()
        assert moments(await told(quick)) == [kept]


async def test_of_one_customer_the_order_is_that_of_the_commits(pool: Pool) -> None:
    """A transaction that began first may come last for one of its customers."""
    await settle_in(pool)
    lock = "SELECT 1 FROM customer WHERE customer_id = $1 FOR UPDATE"
    async with (
        pool.acquire() as older,
        pool.acquire() as younger,
        pool.acquire() as looker,
    ):
        began = older.transaction()
        await began.start()
        other = await say_yes(older, 1, "bert")  # its number is the lower one now
        async with younger.transaction():
            await younger.execute(lock, ANNA.customer_id)
            first = await say_yes(younger, 2, ANNA.customer_id)
        await older.execute(lock, ANNA.customer_id)
        second = await say_yes(older, 3, ANNA.customer_id)
        await began.commit()
        assert moments(await told(looker)) == [other, first, second]


async def test_pages_of_any_size_tell_everything_once(pool: Pool) -> None:
    async with pool.acquire() as connection:
        async with connection.transaction():
            said = [await say_yes(connection, minute) for minute in range(5)]
        said += [await say_yes(connection, minute) for minute in range(5, 9)]
        for limit in (1, 2, 3, 100):
            place, heard = START, []
            while (telling := await told(connection, place, limit=limit)).events:
                place, heard = telling.next_place, heard + moments(telling)
            assert heard == said


async def test_a_message_that_ends_twice_is_told_of_twice(pool: Pool) -> None:
    known = await settle_in(pool)
    async with pool.acquire() as connection:
        await presences.commit(connection, run(known, upload(ping(0))).changes)
        for state in ("claimed", "rejected", "queued", "withdrawn"):
            await connection.execute("UPDATE outbox SET state = $1", state)
        telling = await told(connection)
    ends = [one for one in telling.events if ".message." in one.event_type]
    assert [one.event_type for one in ends] == [
        "io.geopush.message.rejected.v1",
        "io.geopush.message.withdrawn.v1",
    ]
    assert len({one.event_id for one in ends}) == 2


async def test_only_the_types_that_are_asked_for_are_told(pool: Pool) -> None:
    known = await settle_in(pool)
    async with pool.acquire() as connection:
        await presences.commit(connection, run(known, upload(ping(0))).changes)
        await say_yes(connection, 1)
        telling = await told(connection, types=frozenset({GRANTED}))
    assert [event.event_type for event in telling.events] == [GRANTED]


async def test_a_place_this_database_never_had_is_told_apart(pool: Pool) -> None:
    async with pool.acquire() as connection:
        assert await tell(connection, Place(2**50, 0), EVERYTHING, 10) is None


async def test_an_event_has_the_same_id_in_every_telling(pool: Pool) -> None:
    known = await settle_in(pool)
    async with pool.acquire() as connection:
        await presences.commit(connection, run(known, upload(ping(0))).changes)
        first, again = [(await told(connection)).events for _ in range(2)]
    assert [event.event_id for event in first] == [event.event_id for event in again]
    assert len({event.event_id for event in first}) == len(first) == 2
