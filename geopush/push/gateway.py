"""A gateway: the way to the phones of one platform."""

from typing import Protocol

from geopush.core.message import Message, Outcome


class Gateway(Protocol):
    """Apple or Google, as the outbox sees them."""

    async def send(self, message: Message) -> Outcome:
        """Hand a message over once and say what came of it; never raise, never retry.

        Only a cancellation comes out as an exception.
        """

    async def close(self) -> None:
        """Let go of every connection."""
