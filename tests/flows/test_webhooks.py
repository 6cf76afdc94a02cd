"""The feed to webhooks: everything arrives, or is there to be tried again."""

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from geopush.core.customer import ConsentGiven, Purpose
from geopush.core.feed import START
from geopush.core.ping import customer_key
from geopush.core.webhook import Answer
from geopush.flows.revision import Unsaved
from geopush.flows.subscribe import (
    Start,
    Subscribed,
    Wanted,
    save_webhook,
    send_again,
)
from geopush.flows.webhooks import Webhooks
from geopush.metrics import Metrics
from geopush.store import consents, webhooks
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.core.world import NOON
from tests.feed import let_settle

URL = "https://example.com/hook"
GRANTED = "io.geopush.consent.granted.v1"
WITHDRAWN = "io.geopush.consent.withdrawn.v1"


class Peer:
    """The other side: gives the answers it was told to, and then the last one."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.got: list[tuple[str, Mapping[str, str]]] = []

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        event = json.loads(body)
        assert event["id"] == headers["webhook-id"]
        self.got.append((event["time"], headers))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def close(self) -> None:
        return None


async def subscribe(pool: Pool, clock: HandClock, **more: object) -> Subscribed:
    wanted = {"url": URL, "types": frozenset(), "enabled": True, **more}
    saved = await save_webhook(pool, "hook", Wanted(**wanted), None, clock)
    assert isinstance(saved, Subscribed)
    return saved


async def happen(pool: Pool, minute: int, *, granted: bool = True) -> str:
    given = ConsentGiven(granted, NOON + timedelta(minutes=minute))
    async with pool.acquire() as connection:
        answers = [(Purpose.LOCATION, given)]
        await consents.append(connection, customer_key("ann"), answers, NOON, "test")
        await let_settle(connection)
    return given.at.isoformat().replace("+00:00", "Z")


async def run(pool: Pool, clock: HandClock, peer: Peer) -> int:
    flow = Webhooks(pool, peer, clock, Metrics())
    count = await flow.run_once()
    await flow.settled()
    return count


async def test_what_happens_after_it_was_made_is_sent_once(
    pool: Pool, clock: HandClock
) -> None:
    await happen(pool, 1)
    await subscribe(pool, clock)
    second, third = await happen(pool, 2), await happen(pool, 3)
    peer = Peer(Answer(200))
    assert await run(pool, clock, peer) == 2
    assert await run(pool, clock, peer) == 0
    assert sorted(time for time, _ in peer.got) == [second, third]
    assert await pool.fetchval("SELECT count(*) FROM webhook_event") == 0


async def test_what_was_refused_is_sent_again_when_its_pause_is_over(
    pool: Pool, clock: HandClock
) -> None:
    await subscribe(pool, clock)
    await happen(pool, 1)
    peer = Peer(Answer(500), Answer(200))
    assert await run(pool, clock, peer) == 1
    assert await run(pool, clock, peer) == 0
    clock.step(timedelta(seconds=10))
    assert await run(pool, clock, peer) == 1
    first, second = (sent for _, sent in peer.got)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]


async def test_what_nobody_took_in_days_waits_to_be_sent_by_hand(
    pool: Pool, clock: HandClock
) -> None:
    await subscribe(pool, clock)
    await happen(pool, 1)
    peer = Peer(Answer(reason="timeout"))
    for _ in range(30):
        await run(pool, clock, peer)
        clock.step(timedelta(hours=30))
    tries = len(peer.got)
    async with pool.acquire() as connection:
        (dead,) = await webhooks.dead(connection, "hook", START, 10)
    assert (dead.attempts, dead.reason) == (tries, "timeout")
    assert tries < 15
    assert await send_again(pool, "hook", clock) == 1
    assert await run(pool, clock, peer) == 1


async def test_who_is_gone_is_sent_nothing_until_enabled_and_then_all_of_it(
    pool: Pool, clock: HandClock
) -> None:
    await subscribe(pool, clock)
    first = await happen(pool, 1)
    await run(pool, clock, Peer(Answer(410)))
    second = await happen(pool, 2)
    clock.step(timedelta(hours=1))
    peer = Peer(Answer(200))
    assert await run(pool, clock, peer) == 0
    row = await find(pool)
    assert (row.enabled, row.trouble) == (False, "status_410")
    await subscribe(pool, clock)
    assert await run(pool, clock, peer) == 2
    assert sorted(time for time, _ in peer.got) == [first, second]


async def find(pool: Pool) -> webhooks.WebhookRow:
    async with pool.acquire() as connection:
        row = await webhooks.find(connection, "hook")
    assert row is not None
    return row


async def move_to_another_server(pool: Pool) -> None:
    """Give the webhook a place that this database never had."""
    await pool.execute("UPDATE webhook SET after_xact = $1", 2**50)


@pytest.mark.parametrize(
    ("start", "started", "sent"),
    [
        (None, Start.NOW, [3]),
        (Start.NOW, Start.NOW, [3]),
        (Start.OLDEST, Start.OLDEST, [1, 2, 3]),
    ],
)
async def test_a_webhook_whose_database_is_another_one_begins_anew_when_enabled(
    pool: Pool,
    clock: HandClock,
    start: Start | None,
    started: Start,
    sent: list[int],
) -> None:
    moments = {1: await happen(pool, 1)}
    await subscribe(pool, clock)
    await move_to_another_server(pool)
    moments[2] = await happen(pool, 2)
    peer = Peer(Answer(200))
    assert await run(pool, clock, peer) == 0
    assert (await find(pool)).trouble == "cursor_gone"
    saved = await subscribe(pool, clock, start=start)
    assert (saved.started, saved.row.trouble) == (started, None)
    moments[3] = await happen(pool, 3)
    await run(pool, clock, peer)
    assert sorted(time for time, _ in peer.got) == [moments[one] for one in sent]


async def test_one_whose_database_is_another_one_begins_when_enabled_and_not_before(
    pool: Pool, clock: HandClock
) -> None:
    await subscribe(pool, clock)
    await move_to_another_server(pool)
    assert (await subscribe(pool, clock, enabled=False)).started is None
    between = await happen(pool, 1)
    assert (await subscribe(pool, clock)).started is Start.NOW
    after = await happen(pool, 2)
    peer = Peer(Answer(200))
    await run(pool, clock, peer)
    assert between not in {time for time, _ in peer.got}
    assert [time for time, _ in peer.got] == [after]


@pytest.mark.parametrize(("start", "sent"), [(Start.NOW, []), (Start.OLDEST, [1, 2])])
async def test_a_webhook_may_begin_anew_whenever_it_is_asked_to(
    pool: Pool, clock: HandClock, start: Start, sent: list[int]
) -> None:
    moments = {1: await happen(pool, 1)}
    made = await subscribe(pool, clock)
    moments[2] = await happen(pool, 2)
    anew = await subscribe(pool, clock, start=start)
    assert (made.started, anew.started) == (Start.NOW, start)
    peer = Peer(Answer(200))
    await run(pool, clock, peer)
    assert sorted(time for time, _ in peer.got) == [moments[one] for one in sent]


async def test_what_nobody_took_in_days_is_not_sent_again_because_it_is_enabled(
    pool: Pool, clock: HandClock
) -> None:
    await subscribe(pool, clock)
    await happen(pool, 1)
    await run(pool, clock, Peer(Answer(500)))
    await pool.execute("UPDATE webhook_event SET due = NULL")
    peer = Peer(Answer(200))
    for enabled in (False, True):
        await subscribe(pool, clock, enabled=enabled)
        assert await run(pool, clock, peer) == 0
    assert await send_again(pool, "hook", clock) == 1
    assert await run(pool, clock, peer) == 1


async def test_only_the_types_that_are_wanted_are_sent(
    pool: Pool, clock: HandClock
) -> None:
    await subscribe(pool, clock, types=frozenset({WITHDRAWN}))
    await happen(pool, 1)
    withdrawn = await happen(pool, 2, granted=False)
    peer = Peer(Answer(200))
    await run(pool, clock, peer)
    assert [time for time, _ in peer.got] == [withdrawn]


async def test_a_webhook_keeps_its_secret_and_its_place_when_it_is_changed(
    pool: Pool, clock: HandClock
) -> None:
    made = await subscribe(pool, clock)
    await happen(pool, 1)
    changed = await subscribe(pool, clock, url="https://example.com/other")
    assert (made.is_new, changed.is_new) == (True, False)
    assert changed.row.secret == made.row.secret
    assert changed.row.revision == made.row.revision + 1
    assert await run(pool, clock, Peer(Answer(200))) == 1


async def test_one_that_takes_nothing_holds_up_no_other(
    pool: Pool, clock: HandClock
) -> None:
    await subscribe(pool, clock)
    other = Wanted("https://example.org/", frozenset({GRANTED}), enabled=True)
    assert not isinstance(
        await save_webhook(pool, "other", other, None, clock), Unsaved
    )
    await happen(pool, 1)
    peer = Peer(Answer(500), Answer(200))
    assert await run(pool, clock, peer) == 2
    left = await pool.fetch("SELECT webhook_id FROM webhook_event")
    assert len(left) == 1


@pytest.mark.parametrize("tries", [1, 3])
async def test_two_processes_that_tried_at_once_count_it_once(
    pool: Pool, clock: HandClock, tries: int
) -> None:
    await subscribe(pool, clock)
    await happen(pool, 1)
    await run(pool, clock, Peer(Answer(500)))
    one = webhooks.Waiting(
        await pool.fetchval("SELECT event_id FROM webhook_event"), b""
    )
    async with pool.acquire() as connection:
        for _ in range(tries):
            why = ("timeout", clock())
            await webhooks.failed(connection, "hook", one, None, why)
    assert await pool.fetchval("SELECT attempts FROM webhook_event") == 1
