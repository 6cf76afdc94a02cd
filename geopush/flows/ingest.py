"""Pings in: what queued while the last flush committed goes into the next one.

No timer and one flush in flight, so that a lone ping waits for nothing and many share
one commit. An answer is given only once everything it caused is committed.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from geopush import log
from geopush.clock import Clock
from geopush.core.change import Answer, Change, Taken, UnknownDevice, Upload
from geopush.core.evaluate import evaluate
from geopush.core.occasion import World
from geopush.core.ping import CustomerKey
from geopush.errors import Overloaded
from geopush.flows.deciding import tell
from geopush.metrics import Metrics
from geopush.store import devices, presences
from geopush.store.pool import Connection, Pool, lost

UPLOADS = 128  # a flush; more would release its answers as a herd
PINGS = 4_000  # of them at most this many pings, so that a flush stays short
ROOM = 50_000  # pings that may wait; beyond it a phone is told to come back
RACES = 3  # lost races before a customer's row is locked
PATIENCE = 4.0  # seconds until an upload that waits is told to come back
LONGEST_FLUSH = 4.0  # seconds; a database that takes longer is taken for away
COME_BACK = 2  # seconds, to phones turned away

Waiting = tuple[Upload, "asyncio.Future[Answer]"]


class Ingest:
    """Takes uploads and answers each once it is committed."""

    def __init__(
        self,
        pool: Pool,
        world: Callable[[], World],
        clock: Clock,
        metrics: Metrics,
        on_messages: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._world = world
        self._clock = clock
        self._metrics = metrics
        self._on_messages = on_messages
        self._queue: deque[Waiting] = deque()
        self._pings_waiting = 0
        self._flusher: asyncio.Task[None] | None = None
        self._draining = False

    async def take(self, upload: Upload) -> Answer:
        """Commit an upload with all it causes; ``Overloaded`` if it cannot be."""
        size = len(upload.pings)
        if self._draining or self._pings_waiting + size > ROOM:
            raise Overloaded(COME_BACK)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append((upload, answer))
        self._pings_waiting += size
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush_all())
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError:
            raise Overloaded(COME_BACK) from None

    def trouble(self) -> str | None:
        """Say why uploads are turned away, if they are or soon will be."""
        if self._draining:
            return "the service is stopping"
        if self._pings_waiting > 0.8 * ROOM:
            return "too many pings wait"
        return None

    async def drain(self) -> None:
        """Take nothing more, and wait until everything taken is answered."""
        self._draining = True
        if self._flusher is not None:
            await self._flusher

    async def _flush_all(self) -> None:
        try:
            while self._queue:
                batch = self._next_batch()
                self._metrics.waiting.set(len(self._queue))
                await self._flush(batch)
        finally:
            self._flusher = None

    def _next_batch(self) -> list[Waiting]:
        """What goes into the next flush; nobody waits any more for what is left out."""
        batch: list[Waiting] = []
        pings = 0
        while self._queue and len(batch) < UPLOADS and pings < PINGS:
            upload, answer = self._queue.popleft()
            self._pings_waiting -= len(upload.pings)
            if not answer.done():
                pings += len(upload.pings)
                batch.append((upload, answer))
        return batch

    async def _flush(self, batch: Sequence[Waiting]) -> None:
        uploads = [upload for upload, _ in batch]
        answers: dict[int, Answer] = {}
        try:
            async with asyncio.timeout(LONGEST_FLUSH):
                with self._metrics.flush_seconds.time():
                    await self._commit(uploads, answers)
        except Exception as error:  # handed to whoever waits and is not committed
            left = [one for at, one in enumerate(batch) if at not in answers]
            self._tell_waiting(batch, answers)
            await self._fail(left, error)
        else:
            self._tell_waiting(batch, answers)

    def _tell_waiting(
        self, batch: Sequence[Waiting], answers: Mapping[int, Answer]
    ) -> None:
        for at, answer in answers.items():
            self._count(answer)
            _, waiting = batch[at]
            if not waiting.done():
                waiting.set_result(answer)

    async def _fail(self, batch: Sequence[Waiting], error: Exception) -> None:
        """Tell those who wait; one upload that cannot be taken must not fail others."""
        gone = isinstance(error, TimeoutError) or lost(error)
        if not gone and len(batch) > 1:
            for one in batch:
                await self._flush([one])
            return
        log.warning("ingest.failed", error, uploads=len(batch))
        for _, waiting in batch:
            if not waiting.done():
                waiting.set_exception(Overloaded(COME_BACK) if gone else error)

    async def _commit(
        self, uploads: Sequence[Upload], answers: dict[int, Answer]
    ) -> None:
        """Read, decide, write; who loses a race reads and decides again.

        ``answers`` has those that are committed, also when this fails half-way.
        """
        left = dict(enumerate(uploads))
        async with self._pool.acquire() as connection:
            for _ in range(RACES):
                self._tell(await self._try(connection, left, answers))
                if not left:
                    return
                self._metrics.lost_races.inc(len(left))
            locked: dict[int, Answer] = {}
            async with connection.transaction():
                await presences.lock(connection, _customers(left))
                written = await self._try(connection, left, locked)
            answers.update(locked)
            self._tell(written)
        if left:
            raise Overloaded(COME_BACK)

    async def _try(
        self,
        connection: Connection,
        left: dict[int, Upload],
        answers: dict[int, Answer],
    ) -> Sequence[Change]:
        """One read, one decision, one write; what it settles moves to the answers."""
        known = await presences.load(connection, _customers(left))
        for at, upload in list(left.items()):
            customer = known.get(upload.customer)
            if customer is None or upload.device_id not in customer.profile.devices:
                await self._find(connection, at, left, answers)
        here = {
            at: one
            for at, one in left.items()
            if (customer := known.get(one.customer)) is not None
            and one.device_id in customer.profile.devices
        }
        if not here:
            return ()
        evaluation = evaluate(tuple(here.values()), known, self._world(), self._clock())
        won = await presences.commit(connection, evaluation.changes)
        lost_race = {one.known.customer for one in evaluation.changes} - won
        for (at, upload), answer in zip(here.items(), evaluation.answers, strict=True):
            if upload.customer not in lost_race:
                answers[at] = answer
                del left[at]
        return [one for one in evaluation.changes if one.known.customer in won]

    def _tell(self, written: Sequence[Change]) -> None:
        tell(written, self._metrics, self._on_messages)

    async def _find(
        self,
        connection: Connection,
        at: int,
        left: dict[int, Upload],
        answers: dict[int, Answer],
    ) -> None:
        """Look up whose this device is now; a device that is gone is answered."""
        upload = left[at]
        customer = await devices.locate(connection, upload.device_id)
        if customer is None:
            answers[at] = UnknownDevice()
            del left[at]
        else:
            left[at] = replace(upload, customer=customer)

    def _count(self, answer: Answer) -> None:
        if isinstance(answer, Taken):
            self._metrics.pings.labels("accepted").inc(answer.accepted)
            self._metrics.pings.labels("late").inc(answer.late)
            self._metrics.pings.labels("repeated").inc(answer.repeated)
            self._metrics.pings.labels("rejected").inc(len(answer.rejected))


def _customers(uploads: dict[int, Upload]) -> list[CustomerKey]:
    return [one.customer for one in uploads.values()]
