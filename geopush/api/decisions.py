"""The routes of decisions: every candidate, and why it was sent or not."""

from litestar import get
from litestar.di import NamedDependency, Provide

from geopush.api.auth import Asking, allowed
from geopush.api.history import page, read_after
from geopush.api.paging import COMMON, Cursor, Limit, Page, Span
from geopush.api.parts import Parts
from geopush.api.people import AboutCustomer, AboutThing, answered_with
from geopush.api.problems import refusals
from geopush.api.tongue import read_tongue
from geopush.core.access import May
from geopush.core.sentence import Tongue
from geopush.store.decisions import DecisionFilter, DecisionRow, list_decisions
from geopush.store.history import After


def asked_for(
    span: NamedDependency[Span],
    customer_id: AboutCustomer = None,
    offer_id: AboutThing = None,
) -> DecisionFilter:
    """Return which decisions the address asks for."""
    return DecisionFilter(
        customer_id=customer_id,
        offer_id=offer_id,
        since=span.since,
        until=span.until,
    )


@get(
    "/v1/decisions",
    dependencies={
        "asked": Provide(asked_for, sync_to_thread=False),
        "tongue": Provide(read_tongue, sync_to_thread=False),
    },
    responses={
        **answered_with(Page[DecisionRow], 200),
        **refusals(400, 401, 403, 503),
    },
)
async def show_decisions(
    request: Asking,
    parts: NamedDependency[Parts],
    asked: NamedDependency[DecisionFilter],
    tongue: NamedDependency[Tongue],
    limit: Limit = COMMON,
    cursor: Cursor = None,
) -> Page[DecisionRow]:
    """List decisions with their gates and the values these saw, the newest first."""
    allowed(request, parts, May.READ_DECISIONS)
    after = read_after(cursor)
    async with parts.pool.acquire() as connection:
        rows = await list_decisions(connection, asked, limit + 1, after, tongue)
    return page(rows, limit, lambda row: After(row.at, row.decision_id))


ROUTES = (show_decisions,)
