"""Give back to the caps what surely was not sent, and take it again."""

from collections.abc import Callable, Iterable
from uuid import UUID

from msgspec.structs import replace

from geopush.core.cap import Tally
from geopush.core.decision import Reason
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
    connection: Connection,
    customer: CustomerKey,
    tally: Tally,
    against: Callable[[Known], Reason | None],
) -> Reason | None:
    """Count a message that was given back and is to leave after all.

    If anything is ``against`` it, nothing is counted, and that is returned.
    """
    moved = await aliases(connection, [customer])
    found: list[Reason] = []

    def counted(known: Known) -> Known:
        if (reason := against(known)) is not None:
            found.append(reason)
            return known
        ours = tally.message_id
        others = (one for one in known.state.tallies if one.message_id != ours)
        tallies = sorted((*others, tally), key=lambda one: one.at)
        return replace(known, state=replace(known.state, tallies=tuple(tallies)))

    await revise(connection, [moved.get(customer, customer)], counted)
    return found[0] if found else None
