"""The feed to webhooks: take over what is new, send what is due, write what came of it.

Pauses between tries are rows of the database; nothing here sleeps them away.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from geopush import log
from geopush.clock import Clock
from geopush.core.feed import as_cloud_event
from geopush.core.webhook import Answer, headers, next_try
from geopush.metrics import Metrics
from geopush.store import webhooks
from geopush.store.feed import tell
from geopush.store.pool import Pool, lost
from geopush.store.webhooks import Waiting, WebhookRow

BATCH = 500  # events of one webhook at a time
AT_ONCE = 8  # of them on their way
MOST_WAITING = 2_000  # of one webhook; what is beyond waits in the feed


class Sender(Protocol):
    """Posts one event somewhere; never raises."""

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once and say what came of it."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


class Webhooks:
    """Sends what the feed tells to whoever asked; no webhook waits for another."""

    def __init__(
        self, pool: Pool, sender: Sender, clock: Clock, metrics: Metrics
    ) -> None:
        self._pool = pool
        self._sender = sender
        self._clock = clock
        self._metrics = metrics
        self._batches: dict[str, asyncio.Task[None]] = {}

    async def run_once(self) -> int:
        """Take over, and begin to send; return how many events that were."""
        async with self._pool.acquire() as connection:
            rows = await webhooks.load_enabled(connection)
        begun = 0
        for row in rows:
            if row.webhook_id not in self._batches:
                begun += await self._begin(row)
        return begun

    async def settled(self) -> None:
        """Wait for all that are on their way."""
        await asyncio.gather(*self._batches.values())

    async def _begin(self, row: WebhookRow) -> int:
        await self._take_over(row.webhook_id)
        async with self._pool.acquire() as connection:
            now = self._clock()
            events = await webhooks.due(connection, row.webhook_id, now, BATCH)
        if events:
            batch = asyncio.create_task(self._send_all(row, events))
            self._batches[row.webhook_id] = batch
            batch.add_done_callback(lambda _: self._batches.pop(row.webhook_id))
        return len(events)

    async def _take_over(self, webhook_id: str) -> None:
        """Copy what is new in the feed; the row is held, so that it is copied once."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await webhooks.find(connection, webhook_id, hold=True)
            if row is None or not row.enabled:
                return
            room = MOST_WAITING - await webhooks.count_waiting(connection, webhook_id)
            if room <= 0:
                return
            told = await tell(connection, row.after, row.types, min(room, BATCH))
            if told is None:
                await webhooks.shut(connection, webhook_id, "cursor_gone")
                return
            events = [
                (one.place, Waiting(one.event_id, _encode(as_cloud_event(one))))
                for one in told.events
            ]
            if events or told.next_place > row.after:
                now = self._clock()
                await webhooks.take_over(
                    connection, webhook_id, events, told.next_place, now
                )

    async def _send_all(self, row: WebhookRow, events: Sequence[Waiting]) -> None:
        room = asyncio.Semaphore(AT_ONCE)

        async def send(one: Waiting) -> None:
            async with room:
                await self._send(row, one)

        try:
            await asyncio.gather(*map(send, events))
        except Exception as error:  # what was not written is sent once more
            _complain(row.webhook_id, error)

    async def _send(self, row: WebhookRow, one: Waiting) -> None:
        signed = headers(one.event_id, one.body, row.secret, self._clock())
        answer = await self._sender.send(row.url, one.body, signed)
        self._metrics.webhooks.labels("taken" if answer.is_taken else "failed").inc()
        async with self._pool.acquire() as connection:
            if answer.is_taken:
                await webhooks.taken(connection, row.webhook_id, one)
                return
            now = self._clock()
            when = next_try(one.event_id, one.attempts + 1, answer, now)
            why = answer.in_a_word, now
            await webhooks.failed(connection, row.webhook_id, one, when, why)
            if answer.is_gone:
                await webhooks.shut(connection, row.webhook_id, answer.in_a_word)


_encode = msgspec.json.Encoder().encode


def _complain(webhook_id: str, error: Exception) -> None:
    if lost(error):
        log.warning("webhooks.database_away", error, webhook_id=webhook_id)
    else:
        log.failed("webhooks.failed", error, webhook_id=webhook_id)
