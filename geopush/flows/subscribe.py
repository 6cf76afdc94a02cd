"""Who wants the feed sent to them: save, remove, and send again what nobody took."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from geopush.clock import Clock, mint_secret
from geopush.flows.revision import Expected, Unsaved, against
from geopush.store import webhooks
from geopush.store.feed import edge
from geopush.store.pool import Connection, Pool
from geopush.store.webhooks import WebhookRow


class Wanted(Struct, frozen=True):
    """Where to, and what; without types it is everything."""

    url: str
    types: frozenset[str]
    enabled: bool


class Subscribed(Struct, frozen=True):
    """A webhook as it is now; if it is new, its secret may be shown."""

    row: WebhookRow
    is_new: bool


async def save_webhook(
    pool: Pool,
    webhook_id: str,
    wanted: Wanted,
    expected: Expected | None,
    clock: Clock,
) -> Subscribed | Unsaved:
    """Save a webhook. A new one is told what happens from now on.

    One that was there goes on from where it was, also after a time in which it was not
    enabled.
    """
    async with pool.acquire() as connection, connection.transaction():
        old = await webhooks.find(connection, webhook_id, hold=True)
        why = against(None if old is None else old.revision, expected)
        if why is not None:
            return why
        row = await _changed(connection, old, webhook_id, clock())
        row = replace(row, url=wanted.url, types=wanted.types, enabled=wanted.enabled)
        await webhooks.save(connection, row)
    return Subscribed(row, old is None)


async def remove_webhook(
    pool: Pool, webhook_id: str, expected: Expected | None
) -> Unsaved | None:
    """Remove a webhook, with all that waits for it."""
    async with pool.acquire() as connection, connection.transaction():
        old = await webhooks.find(connection, webhook_id, hold=True)
        if old is None:
            return Unsaved.ABSENT
        why = against(old.revision, expected)
        if why is None:
            await webhooks.remove(connection, webhook_id)
        return why


async def send_again(pool: Pool, webhook_id: str, clock: Clock) -> int | None:
    """Send what nobody took once more; None: no such webhook."""
    async with pool.acquire() as connection, connection.transaction():
        if await webhooks.find(connection, webhook_id, hold=True) is None:
            return None
        return await webhooks.again(connection, webhook_id, clock())


async def _changed(
    connection: Connection, old: WebhookRow | None, webhook_id: str, now: datetime
) -> WebhookRow:
    if old is not None:
        revision = old.revision + 1
        return replace(old, revision=revision, trouble=None, updated_at=now)
    return WebhookRow(
        webhook_id=webhook_id,
        revision=1,
        url="",
        types=frozenset(),
        enabled=True,
        trouble=None,
        secret=mint_secret().encode(),
        after=await edge(connection),
        updated_at=now,
    )
