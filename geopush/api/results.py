"""The route of what came of an offer."""

from litestar import get
from litestar.di import NamedDependency

from geopush.api.auth import Asking, allowed
from geopush.api.paging import Span
from geopush.api.parts import Parts
from geopush.api.people import answered_with
from geopush.api.problems import not_found, refusals
from geopush.api.things import ThingId
from geopush.core.access import May
from geopush.core.results import Results
from geopush.store.offers import load_offer
from geopush.store.results import load_results


@get(
    "/v1/offers/{offer_id:str}/results",
    responses={**answered_with(Results, 200), **refusals(400, 401, 403, 404, 503)},
)
async def show_results(
    request: Asking,
    parts: NamedDependency[Parts],
    offer_id: ThingId,
    span: NamedDependency[Span],
) -> Results:
    """Count the candidates of an offer by what became of them; the sums always hold."""
    allowed(request, parts, May.READ_OFFERS)
    async with parts.pool.acquire() as connection:
        if await load_offer(connection, offer_id) is None:
            raise not_found("offer")
        return await load_results(connection, offer_id, span.since, span.until)


ROUTES = (show_results,)
