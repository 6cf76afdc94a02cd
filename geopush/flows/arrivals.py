"""Customers by the thousand: page by page, each page wholly or not at all."""

from collections.abc import Mapping, Sequence
from enum import StrEnum, auto

from msgspec import Struct

from geopush.clock import Clock
from geopush.core.arrival import Arrival, arrived
from geopush.core.known import Known, KnownOf
from geopush.core.merge import UNBORN
from geopush.core.ping import CustomerKey, customer_key
from geopush.flows.profile import CRM
from geopush.store import consents, customers
from geopush.store.again import transact
from geopush.store.pool import Connection, Pool
from geopush.store.suppressions import Suppressions

PAGE = 500  # lines in one transaction: pings of these customers wait for it at most


class Written(StrEnum):
    """What became of a line."""

    CREATED = auto()
    UPDATED = auto()
    UNCHANGED = auto()
    TOO_MANY_ATTRIBUTES = auto()


class Page(Struct, frozen=True):
    """What a page made of its customers, and what became of each of its lines."""

    customers: Sequence[Known]
    answers: Sequence[consents.Row]
    written: Sequence[Written]


class Arrivals:
    """Writes customers of whom another system tells, new and known."""

    def __init__(self, pool: Pool, suppressions: Suppressions, clock: Clock) -> None:
        self._pool = pool
        self._suppressions = suppressions
        self._clock = clock

    async def take(self, told: Sequence[Arrival]) -> list[Written]:
        """Write lines in their order; say of each what became of it."""
        written: list[Written] = []
        for start in range(0, len(told), PAGE):
            written += await self._take_page(told[start : start + PAGE])
        return written

    async def _take_page(self, told: Sequence[Arrival]) -> Sequence[Written]:
        now = self._clock()

        async def work(connection: Connection) -> Sequence[Written]:
            named = {one.customer_id: customer_key(one.customer_id) for one in told}
            moved = await customers.aliases(connection, named.values())
            whose = {name: moved.get(key, key) for name, key in named.items()}
            known = await self._suppressions.hold(connection, whose.values())
            page = _read(told, whose, known)
            await customers.save_all(connection, page.customers)
            await consents.append_all(connection, page.answers, now, CRM)
            return page.written

        return await transact(self._pool, work)


def _read(
    told: Sequence[Arrival],
    whose: Mapping[str, CustomerKey],
    known: KnownOf,
) -> Page:
    """Go through the lines of a page; several may be about the same customer."""
    rows, written = dict(known), []
    answers: list[consents.Row] = []
    for one in told:
        key = whose[one.customer_id]
        before = rows[key]
        after = arrived(before, one)
        written.append(_what(before, after, is_new=before is known[key]))
        if after is not None:
            rows[key] = after
            answers += [(key, *answer) for answer in one.given.items()]
    changed = [row for key, row in rows.items() if row != known[key]]
    return Page(changed, answers, written)


def _what(before: Known, after: Known | None, *, is_new: bool) -> Written:
    if after is None:
        return Written.TOO_MANY_ATTRIBUTES
    if before.version == UNBORN and is_new:
        return Written.CREATED
    return Written.UNCHANGED if after == before else Written.UPDATED
