"""Who is inside when something turns: page by page, each off the index."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from geopush.core.edge import Edge
from geopush.core.ping import CustomerKey, customer_key
from geopush.store import edges
from geopush.store.edges import _INSIDE
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.faults.crowd import FATES, OFFER, ZONE, fate, gather
from tests.store.plans import by_index

PAGE = 10


async def test_pages_bring_all_who_are_inside_in_order_and_say_who_was_seen(
    pool: Pool, database_url: str, clock: HandClock
) -> None:
    await gather(database_url, 3 * PAGE + 5, clock())
    edge, lately = Edge(OFFER, ZONE, holds=True), clock() - timedelta(minutes=15)
    found: dict[CustomerKey, bool] = {}
    async with pool.acquire() as connection:
        while page := await edges.inside(connection, edge, lately, PAGE):
            assert not page.keys() & found.keys()
            found |= page
            edge = replace(edge, after=list(page)[-1])
    assert list(found) == sorted(found)
    assert found == {
        customer_key(f"crowd-{number}"): fate(number) is not None
        for number in range(3 * PAGE + 5)
    }
    assert FATES.count(None) == 1


async def test_a_page_reads_no_more_than_itself_however_many_are_inside(
    pool: Pool, database_url: str, clock: HandClock
) -> None:
    await gather(database_url, 30 * PAGE, clock())
    asked = ZONE, 100, "", clock() - timedelta(minutes=15), PAGE
    async with pool.acquire() as connection, connection.transaction():
        await by_index(connection)
        text = await connection.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {_INSIDE}", *asked
        )
    (plan,) = msgspec.json.decode(text)
    read = [(node["Node Type"], node["Actual Rows"]) for node in nodes(plan["Plan"])]
    assert max(rows for _, rows in read) == PAGE, read


def nodes(plan: dict[str, object]) -> Iterator[dict[str, object]]:
    """A plan and all that it is made of."""
    yield plan
    for one in plan.get("Plans", ()):
        yield from nodes(one)
