"""One app's way through one gateway: claim what there is room for, look, send, settle.

A claim is committed before anything is sent. What the gateways said is kept until it is
written, so that a database that is away for a moment makes no answer unknown.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from geopush import log
from geopush.clock import Clock, mint_id
from geopush.core.lastlook import objection
from geopush.core.message import (
    AddressDead,
    AddressKind,
    AddressSuspect,
    Message,
    Objection,
    Outcome,
    Platform,
    Rejected,
    State,
    Transient,
)
from geopush.core.occasion import World
from geopush.core.outbox import Fate, settle
from geopush.core.ping import CustomerKey
from geopush.core.receipt import receipt_token
from geopush.core.token import TokenRing
from geopush.flows.glance import Glance
from geopush.flows.progress import Progress
from geopush.metrics import Metrics
from geopush.push.gateway import Gateway
from geopush.push.throttle import Throttle
from geopush.store import outbox
from geopush.store.addresses import lose_address, quarantine, release
from geopush.store.outbox import Of
from geopush.store.pool import Connection, Pool, lost
from geopush.store.tallies import give_back

BATCH = 200  # messages in one claim
LOOK_AGAIN = 0.1  # seconds between looks when nothing woke us

Way = tuple[str, Platform]
Settling = tuple[Fate, Outcome]


class Means(Struct, frozen=True):
    """What delivering needs of the house.

    ``world`` gives the one that is in force, whoever changed it last; ``lease`` is
    how long a worker that died holds its claims: three send deadlines; ``ticks`` tells
    throttles the time, in seconds that never jump.
    """

    pool: Pool
    world: Callable[[], Awaitable[World]]
    clock: Clock
    metrics: Metrics
    tokens: TokenRing
    lease: timedelta = timedelta(seconds=90)
    ticks: Callable[[], float] = time.monotonic


class Ways(Struct, frozen=True):
    """The gateways with their throttles, and the look all lanes share."""

    gateways: Mapping[Way, Gateway]
    throttles: Mapping[Way, Throttle]
    glance: Glance


class Lane:
    """Claims and sends the messages ``of`` one way, as fast as its throttle lets it.

    A lane without a throttle has no gateway: what it claims goes nowhere.
    """

    def __init__(
        self, means: Means, ways: Ways, of: Of, throttle: Throttle | None
    ) -> None:
        self._means = means
        self._ways = ways
        self._of = of
        self._throttle = throttle
        self._unsettled: list[Settling] = []
        self._alarm = False
        self._progress = Progress()
        self._batches: set[asyncio.Task[None]] = set()
        self._claiming = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._awake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look for messages now."""
        self._awake.set()

    def stop(self) -> None:
        """Claim nothing more; what is being sent is still settled."""
        self._stopping = True
        self._awake.set()

    async def run(self) -> None:
        """Deliver until stopped; a database that is away is waited for."""
        while not self._stopping:
            try:
                if await self._begin():
                    continue
            except Exception as error:  # the loop must go on
                complain(error)
            await self._wait()
        await asyncio.gather(*self._batches)

    async def run_once(self) -> int:
        """Deliver one batch, and wait for all that are under way.

        Returns how many messages it had: after 0 nothing that was due is left, unless
        the gateway is left alone.
        """
        count = await self._begin_anew()
        while count == 0 and self._batches:  # they may have taken all the room
            await asyncio.gather(*self._batches)
            count = await self._begin_anew()
        await asyncio.gather(*self._batches)
        return count

    async def _begin_anew(self) -> int:
        """Look at everything, wherever the last look came to."""
        self._progress = Progress()
        return await self._begin()

    async def _begin(self) -> int:
        """Claim as many as there is room for, and send them beside us."""
        async with self._claiming:
            claimed = await self._claim()
            if claimed:
                batch = asyncio.create_task(self._deliver(claimed))
                self._batches.add(batch)
                batch.add_done_callback(self._ended)
        return len(claimed)

    async def _claim(self) -> Sequence[Message]:
        await self._write()
        room = BATCH
        if self._throttle is not None:
            room = self._throttle.room(self._means.ticks())
        if room == 0:
            return ()
        claimed = await self._take(min(room, BATCH))
        for message in claimed:
            if throttle := self._ways.throttles.get(_way_of(message)):
                throttle.begin()
        return claimed

    async def _take(self, limit: int) -> Sequence[Message]:
        means, progress = self._means, self._progress
        async with means.pool.acquire() as connection:
            asked = progress.begin(limit, means.clock(), means.ticks())
            of = replace(self._of, since=asked.since)
            claimed = await outbox.claim(
                connection, limit, mint_id(), asked.now, means.lease, of
            )
            progress.end(asked, claimed, means.ticks())
        return claimed

    def _ended(self, batch: asyncio.Task[None]) -> None:
        self._batches.discard(batch)
        self._awake.set()  # there is room again

    async def _deliver(self, claimed: Sequence[Message]) -> None:
        await asyncio.gather(*map(self._handle, claimed))
        try:
            await self._write()
        except Exception as error:  # what was said is kept, and written later
            complain(error)

    async def _handle(self, message: Message) -> None:
        """Take one message as far as it gets, and keep what became of it."""
        way = _way_of(message)
        gateway = self._ways.gateways.get(way)
        outcome: Outcome
        if gateway is None:
            outcome = await self._last_look(message) or Rejected("no_gateway")
        else:
            outcome = await self._send(message, gateway)
        if throttle := self._ways.throttles.get(way):
            throttle.end(outcome, self._means.ticks())
        self._means.metrics.answers.labels(*way, type(outcome).__name__).inc()
        fate = settle(message, outcome, self._means.clock())
        self._unsettled.append((fate, outcome))

    async def _send(self, message: Message, gateway: Gateway) -> Outcome:
        async def last_look() -> Objection | None:
            return await self._last_look(message)

        token = self._means.tokens.sign(receipt_token(message))
        try:
            return await gateway.send(replace(message, receipt_token=token), last_look)
        except Exception as error:  # one message must not take a batch with it
            log.failed("message.send_failed", error, message_id=str(message.message_id))
            return Transient("send_failed", ambiguous=True)

    async def _last_look(self, message: Message) -> Objection | None:
        """What speaks against the message, by what is known at this moment."""
        key = CustomerKey(message.bucket, message.customer_id)
        try:
            world, known = await self._ways.glance.look(key)
        except Exception as error:  # nothing has left yet, so nothing is in doubt
            complain(error)
            return Objection(State.RETRY, "no_last_look")
        return objection(message, known, world, self._means.clock())

    async def _write(self) -> None:
        """Settle what is known, give back what was not sent, mark bad addresses."""
        async with self._writing:
            if not self._unsettled:
                return
            settling, now = self._unsettled[:], self._means.clock()
            pool = self._means.pool
            async with pool.acquire() as connection, connection.transaction():
                fates = [fate for fate, _ in settling]
                await give_back(connection, await outbox.settle(connection, fates, now))
                await self._mark(connection, settling, now)
            del self._unsettled[: len(settling)]
            self._count([fate for fate, _ in settling])

    async def _mark(
        self, connection: Connection, settling: Sequence[Settling], now: datetime
    ) -> None:
        for fate, outcome in settling:
            if isinstance(outcome, AddressDead):
                await lose_address(connection, fate.message, now, outcome.since)
        suspects = [
            fate.message
            for fate, outcome in settling
            if isinstance(outcome, AddressSuspect)
        ]
        ticks, throttle = self._means.ticks(), self._throttle
        alarm = throttle is not None and throttle.suspects_us(ticks)
        if alarm and not self._alarm:
            await release(connection, self._of.lane or "", now)
        elif not alarm:
            await quarantine(connection, suspects, now)
        self._alarm = alarm

    def _count(self, fates: Sequence[Fate]) -> None:
        for fate in fates:
            self._means.metrics.messages.labels(fate.state).inc()
            if fate.state not in (State.ACCEPTED, State.RETRY):
                log.info(
                    "message.ended",
                    message_id=str(fate.message.message_id),
                    state=fate.state,
                    reason=fate.reason,
                )

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_AGAIN):
                await self._awake.wait()
        except TimeoutError:
            return
        self._awake.clear()


def complain(error: Exception) -> None:
    """Tell the log; a database that is away is no news."""
    if lost(error):
        log.warning("deliver.database_away", error)
    else:
        log.failed("deliver.failed", error)


def _way_of(message: Message) -> Way:
    """The way a message goes now; a device may have another address than it had."""
    kind = message.address and message.address.kind
    apple = kind is AddressKind.APNS_TOKEN
    return message.app, Platform.IOS if apple else Platform.ANDROID
