"""The routes of webhooks: where the feed is sent to."""

from datetime import datetime
from typing import Annotated

from litestar import Response, delete, get, put
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_json, takes
from geopush.api.feed import unknown_types
from geopush.api.paging import (
    COMMON,
    Cursor,
    Limit,
    Page,
    Span,
    read_cursor,
    turn,
)
from geopush.api.parts import Parts
from geopush.api.people import answered_with
from geopush.api.problems import ProblemException, not_found, refusals
from geopush.api.things import (
    IfMatch,
    Thing,
    ThingId,
    answer_thing,
    expected,
    unsaved,
)
from geopush.core.access import May
from geopush.core.ping import Moment
from geopush.core.reach import check_url
from geopush.core.webhook import shown_secret
from geopush.flows.revision import Unsaved
from geopush.flows.subscribe import (
    Start,
    Wanted,
    remove_webhook,
    save_webhook,
)
from geopush.store import webhooks
from geopush.store.webhooks import WebhookRow
from zones import Problem

JSON = "application/json"


class WebhookWanted(Struct, forbid_unknown_fields=True):
    """Where to send, and which types of events; without any, all.

    `start` has it begin anew: at what happens from `now` on, or at the `oldest` event
    that is kept. Without, a new one begins now, and one that is there goes on from
    where it was. What an answer says beside that may be sent back, and changes nothing.
    """

    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    types: Annotated[list[str], Meta(max_length=100)] = []
    enabled: bool = True
    start: Start | None = None
    webhook_id: str | None = None
    updated_at: Moment | None = None
    revision: int | None = None
    trouble: str | None = None
    secret: str | None = None
    started: str | None = None


class Webhook(Struct, omit_defaults=True):
    """A webhook; `trouble` is why we stopped, `secret` is shown once.

    `started` is in the answer to the request that had it begin, or begin anew.
    """

    webhook_id: str
    url: str
    types: list[str]
    enabled: bool
    updated_at: datetime
    revision: int
    trouble: str | None = None
    secret: str | None = None
    started: Start | None = None


@put(
    "/v1/webhooks/{webhook_id:str}",
    opt=takes(WebhookWanted),
    responses={
        **answered_with(Webhook, 200, 201),
        **refusals(400, 401, 403, 412, 413, 415, 422, 503),
    },
)
async def put_webhook(
    request: Asking,
    parts: NamedDependency[Parts],
    webhook_id: ThingId,
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Have the feed sent somewhere. A new webhook's secret is in the answer, once.

    One that stopped with the trouble `cursor_gone`, because the database is now another
    one, begins anew when it is enabled: now, unless `start` says otherwise.
    """
    allowed(request, parts, May.READ_FEED)
    body = await read_json(request, WebhookWanted, parts.knobs.body_bytes)
    _check(body, webhook_id, parts)
    saved = await save_webhook(
        parts.pool,
        webhook_id,
        Wanted(body.url, frozenset(body.types), body.enabled, body.start),
        expected(if_match),
        parts.clock,
    )
    if isinstance(saved, Unsaved):
        raise unsaved(saved, "webhook")
    thing = _shown(saved.row)
    if saved.started is not None:
        thing["started"] = saved.started
    if saved.is_new:
        thing["secret"] = shown_secret(saved.row.secret)
    revision = saved.row.revision
    return answer_thing(thing, revision, created=saved.is_new, media_type=JSON)


@get(
    "/v1/webhooks/{webhook_id:str}",
    responses={
        **answered_with(Webhook, 200),
        **refusals(400, 401, 403, 404, 503),
    },
)
async def show_webhook(
    request: Asking, parts: NamedDependency[Parts], webhook_id: ThingId
) -> Response[bytes]:
    """Return a webhook, without its secret."""
    allowed(request, parts, May.READ_FEED)
    row = await load_webhook(parts, webhook_id)
    return answer_thing(_shown(row), row.revision, media_type=JSON)


@get(
    "/v1/webhooks",
    responses={**answered_with(Page[Webhook], 200), **refusals(400, 401, 403, 503)},
)
async def all_webhooks(
    request: Asking,
    parts: NamedDependency[Parts],
    span: NamedDependency[Span],
    limit: Limit = COMMON,
    cursor: Cursor = None,
) -> Page[Thing]:
    """List webhooks in the order of their ids; the span is that of their change."""
    allowed(request, parts, May.READ_FEED)
    (after,) = read_cursor(cursor, 1)
    async with parts.pool.acquire() as connection:
        rows = await webhooks.list_webhooks(
            connection, after, limit + 1, span.since, span.until
        )
    page = turn(rows, limit, lambda row: (row.webhook_id,))
    return Page(
        [{**_shown(row), "revision": row.revision} for row in page.items],
        page.next_cursor,
    )


@delete(
    "/v1/webhooks/{webhook_id:str}",
    status_code=204,
    responses=refusals(400, 401, 403, 404, 412, 503),
)
async def delete_webhook(
    request: Asking,
    parts: NamedDependency[Parts],
    webhook_id: ThingId,
    if_match: IfMatch = None,
) -> None:
    """Send nothing more there; what waits for it is forgotten."""
    allowed(request, parts, May.READ_FEED)
    why = await remove_webhook(parts.pool, webhook_id, expected(if_match))
    if why is not None:
        raise unsaved(why, "webhook")


def _check(wanted: WebhookWanted, webhook_id: str, parts: Parts) -> None:
    problems = list(check_url(wanted.url, private=parts.knobs.private_webhooks))
    problems += unknown_types(wanted.types, "$.types")
    if wanted.webhook_id not in (None, webhook_id):
        text = f"is {wanted.webhook_id!r}, but this is {webhook_id!r}; remove it"
        problems.append(Problem("$.webhook_id", "other_webhook", text))
    if problems:
        detail = "Nothing can be sent like this; see the problems."
        raise ProblemException("invalid_webhook", 422, detail, problems)


async def load_webhook(parts: Parts, webhook_id: str) -> WebhookRow:
    """Return a webhook, or refuse."""
    async with parts.pool.acquire() as connection:
        row = await webhooks.find(connection, webhook_id)
    if row is None:
        raise not_found("webhook")
    return row


def _shown(row: WebhookRow) -> Thing:
    shown: Thing = {
        "webhook_id": row.webhook_id,
        "url": row.url,
        "types": sorted(row.types),
        "enabled": row.enabled,
        "updated_at": row.updated_at,
    }
    return shown if row.trouble is None else {**shown, "trouble": row.trouble}


ROUTES = (
    put_webhook,
    show_webhook,
    all_webhooks,
    delete_webhook,
)
