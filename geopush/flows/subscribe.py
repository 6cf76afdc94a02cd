"""Who wants the feed sent to them: save, remove, and send again what nobody took."""

from datetime import datetime
from enum import StrEnum, auto

from msgspec import Struct
from msgspec.structs import replace

from geopush.clock import Clock, mint_secret
from geopush.core.feed import START, Place
from geopush.flows.revision import Expected, Unsaved, against
from geopush.store import webhooks
from geopush.store.feed import edge, is_gone
from geopush.store.pool import Connection, Pool
from geopush.store.webhooks import WebhookRow


class Start(StrEnum):
    """Where in the feed a webhook begins, or begins anew."""

    NOW = auto()
    OLDEST = auto()


class Wanted(Struct, frozen=True):
    """Where to, and what; without types it is everything.

    Without ``start`` it goes on from where it was, if there is such a place.
    """

    url: str
    types: frozenset[str]
    enabled: bool
    start: Start | None = None


class Subscribed(Struct, frozen=True):
    """A webhook as it is now; if it is new, its secret may be shown.

    ``started`` is where it has just begun, or begun anew.
    """

    row: WebhookRow
    is_new: bool
    started: Start | None = None


async def save_webhook(
    pool: Pool,
    webhook_id: str,
    wanted: Wanted,
    expected: Expected | None,
    clock: Clock,
) -> Subscribed | Unsaved:
    """Save a webhook. A new one is told what happens from now on, if nothing is said.

    One that was there goes on from where it was, also after a time in which it was not
    enabled. If that place is one of another database, it begins as a new one does.
    """
    async with pool.acquire() as connection, connection.transaction():
        old = await webhooks.find(connection, webhook_id, hold=True)
        why = against(None if old is None else old.revision, expected)
        if why is not None:
            return why
        started = await _start(connection, old, wanted)
        row = _new(webhook_id, clock()) if old is None else _changed(old, clock())
        row = replace(row, url=wanted.url, types=wanted.types, enabled=wanted.enabled)
        if started is not None:
            row = replace(row, after=await _place(connection, started))
        await webhooks.save(connection, row)
    return Subscribed(row, old is None, started)


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


async def _start(
    connection: Connection, old: WebhookRow | None, wanted: Wanted
) -> Start | None:
    """Where to begin; None: it goes on from where it was."""
    if wanted.start is not None:
        return wanted.start
    if old is None or (wanted.enabled and await is_gone(connection, old.after)):
        return Start.NOW
    return None


async def _place(connection: Connection, start: Start) -> Place:
    return START if start is Start.OLDEST else await edge(connection)


def _changed(old: WebhookRow, now: datetime) -> WebhookRow:
    return replace(old, revision=old.revision + 1, trouble=None, updated_at=now)


def _new(webhook_id: str, now: datetime) -> WebhookRow:
    return WebhookRow(
        webhook_id=webhook_id,
        revision=1,
        url="",
        types=frozenset(),
        enabled=True,
        trouble=None,
        secret=mint_secret().encode(),
        after=START,
        updated_at=now,
    )
