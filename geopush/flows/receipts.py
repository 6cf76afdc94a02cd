"""Receipts in: kept once each, and the wishes of their buttons fulfilled."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from geopush.clock import Clock
from geopush.core.catalog import Catalog
from geopush.core.known import Known
from geopush.core.merge import revised
from geopush.core.receipt import Receipt, Wish, granted
from geopush.core.token import DeviceToken, ReceiptToken
from geopush.store import customers, receipts
from geopush.store.again import transact
from geopush.store.pool import Connection, Pool
from geopush.store.receipts import About, key_of


class Counted(Struct, frozen=True):
    """What became of receipts; ``unknown``: of no message that is the reporter's."""

    accepted: int
    repeated: int
    unknown: int


class Receipts:
    """Takes receipts from phones, or from whoever holds a message's own token."""

    def __init__(
        self, pool: Pool, catalog: Callable[[], Catalog], clock: Clock
    ) -> None:
        self._pool = pool
        self._catalog = catalog
        self._clock = clock

    async def take(
        self, who: DeviceToken | ReceiptToken, given: Sequence[Receipt]
    ) -> Counted:
        """Keep receipts; a repeat changes nothing."""
        now = self._clock()

        async def work(connection: Connection) -> Counted:
            ids = {one.message_id for one in given}
            if isinstance(who, ReceiptToken):
                ids &= {who.message_id}
            found = await receipts.find(connection, ids, who.bucket)
            mine = [
                (about, one)
                for one in given
                if (about := found.get(one.message_id)) and _may(who, about)
            ]
            new = await receipts.add(connection, mine, now)
            for about, one in mine:
                if key_of(one) in new:
                    await self._fulfil(connection, about, one, now)
            return Counted(len(new), len(mine) - len(new), len(given) - len(mine))

        return await transact(self._pool, work)

    async def _fulfil(
        self, connection: Connection, about: About, receipt: Receipt, now: datetime
    ) -> None:
        if receipt.button is None or receipt.button not in set(Wish):
            return
        wish = Wish(receipt.button)
        offer = self._catalog().offer(about.offer_id)
        topics = () if offer is None else offer.audience.topics

        def wished(known: Known) -> Known:
            before = known.profile
            preferences = granted(
                wish, before.preferences, zone_id=about.zone_id, topics=topics, now=now
            )
            after = replace(before, preferences=preferences)
            return replace(known, profile=revised(before, after))

        key = await customers.resolve(connection, about.customer_id)
        await customers.revise(connection, [key], wished)


def _may(who: DeviceToken | ReceiptToken, about: About) -> bool:
    return isinstance(who, ReceiptToken) or about.device_id == who.device_id
