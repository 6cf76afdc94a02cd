"""Who is inside stays inside when a process starts again and a zone comes again."""

from datetime import timedelta

import pytest

from geopush.core.change import Taken
from geopush.flows.deciding import Deciding
from geopush.flows.dwell import Dwell
from geopush.flows.ingest import Ingest
from geopush.metrics import Metrics
from geopush.store.pool import Pool, open_pool
from tests.clock import HandClock
from tests.core.world import FAR, HERE, a_world, a_zone, an_offer, ping, upload
from tests.people import settle_in
from zones import Point, Zone

STAYED = an_offer(trigger={"on": ["enter", "dwell"], "zones": {"tags": ["restaurant"]}})


async def posted(
    database_url: str, clock: HandClock, zone: Zone, *places: tuple[int, Point]
) -> list[tuple[str, str]]:
    """What a process that has just started answers, each ping in its own request."""
    pool = await open_pool(database_url)
    world = a_world([zone], [STAYED])
    ingest = Ingest(pool, lambda: world, clock, Metrics(), lambda: None)
    told = []
    for seconds, place in places:
        answer = await ingest.take(upload(ping(seconds, place)))
        assert isinstance(answer, Taken)
        told += [(str(one.kind), str(one.visit_id)) for one in answer.transitions]
    await pool.close()
    return told


@pytest.mark.parametrize(
    "again",
    [a_zone(), a_zone(name="Da Luigi", radius=140), a_zone(dwell_seconds=3_600)],
    ids=["as it was", "renamed and larger", "with a dwell"],
)
async def test_nobody_enters_again_and_whoever_leaves_ends_the_same_visit(
    pool: Pool, database_url: str, clock: HandClock, again: Zone
) -> None:
    await settle_in(pool)
    ((kind, visit),) = await posted(database_url, clock, a_zone(), (0, HERE))
    assert kind == "enter"
    clock.step(timedelta(seconds=100))
    assert await posted(database_url, clock, again, (60, HERE), (70, FAR)) == []
    # The first fix outside was counted by the process before.
    assert await posted(database_url, clock, again, (80, FAR)) == [("exit", visit)]
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1


async def test_a_stay_comes_due_in_a_process_that_never_saw_a_ping(
    pool: Pool, database_url: str, clock: HandClock
) -> None:
    await settle_in(pool)
    zone = a_zone(dwell_seconds=300)
    ((_, visit),) = await posted(database_url, clock, zone, (0, HERE))
    clock.step(timedelta(seconds=301))
    world = a_world([zone], [STAYED])
    deciding = Deciding(lambda: world, clock, Metrics(), lambda: None)
    assert await Dwell(pool, deciding, clock).run_once() == 1
    rows = await pool.fetch("SELECT kind, visit_id FROM transition ORDER BY at")
    told = [(row["kind"], str(row["visit_id"])) for row in rows]
    assert told == [("enter", visit), ("dwell", visit)]
