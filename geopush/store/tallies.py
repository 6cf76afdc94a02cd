"""Give back to the caps what surely was not sent, and take it again."""

from collections.abc import Iterable
from uuid import UUID

from msgspec.structs import replace

from geopush.core.cap import Tally
from geopush.core.known import Known
from geopush.core.message import UNSENT
from geopush.core.ping import CustomerKey
from geopush.store.customers import aliases, revise
from geopush.store.outbox import Settled
from geopush.store.pool import Connection


async def give_back(connection: Connection, settled: Iterable[Settled]) -> None:
    """Take the tallies of messages that never left off their customers' rows."""
    back = [one for one in settled if one.state in UNSENT]
    if not back:
        return
    # Who was merged while the message was on its way has the tally under the new id.
    moved = await aliases(connection, [one.customer for one in back])
    unsent: dict[CustomerKey, set[UUID]] = {}
    for one in back:
        customer = moved.get(one.customer, one.customer)
        unsent.setdefault(customer, set()).add(one.message_id)

    def without(known: Known) -> Known:
        gone = unsent[known.customer]
        kept = tuple(
            tally for tally in known.state.tallies if tally.message_id not in gone
        )
        return replace(known, state=replace(known.state, tallies=kept))

    await revise(connection, unsent, without)


async def take_again(
    connection: Connection, customer: CustomerKey, tally: Tally
) -> None:
    """Count a message that was given back and is to leave after all."""
    moved = await aliases(connection, [customer])

    def counted(known: Known) -> Known:
        others = (one for one in known.state.tallies if one != tally)
        tallies = sorted((*others, tally), key=lambda one: one.at)
        return replace(known, state=replace(known.state, tallies=tuple(tallies)))

    await revise(connection, [moved.get(customer, customer)], counted)
