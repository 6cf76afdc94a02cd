"""Contacts in: counted for the caps of whoever was contacted, each once."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from geopush.clock import Clock
from geopush.core.cap import Tally
from geopush.core.contact import Contact, tally_of
from geopush.core.known import Known
from geopush.core.ping import CustomerKey, customer_key
from geopush.store import contacts, customers
from geopush.store.again import transact
from geopush.store.pool import Connection, Pool


class Counted(Struct, frozen=True):
    """What became of contacts; ``unknown`` are to nobody who is known here."""

    accepted: int
    repeated: int
    unknown: int


class Contacts:
    """Takes what other tools say they sent."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def take(self, given: Sequence[Contact]) -> Counted:
        """Count contacts for caps from when they were; a repeat changes nothing."""
        now = self._clock()

        async def work(connection: Connection) -> Counted:
            named = {one.customer_id: customer_key(one.customer_id) for one in given}
            moved = await customers.aliases(connection, named.values())
            whose = {name: moved.get(key, key) for name, key in named.items()}
            known = await customers.hold(connection, whose.values())
            rows = [
                (key, one) for one in given if (key := whose[one.customer_id]) in known
            ]
            new = await contacts.add(connection, rows, now)
            await _count(connection, new)
            return Counted(len(new), len(rows) - len(new), len(given) - len(rows))

        return await transact(self._pool, work)


async def _count(connection: Connection, new: Sequence[contacts.Row]) -> None:
    """Let the caps of each customer remember."""
    tallies: dict[CustomerKey, list[Tally]] = {}
    for key, one in new:
        tallies.setdefault(key, []).append(tally_of(one, key))

    def counted(known: Known) -> Known:
        both = (*known.state.tallies, *tallies[known.customer])
        ordered = sorted(both, key=lambda one: (one.at, one.message_id))
        return replace(known, state=replace(known.state, tallies=tuple(ordered)))

    await customers.revise(connection, tallies, counted)
