"""A gateway: the way to the phones of one platform."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

from msgspec import Struct

from geopush.core.message import Message, Objection, Outcome

LastLook = Callable[[], Awaitable[Objection | None]]


class Deadlines(Struct, frozen=True):
    """How long a gateway is waited for; ``send`` is for all of it, connecting too."""

    connect: timedelta = timedelta(seconds=10)  # a TCP and a TLS handshake, with room
    send: timedelta = timedelta(seconds=30)  # long for an answer that takes some 40 ms


USUAL = Deadlines()


async def unopposed() -> Objection | None:
    """Have nothing against it."""
    return None


class Gateway(Protocol):
    """Apple or Google, as the outbox sees them."""

    async def send(self, message: Message, last_look: LastLook = unopposed) -> Outcome:
        """Hand a message over once and say what came of it; never raise, never retry.

        ``last_look`` is asked when there is a connection and all that is left to do is
        to write; what it objects is the outcome. Only a cancellation comes out as an
        exception.
        """

    async def close(self) -> None:
        """Let go of every connection."""
