"""Messages out: claim what is due, look once more, send, settle.

A claim is committed before anything is sent. What the gateways said is kept until it is
written, so that a database that is away for a moment makes no answer unknown.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from geopush import log
from geopush.clock import Clock, Mint
from geopush.core.catalog import Catalog
from geopush.core.known import KnownOf
from geopush.core.lastlook import objection
from geopush.core.message import (
    AddressDead,
    AddressKind,
    Fate,
    Message,
    Outcome,
    Platform,
    Rejected,
    State,
    Transient,
    end,
    settle,
)
from geopush.core.ping import CustomerKey
from geopush.metrics import Metrics
from geopush.push.gateway import Gateway
from geopush.store import outbox, presences
from geopush.store.addresses import lose_address
from geopush.store.pool import Pool, lost
from geopush.store.tallies import give_back

BATCH = 200  # messages in one claim
LEASE = timedelta(seconds=90)  # three send deadlines; a worker that dies holds so long
LOOK_AGAIN = 0.1  # seconds between looks when nothing woke us
LAPSE_EVERY = 50  # looks between ends of lapsed claims

Gateways = Mapping[tuple[str, Platform], Gateway]


class Deliver:
    """Sends what the outbox holds through the gateway of each app and platform."""

    def __init__(
        self,
        pool: Pool,
        gateways: Gateways,
        catalog: Callable[[], Awaitable[Catalog]],
        clock: Clock,
        mint: Mint,
        metrics: Metrics,
    ) -> None:
        """``catalog`` gives the one that is in force, whoever changed it last."""
        self._pool = pool
        self._gateways = gateways
        self._catalog = catalog
        self._clock = clock
        self._mint = mint
        self._metrics = metrics
        self._unsettled: list[tuple[Fate, Outcome | None]] = []
        self._turn = asyncio.Lock()
        self._awake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look into the outbox now."""
        self._awake.set()

    async def stop(self) -> None:
        """Claim nothing more; what is being sent is still settled."""
        self._stopping = True
        self._awake.set()

    async def run(self) -> None:
        """Deliver until stopped; a database that is away is waited for."""
        looks = 0
        while not self._stopping:
            try:
                if looks % LAPSE_EVERY == 0:
                    await self._lapse()
                looks += 1
                if await self.run_once():
                    continue
            except Exception as error:  # the loop must go on
                self._complain(error)
            await self._wait()

    async def run_once(self) -> int:
        """Deliver one batch; return how many messages it had."""
        async with self._turn:
            return await self._deliver()

    async def _deliver(self) -> int:
        await self._write()
        async with self._pool.acquire() as connection:
            claimed = await outbox.claim(
                connection, BATCH, self._mint(), self._clock(), LEASE
            )
        if not claimed:
            return 0
        try:
            catalog, known = await self._catalog(), await self._known(claimed)
        except Exception:  # nothing has left yet, so nothing is in doubt
            again = [self._postponed(one) for one in claimed]
            self._unsettled += [(fate, None) for fate in again]
            raise
        await asyncio.gather(*(self._handle(one, catalog, known) for one in claimed))
        await self._write()
        return len(claimed)

    async def _known(self, claimed: Sequence[Message]) -> KnownOf:
        keys = [CustomerKey(one.bucket, one.customer_id) for one in claimed]
        async with self._pool.acquire() as connection:
            return await presences.load(connection, keys)

    def _postponed(self, message: Message) -> Fate:
        return Fate(message, State.RETRY, self._clock(), "not_looked_at")

    async def _handle(self, message: Message, catalog: Catalog, known: KnownOf) -> None:
        """Take one message as far as it gets, and keep what became of it."""
        now = self._clock()
        key = CustomerKey(message.bucket, message.customer_id)
        offer = catalog.offer(message.offer_id)
        against = objection(message, offer, known.get(key), now)
        if against is not None:
            fate = end(message, against.state, now, against.reason)
            self._unsettled.append((fate, None))
            return
        outcome = await self._send(message)
        self._unsettled.append((settle(message, outcome, self._clock()), outcome))

    async def _send(self, message: Message) -> Outcome:
        if message.address is None:
            return Rejected("no_address")
        apple = message.address.kind is AddressKind.APNS_TOKEN
        platform = Platform.IOS if apple else Platform.ANDROID
        gateway = self._gateways.get((message.app, platform))
        if gateway is None:
            return Rejected("no_gateway")
        try:
            return await gateway.send(message)
        except Exception as error:  # one message must not take a batch with it
            log.failed("message.send_failed", error, message_id=str(message.message_id))
            return Transient("send_failed", ambiguous=True)

    async def _write(self) -> None:
        """Settle what is known, give back what was not sent, forget dead addresses."""
        if not self._unsettled:
            return
        settling, now = self._unsettled[:], self._clock()
        async with self._pool.acquire() as connection, connection.transaction():
            settled = await outbox.settle(connection, [one for one, _ in settling], now)
            await give_back(connection, settled)
            for fate, outcome in settling:
                if isinstance(outcome, AddressDead):
                    await lose_address(connection, fate.message, now, outcome.since)
        del self._unsettled[: len(settling)]
        self._count(settling)

    def _count(self, settling: Sequence[tuple[Fate, Outcome | None]]) -> None:
        for fate, _ in settling:
            self._metrics.messages.labels(fate.state).inc()
            if fate.state not in (State.ACCEPTED, State.RETRY):
                log.info(
                    "message.ended",
                    message_id=str(fate.message.message_id),
                    state=fate.state,
                    reason=fate.reason,
                )

    async def _lapse(self) -> None:
        async with self._pool.acquire() as connection:
            await outbox.lapse(connection, self._clock())

    def _complain(self, error: Exception) -> None:
        if lost(error):
            log.warning("deliver.database_away", error)
        else:
            log.failed("deliver.failed", error)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_AGAIN):
                await self._awake.wait()
        except TimeoutError:
            return
        self._awake.clear()
