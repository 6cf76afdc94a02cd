"""Lists of what happened: through an index, and of all that a customer was before."""

import pytest

from geopush.store.inbox import list_letters
from geopush.store.messages import LISTED
from geopush.store.pool import Pool
from geopush.store.presences import commit
from tests.core.world import ICE_CREAM, a_world, an_offer, ping, run, upload
from tests.people import settle_in

# So many that the planner knows by the numbers which index is best.
FILL = """
    INSERT INTO outbox (bucket, message_id, customer_id, device_id, offer_id, due,
        expires_at, decided_at, changed_at, delivery, content)
    SELECT 0, gen_random_uuid(), 'c' || n, 'd' || n, 'o' || n, at, at, at, at,
        'at_most_once', ''
    FROM generate_series(1, 5000) AS n,
        LATERAL (SELECT now() + n * interval '1 s') AS moment (at)
"""


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("ARRAY['ann'], NULL, NULL", "outbox_by_customer"),
        ("NULL, 'phone-1', NULL", "outbox_by_device"),
        ("NULL, NULL, 'ice'", "outbox_by_offer"),
        ("NULL, NULL, NULL", "outbox_by_time"),
    ],
)
async def test_every_list_of_messages_looks_through_an_index(
    pool: Pool, asked: str, index: str
) -> None:
    types = "text[], text, text, text, timestamptz, timestamptz, timestamptz, uuid, int"
    async with pool.acquire() as connection:
        filled = connection.transaction()
        await filled.start()
        await connection.execute(FILL)
        await connection.execute("ANALYZE outbox")
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        await connection.execute(f"PREPARE listed ({types}) AS {LISTED}")
        plan = await connection.fetch(
            f"EXPLAIN EXECUTE listed ({asked}, NULL, NULL, NULL, NULL, NULL, 100)"
        )
        await connection.execute("DEALLOCATE listed")
        await filled.rollback()
    assert any(index in row[0] for row in plan), plan


@pytest.mark.parametrize("inbox", [True, False])
async def test_what_an_offer_leaves_behind_is_as_its_author_wrote(
    pool: Pool, inbox: bool
) -> None:
    message = ICE_CREAM["message"] | {"inbox": inbox}
    world = a_world(offers=[an_offer(message=message)])
    evaluation = run(await settle_in(pool), upload(ping(0)), world=world)
    async with pool.acquire() as connection:
        await commit(connection, evaluation.changes)
        await connection.execute("UPDATE outbox SET state = 'accepted'")
        letters = await list_letters(connection, "anna", None, None, 10, None)
    assert len(letters) == inbox
