"""The route of the feed: what happened, in order, from a cursor on."""

from collections.abc import Iterable
from typing import Annotated, TypeAlias

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct

from geopush.api.auth import Asking, allowed
from geopush.api.paging import COMMON, Limit, invalid_cursor, read_cursor, write_cursor
from geopush.api.parts import Parts
from geopush.api.people import answered_with
from geopush.api.problems import ProblemException, refusals
from geopush.core.access import May
from geopush.core.feed import START, TYPES, CloudEvent, Place, as_cloud_event
from geopush.store.feed import tell
from zones import Problem

MOST = 2**62  # of either number of a place

After: TypeAlias = Annotated[str | None, QueryParameter(max_length=1024)]
Types: TypeAlias = Annotated[str | None, QueryParameter(max_length=4096)]


class FeedPage(Struct):
    """A piece of the feed; `next_cursor` is always there, to ask again from there."""

    items: list[CloudEvent]
    next_cursor: str


@get(
    "/v1/feed",
    responses={
        **answered_with(FeedPage, 200),
        **refusals(400, 401, 403, 410, 503),
    },
)
async def show_feed(
    request: Asking,
    parts: NamedDependency[Parts],
    after: After = None,
    types: Types = None,
    limit: Limit = COMMON,
) -> FeedPage:
    """List what happened after a cursor, the oldest first, as CloudEvents.

    Send as `after` the `next_cursor` of the answer before, or nothing to begin.
    Nothing ever appears behind a cursor that was given. `types` are names of types with
    commas between; none are all.
    """
    allowed(request, parts, May.READ_FEED)
    place, names = read_place(after), read_types(types)
    async with parts.pool.acquire() as connection:
        told = await tell(connection, place, names, limit)
    if told is None:
        detail = "It is of another database; begin again without one."
        raise ProblemException("cursor_gone", 410, detail)
    onward = write_cursor(str(told.next_place.xact), str(told.next_place.order))
    return FeedPage([as_cloud_event(event) for event in told.events], onward)


def read_place(cursor: str | None) -> Place:
    """Return the place that a cursor means; without one, the start."""
    if cursor is None:
        return START
    xact, order = read_cursor(cursor, 2)
    if not all(one.isascii() and one.isdigit() for one in (xact, order)):
        raise invalid_cursor()
    place = Place(int(xact[:20]), int(order[:20]))
    if max(place.xact, place.order) > MOST:
        raise invalid_cursor()
    return place


def read_types(types: str | None) -> frozenset[str]:
    """Return the types that are asked for; refuse all that there are not."""
    names = types.split(",") if types else []
    problems = unknown_types(names, "types")
    if problems:
        detail = "There are no such types; the problems name them."
        raise ProblemException("invalid_parameter", 400, detail, problems)
    return frozenset(names)


def unknown_types(names: Iterable[str], path: str) -> list[Problem]:
    """Note types that there are not, all of them by name."""
    return [
        Problem(path, "unknown_type", f"There is no type {name!r}.")
        for name in sorted(frozenset(names) - frozenset(TYPES.values()))
    ]


ROUTES = (show_feed,)
