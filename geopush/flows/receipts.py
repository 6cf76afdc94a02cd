"""Receipts in: kept once each, with the customer too, and their wishes fulfilled."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from geopush.clock import Clock
from geopush.core.answer import Answer, follow_up
from geopush.core.catalog import Catalog
from geopush.core.change import Change
from geopush.core.known import Known, KnownOf
from geopush.core.merge import revised
from geopush.core.occasion import World
from geopush.core.offer import Offer, parse_offer
from geopush.core.ping import CustomerKey, DeviceId
from geopush.core.receipt import Receipt, ReceiptKind, Wish, granted, reported
from geopush.core.token import DeviceToken, ReceiptToken
from geopush.flows.deciding import Deciding
from geopush.store import customers, receipts
from geopush.store.again import transact
from geopush.store.offers import load_offer
from geopush.store.pool import Connection, Pool
from geopush.store.receipts import About, key_of
from zones import ZoneId

Given = tuple[About, Receipt]


class Counted(Struct, frozen=True):
    """What became of receipts; ``unknown``: of no message that is the reporter's."""

    accepted: int
    repeated: int
    unknown: int


class Receipts:
    """Takes receipts from phones, or from whoever holds a message's own token."""

    def __init__(
        self,
        pool: Pool,
        catalog: Callable[[], Catalog],
        deciding: Deciding,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._catalog = catalog
        self._deciding = deciding
        self._clock = clock

    async def take(
        self, who: DeviceToken | ReceiptToken, given: Sequence[Receipt]
    ) -> Counted:
        """Keep receipts; a repeat changes nothing."""
        now = self._clock()

        async def work(connection: Connection) -> tuple[Counted, Sequence[Change]]:
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
            fresh = [(about, one) for about, one in mine if key_of(one) in new]
            written = await self._take_in(connection, fresh, now)
            unknown = len(given) - len(mine)
            return Counted(len(new), len(mine) - len(new), unknown), written

        counted, written = await transact(self._pool, work)
        self._deciding.tell(written)
        return counted

    async def _take_in(
        self, connection: Connection, fresh: Sequence[Given], now: datetime
    ) -> Sequence[Change]:
        """Keep with their customers what was reported, and do what they wish."""
        whose: dict[CustomerKey, list[Given]] = {}
        for about, one in fresh:
            key = await customers.resolve(connection, about.customer_id)
            whose.setdefault(key, []).append((about, one))
        called = {
            about.offer_id: await _conversion(connection, about.offer_id)
            for about, one in fresh
            if one.kind is ReceiptKind.CONVERTED
        }

        def told(known: Known) -> Known:
            for about, one in whose[known.customer]:
                known = _report(known, about, one, called.get(about.offer_id))
                known = self._wish(known, about, one, now)
            return known

        await customers.revise(connection, whose, told)
        return await self._follow_up(connection, whose, now)

    async def _follow_up(
        self,
        connection: Connection,
        whose: Mapping[CustomerKey, Sequence[Given]],
        now: datetime,
    ) -> Sequence[Change]:
        """Decide about offers that wait for an answer, in the same transaction.

        So an answer that is kept has been decided about, and one that is repeated is
        not decided about again.
        """
        answers = [
            answer
            for key, mine in whose.items()
            for about, one in mine
            if (answer := _answer(key, about, one, now)) is not None
        ]

        def decide(known: KnownOf, world: World, now: datetime) -> Sequence[Change]:
            return follow_up(answers, known, world, now)

        asked = {answer.customer for answer in answers}
        return await self._deciding.settle(connection, asked, decide) if asked else ()

    def _wish(
        self, known: Known, about: About, receipt: Receipt, now: datetime
    ) -> Known:
        if receipt.button is None or receipt.button not in set(Wish):
            return known
        offer = self._catalog().offer(about.offer_id)
        before = known.profile
        preferences = granted(
            Wish(receipt.button),
            before.preferences,
            zone_id=about.zone_id,
            topics=() if offer is None else offer.audience.topics,
            now=now,
        )
        after = replace(before, preferences=preferences)
        return replace(known, profile=revised(before, after))


def _answer(
    key: CustomerKey, about: About, receipt: Receipt, now: datetime
) -> Answer | None:
    """What a receipt says in answer to a question that was asked at a zone."""
    button, zone_id = receipt.button, about.zone_id
    if receipt.kind is not ReceiptKind.ANSWERED or button is None or zone_id is None:
        return None
    return Answer(
        customer=key,
        device_id=DeviceId(about.device_id),
        message_id=receipt.message_id,
        offer_id=about.offer_id,
        zone_id=ZoneId(zone_id),
        button=button,
        at=min(receipt.at, now),
    )


def _report(
    known: Known, about: About, receipt: Receipt, conversion: str | None
) -> Known:
    reports = reported(known.state.reports, receipt, about.offer_id, conversion)
    return replace(known, state=replace(known.state, reports=reports))


async def _conversion(connection: Connection, offer_id: str) -> str | None:
    """What an offer calls its success, whatever became of the offer."""
    row = await load_offer(connection, offer_id)
    offer = None if row is None else parse_offer(offer_id, row.document or b"")
    if not isinstance(offer, Offer) or offer.experiment is None:
        return None
    conversion = offer.experiment.conversion
    return None if conversion is None else conversion.event


def _may(who: DeviceToken | ReceiptToken, about: About) -> bool:
    return isinstance(who, ReceiptToken) or about.device_id == who.device_id
