"""The phone's own routes: what was sent to me and can still be read."""

from datetime import datetime
from uuid import UUID

from litestar import delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from geopush.api.auth import Asking
from geopush.api.history import page, read_after
from geopush.api.mine import mine
from geopush.api.paging import COMMON, Cursor, Limit, Page, Span
from geopush.api.parts import Parts
from geopush.api.people import answered_with
from geopush.api.problems import not_found, refusals
from geopush.core.message import Button
from geopush.store.history import After
from geopush.store.inbox import Letter, list_letters, put_away


class InboxItem(Struct, frozen=True):
    """A message that was sent to me; past `expires_at` it no longer holds good."""

    message_id: UUID
    offer_id: str
    zone_id: str | None
    at: datetime
    expires_at: datetime
    opened: bool
    title: str
    body: str
    url: str | None
    image: str | None
    buttons: tuple[Button, ...]
    data: dict[str, str]


@get(
    "/v1/me/inbox",
    responses={
        **answered_with(Page[InboxItem], 200),
        **refusals(400, 401, 403, 429, 503),
    },
)
async def show_inbox(
    request: Asking,
    parts: NamedDependency[Parts],
    span: NamedDependency[Span],
    limit: Limit = COMMON,
    cursor: Cursor = None,
) -> Page[InboxItem]:
    """List what was sent to me, on whichever of my devices, the newest first."""
    asks = await mine(request, parts)
    after = read_after(cursor)
    async with parts.pool.acquire() as connection:
        letters = await list_letters(
            connection, asks.customer_id, span.since, span.until, limit + 1, after
        )
    found = page(letters, limit, lambda one: After(one.decided_at, one.message_id))
    return Page([_shown(one) for one in found.items], found.next_cursor)


@delete(
    "/v1/me/inbox/{message_id:uuid}",
    status_code=204,
    responses=refusals(400, 401, 403, 404, 429, 503),
)
async def delete_letter(
    request: Asking, parts: NamedDependency[Parts], message_id: FromPath[UUID]
) -> None:
    """Take a message out of my inbox; doing it again changes nothing."""
    asks = await mine(request, parts)
    async with parts.pool.acquire() as connection:
        theirs = await put_away(connection, asks.customer_id, message_id, parts.clock())
    if not theirs:
        raise not_found("message")


def _shown(letter: Letter) -> InboxItem:
    content = letter.content
    return InboxItem(
        message_id=letter.message_id,
        offer_id=letter.offer_id,
        zone_id=letter.zone_id,
        at=letter.decided_at,
        expires_at=letter.expires_at,
        opened=letter.opened,
        title=content.title,
        body=content.body,
        url=content.url,
        image=content.image,
        buttons=content.buttons,
        data=content.data,
    )


ROUTES = (show_inbox, delete_letter)
