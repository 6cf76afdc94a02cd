"""The way to webhooks, whose library is loaded once there is something to send."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib import import_module

from geopush.clock import Clock
from geopush.core.webhook import Answer
from geopush.flows.webhooks import Sender, Webhooks
from geopush.metrics import Metrics
from geopush.store.pool import Pool


class _Late:
    """A sender that is made when it is first used."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._made: Sender | None = None

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if self._made is None:
            module = import_module("geopush.push.webhook")
            self._made = module.WebhookSender(private=self._private)
        return await self._made.send(url, body, headers)

    async def close(self) -> None:
        if self._made is not None:
            await self._made.close()


def open_webhooks(
    stack: AsyncExitStack, pool: Pool, clock: Clock, metrics: Metrics, *, private: bool
) -> Webhooks:
    """Return what sends the feed; what is on its way at the end is waited for."""
    sender = _Late(private=private)
    stack.push_async_callback(sender.close)
    webhooks = Webhooks(pool, sender, clock, metrics)
    stack.push_async_callback(webhooks.settled)
    return webhooks
