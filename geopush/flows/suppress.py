"""A customer says stop: nothing more, for ever, and nothing that waits is sent."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from geopush.clock import Clock
from geopush.core.known import Known
from geopush.core.merge import revised
from geopush.core.ping import CustomerKey
from geopush.core.suppression import Stop, stopped
from geopush.store import customers
from geopush.store.again import transact
from geopush.store.pool import Connection, Pool
from geopush.store.suppressions import Suppressions, let_nobody_come, withdraw_from
from geopush.store.tallies import give_back


class Stopped(Struct, frozen=True):
    """Who gets no offer any more, and since when."""

    customer_id: str
    stopped_at: datetime


class Suppress:
    """Keeps who said stop, whether anything else is known of them or not."""

    def __init__(self, pool: Pool, suppressions: Suppressions, clock: Clock) -> None:
        self._pool = pool
        self._suppressions = suppressions
        self._clock = clock

    async def stop(self, customer_id: str) -> Stopped:
        """Send a customer nothing ever again; saying it twice is saying it once."""
        now = self._clock()

        async def work(connection: Connection) -> Stopped:
            key, known = await _look(connection, customer_id)
            if known is None:
                return await self._mark(connection, key, Stop(now))
            stop = stopped(known.profile.stop, now)
            after = revised(known.profile, replace(known.profile, stop=stop))
            if after != known.profile:
                await customers.save(connection, replace(known, profile=after))
            withdrawn = await withdraw_from(connection, key, now)
            await give_back(connection, withdrawn)
            return await self._mark(connection, key, stop)

        return await transact(self._pool, work)

    async def _mark(
        self, connection: Connection, key: CustomerKey, stop: Stop
    ) -> Stopped:
        await self._suppressions.add(connection, {key: stop})
        first = await self._suppressions.among(connection, [key])
        return Stopped(key.customer_id, first[key].at)


async def _look(
    connection: Connection, customer_id: str
) -> tuple[CustomerKey, Known | None]:
    """Lock a customer's row, or see to it that there will be none."""
    key = await customers.resolve(connection, customer_id)
    known = (await customers.hold(connection, [key])).get(key)
    if known is not None:
        return key, known
    await let_nobody_come(connection)
    key = await customers.resolve(connection, customer_id)
    return key, (await customers.hold(connection, [key])).get(key)
