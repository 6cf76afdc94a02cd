"""A line of uploads: what queued while the last flush committed goes into the next one.

No timer and one flush in flight, so that a lone upload waits for nothing and many share
one commit. Whoever has waited too long is told so by one look at the head of the line.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from geopush.core.change import Answer, Upload
from geopush.errors import Overloaded
from geopush.flows.pace import Tempo

UPLOADS = 128  # a flush; more would release its answers as a herd
PINGS = 4_000  # of them at most this many pings, so that a flush stays short
ROOM = 50_000  # pings that may wait; beyond it a phone is told to come back
PATIENCE = 4.0  # seconds until an upload that waits is told to come back
COME_BACK = 2  # seconds, to phones turned away for another reason than a full line

Waiting = tuple[Upload, "asyncio.Future[Answer]"]
Flush = Callable[[Sequence[Waiting]], Awaitable[None]]


class Line:
    """Uploads that wait, and whoever waits for their answers."""

    def __init__(self, flush: Flush) -> None:
        """``flush`` answers every upload that it is given."""
        self._flush = flush
        self._queue: deque[Waiting] = deque()
        self._patience: deque[tuple[float, asyncio.Future[Answer]]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._pings_waiting = 0
        self.tempo = Tempo()
        self._flusher: asyncio.Task[None] | None = None
        self._draining = False

    def __len__(self) -> int:
        return len(self._queue)

    async def take(self, upload: Upload) -> Answer:
        """Return the answer to an upload; ``Overloaded`` if there is none in time."""
        size = len(upload.pings) or 1  # one with none takes some room too
        if self._draining:
            raise Overloaded(COME_BACK)
        if self._pings_waiting + size > ROOM:
            raise Overloaded(self._wait())
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._queue.append((upload, answer))
        self._pings_waiting += size
        self._patience.append((loop.time() + PATIENCE, answer))
        if self._flusher is None:
            self._flusher = loop.create_task(self._flush_all())
        if self._watch is None:
            self._watch = loop.call_later(PATIENCE, self._turn_away)
        return await answer

    @property
    def is_busy(self) -> bool:
        """Whether anybody waits for an answer."""
        return self._flusher is not None

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
        if self._watch is not None:
            self._watch.cancel()

    async def _flush_all(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await asyncio.sleep(0)  # those who come at the same moment go along
            while self._queue:
                began = loop.time()
                await self._flush(self._next_batch())
                self.tempo.note(loop.time() - began)
                self._forget_answered()
        finally:
            self._flusher = None

    def _next_batch(self) -> list[Waiting]:
        """What goes into the next flush; nobody waits any more for what is left out."""
        batch: list[Waiting] = []
        pings = 0
        while self._queue and len(batch) < UPLOADS and pings < PINGS:
            upload, answer = self._queue.popleft()
            self._pings_waiting -= (size := len(upload.pings) or 1)
            if not answer.done():
                pings += size
                batch.append((upload, answer))
        return batch

    def _forget_answered(self) -> None:
        while self._patience and self._patience[0][1].done():
            self._patience.popleft()

    def _turn_away(self) -> None:
        """Tell those whose patience is over, and look again when the next one's is."""
        loop = asyncio.get_running_loop()
        while self._patience and self._patience[0][0] <= loop.time():
            _, answer = self._patience.popleft()
            if not answer.done():
                answer.set_exception(Overloaded(self._wait()))
        self._watch = None
        if self._patience:
            self._watch = loop.call_at(self._patience[0][0], self._turn_away)

    def _wait(self) -> int:
        """In how many seconds all who wait now are likely to be answered."""
        flushes = max(len(self._queue) / UPLOADS, self._pings_waiting / PINGS)
        return self.tempo.wait(flushes)
