"""Messages out: a lane for each app and gateway, so that none waits for another.

Between the lanes' looks, claims of workers that are gone end here, and messages whose
time is over.
"""

import asyncio
from collections.abc import Mapping

from geopush.flows.glance import Glance
from geopush.flows.lane import Lane, Means, Way, Ways, complain
from geopush.push.gateway import Gateway
from geopush.push.throttle import STEADY, Pace, Throttle
from geopush.store import outbox
from geopush.store.outbox import Of
from geopush.store.tallies import give_back

TEND_EVERY = 5.0  # seconds between ends of what is over

Gateways = Mapping[Way, Gateway]


class Deliver:
    """Sends what the outbox holds through the gateway of each app and platform."""

    def __init__(self, means: Means, gateways: Gateways, pace: Pace = STEADY) -> None:
        self._means = means
        self._throttles = {way: Throttle(pace) for way in gateways}
        ways = Ways(gateways, self._throttles, Glance(means.pool, means.world))
        named = {_name(way): throttle for way, throttle in self._throttles.items()}
        self._lanes = [
            *(Lane(means, ways, Of(lane=name), named[name]) for name in named),
            Lane(means, ways, Of(no_lanes=tuple(named)), None),
        ]
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        """Look into the outbox now."""
        for lane in self._lanes:
            lane.wake()

    async def stop(self) -> None:
        """Claim nothing more; what is being sent is still settled."""
        self._stopping.set()
        for lane in self._lanes:
            lane.stop()

    async def run(self) -> None:
        """Deliver until stopped; a database that is away is waited for."""
        await asyncio.gather(self._tend(), *(lane.run() for lane in self._lanes))

    async def run_once(self) -> int:
        """Deliver one batch of each lane; return how many messages they had."""
        return sum(await asyncio.gather(*(lane.run_once() for lane in self._lanes)))

    def troubles(self) -> dict[str, str]:
        """Say what keeps messages waiting, by lane; nothing if all is well."""
        found = {
            _name(way): throttle.trouble(self._means.ticks())
            for way, throttle in self._throttles.items()
        }
        return {lane: text for lane, text in found.items() if text is not None}

    def measure(self) -> None:
        """Show how each lane is doing."""
        for way, throttle in self._throttles.items():
            trouble = throttle.trouble(self._means.ticks())
            self._means.metrics.lane_in_flight.labels(*way).set(throttle.in_flight)
            self._means.metrics.lane_limit.labels(*way).set(throttle.limit)
            self._means.metrics.lane_in_trouble.labels(*way).set(trouble is not None)

    async def tend_once(self) -> None:
        """End claims of workers that are gone, and messages whose time is over."""
        now = self._means.clock()
        async with self._means.pool.acquire() as connection, connection.transaction():
            await outbox.lapse(connection, now)
            await give_back(connection, await outbox.expire(connection, now))

    async def _tend(self) -> None:
        while not self._stopping.is_set():
            try:
                await self.tend_once()
            except Exception as error:  # the loop must go on
                complain(error)
            try:
                async with asyncio.timeout(TEND_EVERY):
                    await self._stopping.wait()
            except TimeoutError:
                continue


def _name(way: Way) -> str:
    app, platform = way
    return f"{app}/{platform}"
