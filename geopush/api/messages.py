"""The routes of messages: what was decided to be sent, and what became of it."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from geopush.api.auth import Asking, allowed
from geopush.api.history import page, read_after
from geopush.api.paging import COMMON, Cursor, Limit, Page, Span
from geopush.api.parts import Parts
from geopush.api.people import AboutCustomer, AboutThing, answered_with
from geopush.api.problems import refusals
from geopush.core.access import May
from geopush.core.message import State
from geopush.store.history import After
from geopush.store.messages import MessageFilter, MessageRow, list_messages


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


ROUTES = (show_messages,)
