"""The context turned: decide again about those inside, a page at a time.

What turned, and how far it was told, is written down, so that an edge is told exactly
once: a page and its place in the order are committed together.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from geopush.clock import Clock
from geopush.core.change import Change
from geopush.core.edge import Edge, seen_within, turn
from geopush.core.known import KnownOf
from geopush.core.occasion import World
from geopush.core.ping import CustomerKey
from geopush.core.recheck import recheck
from geopush.flows.deciding import Deciding
from geopush.store import edges, presences
from geopush.store.outbox import withdraw_at
from geopush.store.pool import Connection, Pool
from geopush.store.tallies import give_back
from zones import ZoneId

PAGE = 50  # customers; pings are taken in between
# For the hours; weather and catalog are seen at once.
LOOK_EVERY = timedelta(seconds=10)


class Recheck:
    """Watches the context of offers that wait for somebody inside."""

    def __init__(
        self,
        pool: Pool,
        world: Callable[[], World],
        deciding: Deciding,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._world = world
        self._deciding = deciding
        self._clock = clock
        self._looked: tuple[int, datetime] | None = None

    async def run_once(self) -> int:
        """Look what turned, then decide one page; return how many are in it."""
        async with self._pool.acquire() as connection:
            if self._is_time():
                await self._look(connection)
            known = await edges.load(connection)
            together = _together([one for one in known if one.spreading])
            return await self._spread(connection, together) if together else 0

    def _is_time(self) -> bool:
        if self._looked is None:
            return True
        revision, at = self._looked
        moved = self._world().catalog.revision != revision
        return moved or abs(self._clock() - at) >= LOOK_EVERY

    async def _look(self, connection: Connection) -> None:
        """Write down what turned; what no longer holds takes its messages back."""
        world, now = self._world(), self._clock()
        before = {
            (one.offer_id, one.zone_id): one for one in await edges.load(connection)
        }
        after = _turned(before, await edges.occupied(connection), world, now)
        changed = [one for key, one in after.items() if before.get(key) != one]
        async with connection.transaction():
            await edges.save(connection, changed)
            await edges.forget(
                connection, [one for key, one in before.items() if key not in after]
            )
            for one in changed:
                if not one.holds and one.turned_at == now:
                    await _take_back(connection, one, now)
        self._looked = world.catalog.revision, now

    async def _spread(self, connection: Connection, together: Sequence[Edge]) -> int:
        """Decide about the next customers inside, and keep how far that came."""
        async with connection.transaction():
            looked_up = [await edges.hold(connection, one) for one in together]
            held = _together([one for one in looked_up if one is not None])
            if not held:
                return 0
            seen = self._clock() - max(map(self._span, held))
            page = await edges.inside(connection, held[0], seen, PAGE)
            lately = [customer for customer, is_seen in page.items() if is_seen]
            # In order and beforehand: none is lost to a ping, so none is held for long.
            await presences.lock(connection, lately)

            def decide(known: KnownOf, world: World, now: datetime) -> Sequence[Change]:
                return recheck(held, known, world, now)

            written = await self._deciding.settle(connection, lately, decide)
            after = list(page)[-1] if page else held[0].after
            more = len(page) == PAGE
            done = [replace(one, after=after, spreading=more) for one in held]
            await edges.save(connection, done)
        self._deciding.tell(written)  # once it is committed, or nothing would be found
        return len(page)

    def _span(self, edge: Edge) -> timedelta:
        catalog = self._world().catalog
        offer, zone = catalog.offer(edge.offer_id), catalog.zone(edge.zone_id)
        if offer is None or zone is None:
            return timedelta(0)
        return seen_within(offer, zone) or timedelta(0)


def _together(spreading: Sequence[Edge]) -> list[Edge]:
    """Those that turned at the same zone and time as the first, and came as far."""
    return [one for one in spreading if _page_of(one) == _page_of(spreading[0])]


def _page_of(edge: Edge) -> tuple[ZoneId, datetime | None, CustomerKey]:
    return edge.zone_id, edge.turned_at, edge.after


async def _take_back(connection: Connection, edge: Edge, now: datetime) -> None:
    taken = await withdraw_at(connection, edge.offer_id, edge.zone_id, now)
    await give_back(connection, taken)


def _turned(
    before: Mapping[tuple[str, ZoneId], Edge],
    occupied: Sequence[ZoneId],
    world: World,
    now: datetime,
) -> dict[tuple[str, ZoneId], Edge]:
    """All edges as they are now, where somebody is inside and is waited for."""
    after: dict[tuple[str, ZoneId], Edge] = {}
    zones = [world.catalog.zone(zone_id) for zone_id in occupied]
    for offer in world.catalog.offers:
        for zone in zones:
            if zone is not None and seen_within(offer, zone) is not None:
                key = offer.offer_id, zone.zone_id
                after[key] = turn(before.get(key), offer, zone, world, now)
    return after
