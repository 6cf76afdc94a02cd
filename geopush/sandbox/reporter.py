"""Receipts by themselves: what phones would report of what arrived, at given rates.

Who reports what is drawn by a seeded hash of the message, so that a story with the same
seed has the same receipts, in whatever order its pushes arrive.
"""

import asyncio
from datetime import datetime
from hashlib import blake2b

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout
from msgspec import Struct

from geopush.sandbox.clock import Clock
from geopush.sandbox.inbox import Push
from geopush.sandbox.rules import Share

PATIENCE = ClientTimeout(total=30)


class Rates(Struct, frozen=True, forbid_unknown_fields=True):
    """How often: delivered of all, opened or dismissed of those, the rest of opened."""

    delivered: Share = 0.0
    opened: Share = 0.0
    dismissed: Share = 0.0
    clicked: Share = 0.0
    answered: Share = 0.0
    converted: Share = 0.0


class Reported(Struct, frozen=True, omit_defaults=True):
    """A receipt as geopush takes it."""

    message_id: str
    kind: str
    at: datetime
    button: str | None = None


class _Body(Struct, frozen=True):
    receipts: list[Reported]


class Count(Struct):
    """How many messages were reported of, and for how many geopush did not listen."""

    reported: int = 0
    failed: int = 0


class Reporter:
    """Posts receipts to geopush; ``base_url`` says where, and until then to nobody."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.rates = Rates()
        self.base_url: str | None = None
        self.count = Count()
        self._clock = clock
        self._seed = seed
        self._posting: set[asyncio.Task[bool]] = set()
        self._session: ClientSession | None = None

    def heed(self, push: Push) -> None:
        """Report what there is to say of a push that has arrived."""
        receipts = self.receipts(push)
        if not self.can_report(push) or not receipts:
            return
        posting = asyncio.create_task(self._post(push, receipts))
        self._posting.add(posting)
        posting.add_done_callback(self._posting.discard)

    def receipts(self, push: Push) -> list[Reported]:
        """Return what the phone would report."""
        rates, message_id = self.rates, push.extras.message_id
        if message_id is None or not self._happens(message_id, "delivered"):
            return []
        kinds = ["delivered"]
        if self._happens(message_id, "opened"):
            after = ("clicked", "converted")
            kinds += ["opened", *(k for k in after if self._happens(message_id, k))]
        elif self._happens(message_id, "dismissed"):
            kinds += ["dismissed"]
        said = [Reported(message_id, kind, self._clock()) for kind in kinds]
        buttons = [button["id"] for button in push.extras.buttons if "id" in button]
        if rates.answered and buttons and self._happens(message_id, "answered"):
            chosen = buttons[int(self._draw(message_id, "button") * len(buttons))]
            said.append(Reported(message_id, "answered", self._clock(), chosen))
        return said

    def can_report(self, push: Push) -> bool:
        """Say whether anybody listens, and the push brought a token to speak with."""
        return self.base_url is not None and push.extras.receipt_token is not None

    async def tap(self, push: Push, button: str) -> bool:
        """Report a button that somebody tapped; return whether geopush took it."""
        message_id = push.extras.message_id
        if message_id is None or not self.can_report(push):
            return False
        said = Reported(message_id, "answered", self._clock(), button)
        return await self._post(push, [said])

    async def drain(self) -> None:
        """Wait until all that is to be reported has been."""
        while self._posting:
            await asyncio.gather(*self._posting)

    async def stop(self) -> None:
        """Report nothing more."""
        for posting in self._posting:
            posting.cancel()
        await asyncio.gather(*self._posting, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _happens(self, message_id: str, kind: str) -> bool:
        share: float = getattr(self.rates, kind)
        return self._draw(message_id, kind) < share

    def _draw(self, message_id: str, purpose: str) -> float:
        ticket = f"{self._seed}/{message_id}/{purpose}"
        digest = blake2b(ticket.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    async def _post(self, push: Push, said: list[Reported]) -> bool:
        if self._session is None:
            self._session = ClientSession(timeout=PATIENCE)
        headers = {
            "Authorization": f"Bearer {push.extras.receipt_token}",
            "Content-Type": "application/json",
        }
        body = msgspec.json.encode(_Body(said))
        url = f"{self.base_url}/v1/receipts"
        try:
            async with self._session.post(url, data=body, headers=headers) as answer:
                taken = answer.status == 202
        except (ClientError, TimeoutError):
            taken = False
        self.count.reported += taken
        self.count.failed += not taken
        return taken
