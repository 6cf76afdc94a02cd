"""The routes of what nobody at a webhook took in days: listed, and sent again."""

from datetime import datetime

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from geopush.api.auth import Asking, allowed
from geopush.api.feed import read_place
from geopush.api.idempotency import IdempotencyKey, Once, once
from geopush.api.paging import COMMON, Cursor, Limit, Page, turn
from geopush.api.parts import Parts
from geopush.api.people import answered_with
from geopush.api.problems import not_found, refusals
from geopush.api.things import ThingId
from geopush.api.webhooks import load_webhook
from geopush.core.access import May
from geopush.core.feed import CloudEvent
from geopush.flows.subscribe import send_again
from geopush.store import webhooks
from geopush.store.webhooks import Dead


class DeadEvent(Struct):
    """An event that was not taken in days, as it would be sent."""

    event: CloudEvent
    attempts: int
    reason: str
    tried_at: datetime


class SentAgain(Struct):
    """How many events are sent once more."""

    queued: int


@get(
    "/v1/webhooks/{webhook_id:str}/dead",
    responses={
        **answered_with(Page[DeadEvent], 200),
        **refusals(400, 401, 403, 404, 503),
    },
)
async def dead_events(
    request: Asking,
    parts: NamedDependency[Parts],
    webhook_id: ThingId,
    limit: Limit = COMMON,
    cursor: Cursor = None,
) -> Page[DeadEvent]:
    """List what was not taken in days and is not sent again by itself."""
    allowed(request, parts, May.READ_FEED)
    place = read_place(cursor)
    await load_webhook(parts, webhook_id)
    async with parts.pool.acquire() as connection:
        rows = await webhooks.dead(connection, webhook_id, place, limit + 1)
    page = turn(rows, limit, _place)
    return Page([_dead(row) for row in page.items], page.next_cursor)


@post(
    "/v1/webhooks/{webhook_id:str}/retry",
    status_code=200,
    responses={
        **answered_with(SentAgain, 200),
        **refusals(400, 401, 403, 404, 409, 503),
    },
)
async def retry_webhook(
    request: Asking,
    parts: NamedDependency[Parts],
    webhook_id: ThingId,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Send all of that once more, for days if need be."""
    holder = allowed(request, parts, May.READ_FEED)

    async def act() -> SentAgain:
        queued = await send_again(parts.pool, webhook_id, parts.clock)
        if queued is None:
            raise not_found("webhook")
        return SentAgain(queued)

    return await once(Once(request, parts, holder, idempotency_key, b""), act)


def _place(row: Dead) -> tuple[str, str]:
    return str(row.place.xact), str(row.place.order)


def _dead(row: Dead) -> DeadEvent:
    event = msgspec.json.decode(row.body, type=CloudEvent)
    return DeadEvent(event, row.attempts, row.reason, row.tried_at)


ROUTES = (dead_events, retry_webhook)
