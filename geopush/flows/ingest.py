"""Pings in: a flush reads, decides and commits for all uploads that waited together.

An answer is given only once everything it caused is committed.
"""

import asyncio
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
from geopush.flows.line import COME_BACK, Line, Waiting
from geopush.metrics import Metrics
from geopush.store import devices, presences
from geopush.store.pool import Connection, Pool, lost

RACES = 3  # lost races before a customer's row is locked
LONGEST_FLUSH = 4.0  # seconds; a database that takes longer is taken for away


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
        self._line = Line(self._flush)

    async def take(self, upload: Upload) -> Answer:
        """Commit an upload with all it causes; ``Overloaded`` if it cannot be."""
        return await self._line.take(upload)

    @property
    def is_busy(self) -> bool:
        """Whether a phone waits for an answer."""
        return self._line.is_busy

    def trouble(self) -> str | None:
        """Say why uploads are turned away, if they are or soon will be."""
        return self._line.trouble()

    async def drain(self) -> None:
        """Take nothing more, and wait until everything taken is answered."""
        await self._line.drain()

    async def _flush(self, batch: Sequence[Waiting]) -> None:
        self._metrics.waiting.set(len(self._line))
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
            _, waiting = batch[at]
            if not waiting.done():
                waiting.set_result(answer)
        taken = [one for one in answers.values() if isinstance(one, Taken)]
        self._metrics.count_pings(
            accepted=sum(one.accepted for one in taken),
            late=sum(one.late for one in taken),
            repeated=sum(one.repeated for one in taken),
            rejected=sum(len(one.rejected) for one in taken),
        )

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
        here: dict[int, Upload] = {}
        for at, upload in list(left.items()):
            customer = known.get(upload.customer)
            if customer is not None and upload.device_id in customer.profile.devices:
                here[at] = upload
            else:
                await self._find(connection, at, left, answers)
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


def _customers(uploads: dict[int, Upload]) -> list[CustomerKey]:
    return [one.customer for one in uploads.values()]
