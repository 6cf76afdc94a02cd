"""The routes of messages: what was decided to be sent, and what became of it."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from geopush.api.auth import Asking, allowed
from geopush.api.history import page, read_after
from geopush.api.idempotency import IdempotencyKey, Once, once
from geopush.api.paging import COMMON, Cursor, Limit, Page, Span
from geopush.api.parts import Parts
from geopush.api.people import AboutCustomer, AboutThing, answered_with
from geopush.api.problems import ProblemException, not_found, refusals
from geopush.core.access import May
from geopush.core.message import State
from geopush.flows.letters import Unmoved
from geopush.store.history import After
from geopush.store.messages import (
    MessageFilter,
    MessageRow,
    find_message,
    list_messages,
)

_TEXTS = {
    Unmoved.WRONG_STATE: ("wrong_state", "A message in its state cannot be moved so."),
    Unmoved.EXPIRED: ("message_expired", "What it says holds good no longer."),
    Unmoved.OFFER_GONE: ("offer_gone", "Its offer is not there any more."),
    Unmoved.CAPPED: ("capped", "The customer has had as many as the caps allow."),
}


def asked_for(
    span: NamedDependency[Span],
    customer_id: AboutCustomer = None,
    device_id: AboutThing = None,
    offer_id: AboutThing = None,
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
) -> MessageFilter:
    """Return which messages the address asks for."""
    return MessageFilter(
        customer_id=customer_id,
        device_id=device_id,
        offer_id=offer_id,
        state=in_state,
        since=span.since,
        until=span.until,
    )


@get(
    "/v1/messages",
    dependencies={"asked": Provide(asked_for, sync_to_thread=False)},
    responses={
        **answered_with(Page[MessageRow], 200),
        **refusals(400, 401, 403, 503),
    },
)
async def show_messages(
    request: Asking,
    parts: NamedDependency[Parts],
    asked: NamedDependency[MessageFilter],
    limit: Limit = COMMON,
    cursor: Cursor = None,
) -> Page[MessageRow]:
    """List messages, the newest first; `since` and `until` are of their decision."""
    allowed(request, parts, May.READ_MESSAGES)
    after = read_after(cursor)
    async with parts.pool.acquire() as connection:
        rows = await list_messages(connection, asked, limit + 1, after)
    return page(rows, limit, lambda row: After(row.decided_at, row.message_id))


@post(
    "/v1/messages/{message_id:uuid}/retry",
    status_code=200,
    responses={
        **answered_with(MessageRow, 200),
        **refusals(400, 401, 403, 404, 409, 503),
    },
)
async def retry_message(
    request: Asking,
    parts: NamedDependency[Parts],
    message_id: FromPath[UUID],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Send a message once more that was refused, found nobody, or is in doubt.

    It keeps its id and its time of expiry. One that surely never left counts for caps
    again, from now on; if they are full by now, it is refused with `capped`. One that
    is `unknown` may have arrived, and counts already: then the phone sees it in its old
    place.
    """
    holder = allowed(request, parts, May.MOVE_MESSAGES)
    asked = Once(request, parts, holder, idempotency_key, b"")
    return await once(asked, lambda: _moved(parts, parts.letters.retry, message_id))


@post(
    "/v1/messages/{message_id:uuid}/drop",
    status_code=200,
    responses={
        **answered_with(MessageRow, 200),
        **refusals(400, 401, 403, 404, 409, 503),
    },
)
async def drop_message(
    request: Asking,
    parts: NamedDependency[Parts],
    message_id: FromPath[UUID],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Never send a message that waits, was refused, or found nobody."""
    holder = allowed(request, parts, May.MOVE_MESSAGES)
    asked = Once(request, parts, holder, idempotency_key, b"")
    return await once(asked, lambda: _moved(parts, parts.letters.drop, message_id))


async def _moved(
    parts: Parts, move: Callable[[UUID], Awaitable[Unmoved | None]], message_id: UUID
) -> MessageRow:
    why = await move(message_id)
    if why is not None and why in _TEXTS:
        code, detail = _TEXTS[why]
        raise ProblemException(code, 409, detail)
    async with parts.pool.acquire() as connection:
        row = await find_message(connection, message_id)
    if row is None:
        raise not_found("message")
    return row


ROUTES = (show_messages, retry_message, drop_message)
