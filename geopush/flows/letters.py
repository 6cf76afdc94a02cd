"""Letters that came to nothing: tried again or dropped, by hand."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum, auto
from uuid import UUID

from geopush.clock import Clock
from geopush.core.cap import Tally
from geopush.core.decision import Reason
from geopush.core.known import Known
from geopush.core.lastlook import Letter, overfull
from geopush.core.message import UNSENT, State
from geopush.core.occasion import World
from geopush.core.offer import Offer
from geopush.core.outbox import NEXT, Event
from geopush.store import outbox
from geopush.store.again import transact
from geopush.store.outbox import Held, Settled
from geopush.store.pool import Connection, Pool
from geopush.store.tallies import give_back, take_again

DROPPED = "dropped"


class Unmoved(StrEnum):
    """Why a message stays as it is."""

    ABSENT = auto()
    WRONG_STATE = auto()
    EXPIRED = auto()
    OFFER_GONE = auto()
    CAPPED = auto()


class Letters:
    """Moves single messages; doing it twice is doing it once."""

    def __init__(self, pool: Pool, world: Callable[[], World], clock: Clock) -> None:
        self._pool = pool
        self._world = world
        self._clock = clock

    async def retry(self, message_id: UUID) -> Unmoved | None:
        """Have a message sent once more, under the same id, if it still holds good.

        One that gave its place in the caps back takes another, if there is one now.
        """

        async def work(connection: Connection) -> Unmoved | None:
            held = await outbox.hold(connection, message_id)
            if held is None or held.state is State.QUEUED:
                return Unmoved.ABSENT if held is None else None
            return await self._queue(connection, held)

        return await transact(self._pool, work)

    async def drop(self, message_id: UUID) -> Unmoved | None:
        """Have a message never sent; whatever may have arrived cannot be dropped."""

        async def work(connection: Connection) -> Unmoved | None:
            held = await outbox.hold(connection, message_id)
            if held is None or _is_dropped(held):
                return Unmoved.ABSENT if held is None else None
            state = NEXT.get((held.state, Event.DROPPED))
            if state is None:
                return Unmoved.WRONG_STATE
            if held.in_doubt:
                state = NEXT[held.state, Event.ENDED_IN_DOUBT]
            await outbox.move(connection, held, state, DROPPED, self._clock())
            gone = Settled(held.customer, message_id, state)
            await give_back(connection, [gone])
            return None

        return await transact(self._pool, work)

    async def _queue(self, connection: Connection, held: Held) -> Unmoved | None:
        now = self._clock()
        state = NEXT.get((held.state, Event.RETRIED))
        offer = self._world().catalog.offer(held.offer_id)
        if state is None:
            return Unmoved.WRONG_STATE
        if now >= held.expires_at:
            return Unmoved.EXPIRED
        if offer is None:
            return Unmoved.OFFER_GONE
        gave_back = held.state in UNSENT
        if gave_back and not await self._counts(connection, held, offer, now):
            return Unmoved.CAPPED
        await outbox.move(connection, held, state, "retried", now)
        return None

    async def _counts(
        self, connection: Connection, held: Held, offer: Offer, now: datetime
    ) -> bool:
        """Have it count from now on, when it leaves, unless the caps are full."""
        world = self._world()
        about = offer.offer_id, offer.category, held.zone_id
        letter = Letter(
            message_id=held.message_id,
            device_id=held.device_id,
            offer_id=held.offer_id,
            zone_id=held.zone_id,
            decided_at=held.decided_at,
        )

        def against(known: Known) -> Reason | None:
            return overfull(letter, known, world, now)

        tally = Tally(held.message_id, now, *about)
        return await take_again(connection, held.customer, tally, against) is None


def _is_dropped(held: Held) -> bool:
    """One in doubt that was dropped is unknown for good."""
    dropped_in_doubt = held.state is State.UNKNOWN and held.reason == DROPPED
    return held.state is State.WITHDRAWN or dropped_in_doubt
