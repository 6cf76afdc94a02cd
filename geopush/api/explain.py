"""The route that answers why: what would become of an offer, gate by gate."""

from datetime import UTC, datetime, timedelta

from litestar import post
from litestar.di import NamedDependency, Provide
from msgspec import Struct
from msgspec.structs import replace

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_json, takes
from geopush.api.parts import Parts
from geopush.api.people import answered_with
from geopush.api.problems import ProblemException, not_found, refusals
from geopush.api.tongue import read_tongue
from geopush.core.access import KeyHolder, May, may
from geopush.core.device import CustomerIdentifier
from geopush.core.explain import Case, Explanation, explain
from geopush.core.known import Known
from geopush.core.offer import Offer, Refusal, parse_offer
from geopush.core.ping import Identifier, Latitude, Longitude, Moment
from geopush.core.sentence import Tongue
from geopush.flows.publish import status_of
from geopush.store.offers import load_offer
from zones import Point

FURTHEST = timedelta(days=366)  # of a question; what is kept does not reach further


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """Who, which offer, where, and when: now, unless it is told."""

    customer_id: CustomerIdentifier
    offer_id: Identifier
    longitude: Longitude
    latitude: Latitude
    at: Moment | None = None


@post(
    "/v1/explain",
    status_code=200,
    opt=takes(Asked),
    dependencies={"tongue": Provide(read_tongue, sync_to_thread=False)},
    responses={
        **answered_with(Explanation, 200),
        **refusals(400, 401, 403, 404, 413, 415, 422, 503),
    },
)
async def explain_offer(
    request: Asking, parts: NamedDependency[Parts], tongue: NamedDependency[Tongue]
) -> Explanation:
    """Say what would become of an offer for a customer at a place. Changes nothing."""
    holder = allowed(request, parts, May.EXPLAIN)
    asked = await read_json(request, Asked, parts.knobs.body_bytes)
    known = await known_to(holder, parts, asked.customer_id)
    offer = await read_offer(parts, asked.offer_id)
    place = Point(longitude=asked.longitude, latitude=asked.latitude)
    case = Case(known, offer, place, moment(asked.at, parts))
    return explain(case, parts.world(), tongue)


def moment(at: datetime | None, parts: Parts) -> datetime:
    """Return the moment that is asked about, in UTC."""
    now = parts.clock()
    if at is None:
        return now
    if abs(at - now) > FURTHEST:
        detail = f'"at" must lie within {FURTHEST.days} days of now.'
        raise ProblemException("impossible_moment", 422, detail)
    return at.astimezone(UTC)


async def known_to(holder: KeyHolder, parts: Parts, customer_id: str) -> Known:
    """Return a customer whom the holder of a key may ask about."""
    known = await parts.profiles.find(customer_id)
    if known is None:
        raise not_found("customer")
    if not known.profile.test and not may(holder.role, May.READ_DECISIONS):
        raise not_found("customer")
    return known


async def read_offer(parts: Parts, offer_id: str) -> Offer:
    """Return an offer, live or not, ready to be decided."""
    async with parts.pool.acquire() as connection:
        row = await load_offer(connection, offer_id)
    if row is None or row.document is None:
        raise not_found("offer")
    offer = parse_offer(offer_id, row.document)
    if isinstance(offer, Refusal):  # by a version that took it
        raise not_found("offer")
    return replace(offer, status=status_of(row))


ROUTES = (explain_offer,)
