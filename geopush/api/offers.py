"""The routes of offers: save, list, pause, resume."""

from enum import StrEnum, auto
from typing import Annotated, TypeAlias

import msgspec
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_body, takes
from geopush.api.idempotency import IdempotencyKey, Once, once
from geopush.api.paging import COMMON, Cursor, Limit, Page, Span, read_cursor, turn
from geopush.api.parts import Parts
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
from geopush.core.offer import OfferDocument, Refusal, parse_offer
from geopush.core.query_writer import with_queries
from geopush.flows.publish import status_of
from geopush.flows.revision import Unsaved
from geopush.store.offers import OfferRow, list_offers, load_offer

JSON = "application/json"


class ShownAs(StrEnum):
    """How the conditions of an offer are shown."""

    WRITTEN = auto()
    QUERY = auto()


ConditionsAs: TypeAlias = Annotated[
    ShownAs,
    QueryParameter(
        name="conditions",
        description="as they were written, or as a query of react-querybuilder",
    ),
]


def _documented(*statuses: int) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(Thing, generate_examples=False, description="The offer")
        for status in statuses
    }


@put(
    "/v1/offers/{offer_id:str}",
    opt=takes(OfferDocument),
    responses={
        **_documented(200, 201),
        **refusals(400, 401, 403, 412, 413, 415, 422, 503),
    },
)
async def save_offer(
    request: Asking,
    parts: NamedDependency[Parts],
    offer_id: ThingId,
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Put an offer in force. A pause is never lifted by this."""
    allowed(request, parts, May.CHANGE_OFFERS)
    body = await read_body(request, parts.knobs.body_bytes)
    offer = parse_offer(offer_id, body)
    if isinstance(offer, Refusal):
        raise _refused(offer)
    saved = await parts.publish.save_offer(offer, expected=expected(if_match))
    if isinstance(saved, Unsaved):
        raise unsaved(saved, "offer")
    row = await _row(parts, offer_id)
    return answer_thing(
        _shown(row), row.revision, created=saved.created, media_type=JSON
    )


@get(
    "/v1/offers/{offer_id:str}",
    responses={**_documented(200), **refusals(400, 401, 403, 404, 503)},
)
async def show_offer(
    request: Asking,
    parts: NamedDependency[Parts],
    offer_id: ThingId,
    conditions: ConditionsAs = ShownAs.WRITTEN,
) -> Response[bytes]:
    """Return an offer as it can be put back."""
    allowed(request, parts, May.READ_OFFERS)
    row = await _row(parts, offer_id)
    shown = _shown(row)
    if conditions is ShownAs.QUERY:
        shown |= _queries(row)
    return answer_thing(shown, row.revision, media_type=JSON)


@delete(
    "/v1/offers/{offer_id:str}",
    status_code=204,
    responses=refusals(400, 401, 403, 404, 412, 503),
)
async def remove_offer(
    request: Asking,
    parts: NamedDependency[Parts],
    offer_id: ThingId,
    if_match: IfMatch = None,
) -> None:
    """Take an offer out of force, and back what is queued of it."""
    allowed(request, parts, May.CHANGE_OFFERS)
    why = await parts.publish.remove_offer(offer_id, expected=expected(if_match))
    if why is not None:
        raise unsaved(why, "offer")


@get("/v1/offers", responses=refusals(400, 401, 403, 503))
async def all_offers(
    request: Asking,
    parts: NamedDependency[Parts],
    span: NamedDependency[Span],
    limit: Limit = COMMON,
    cursor: Cursor = None,
) -> Page[Thing]:
    """List offers in the order of their ids; the span is that of their last change."""
    allowed(request, parts, May.READ_OFFERS)
    (after,) = read_cursor(cursor, 1)
    async with parts.pool.acquire() as connection:
        rows = await list_offers(connection, after, limit + 1, span.since, span.until)
    page = turn(rows, limit, lambda row: (row.offer_id,))
    return Page(
        [{**_shown(row), "revision": row.revision} for row in page.items],
        page.next_cursor,
    )


@post(
    "/v1/offers/{offer_id:str}/pause",
    status_code=200,
    responses={**_documented(200), **refusals(400, 401, 403, 404, 409, 503)},
)
async def pause_offer(
    request: Asking,
    parts: NamedDependency[Parts],
    offer_id: ThingId,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Stop an offer; what is queued of it is withdrawn for good."""
    holder = allowed(request, parts, May.CHANGE_OFFERS)
    asked = Once(request, parts, holder, idempotency_key, b"")
    return await once(asked, lambda: _set_paused(parts, offer_id, paused=True))


@post(
    "/v1/offers/{offer_id:str}/resume",
    status_code=200,
    responses={**_documented(200), **refusals(400, 401, 403, 404, 409, 503)},
)
async def resume_offer(
    request: Asking,
    parts: NamedDependency[Parts],
    offer_id: ThingId,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Let a paused offer go on."""
    holder = allowed(request, parts, May.CHANGE_OFFERS)
    asked = Once(request, parts, holder, idempotency_key, b"")
    return await once(asked, lambda: _set_paused(parts, offer_id, paused=False))


async def _set_paused(parts: Parts, offer_id: str, *, paused: bool) -> Thing:
    act = parts.publish.pause if paused else parts.publish.resume
    why = await act(offer_id)
    if why is not None:
        raise unsaved(why, "offer")
    row = await _row(parts, offer_id)
    return {**_shown(row), "revision": row.revision}


async def _row(parts: Parts, offer_id: str) -> OfferRow:
    async with parts.pool.acquire() as connection:
        row = await load_offer(connection, offer_id)
    if row is None:
        raise not_found("offer")
    return row


def _shown(row: OfferRow) -> Thing:
    written = msgspec.json.decode(row.document or b"{}", type=Thing)
    status = status_of(row)
    return {"offer_id": row.offer_id, **written, "status": status, "paused": row.paused}


def _queries(row: OfferRow) -> Thing:
    """What is shown otherwise where conditions are queries."""
    offer = parse_offer(row.offer_id, row.document or b"{}")
    if isinstance(offer, Refusal):  # by a version that took it
        return {}
    queries = with_queries(offer)
    return {key: queries[key] for key in ("conditions", "audience") if key in queries}


def _refused(refusal: Refusal) -> ProblemException:
    codes = {problem.code for problem in refusal.problems}
    if "too_large" in codes:
        return ProblemException(
            "too_large", 413, "The offer is above a limit.", refusal.problems
        )
    if "unreadable" in codes:
        return ProblemException(
            "unreadable", 400, "The body is not JSON.", refusal.problems
        )
    if refusal.unreadable:
        detail = "The offer does not fit the schema; see the problems."
        return ProblemException("invalid_body", 400, detail, refusal.problems)
    detail = "The offer cannot be taken; see the problems."
    return ProblemException("invalid_offer", 422, detail, refusal.problems)


ROUTES = (
    save_offer,
    show_offer,
    remove_offer,
    all_offers,
    pause_offer,
    resume_offer,
)
