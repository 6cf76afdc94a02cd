"""The route that takes many customers at once, a line for each."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from geopush.api.auth import Asking, allowed
from geopush.api.body import JSON, read_body, takes
from geopush.api.consents import AnswerBody
from geopush.api.customers import Attributes
from geopush.api.idempotency import IdempotencyKey, Once, once
from geopush.api.parts import Parts
from geopush.api.ping_bodies import NDJSON
from geopush.api.problems import SHOWN, refusals
from geopush.core.access import May
from geopush.core.arrival import MOST_ATTRIBUTES, Arrival
from geopush.core.consent import Given, read_answers
from geopush.core.customer import Preferences, parse_preferences
from geopush.core.device import CustomerIdentifier
from geopush.core.shape import read
from geopush.flows.arrivals import Written
from zones import Problem

MEDIA_TYPES = (NDJSON, "application/ndjson", "application/jsonl", *JSON)


class Answers(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Answers to questions of consent by purpose, each with its `at`."""

    push_marketing: bool | AnswerBody | UnsetType = UNSET
    push_service: bool | AnswerBody | UnsetType = UNSET
    location: bool | AnswerBody | UnsetType = UNSET
    profiling: bool | AnswerBody | UnsetType = UNSET


class CustomerLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One customer, on one line; what is left out stays as it is.

    `attributes` are merged, and null removes one; `preferences` are set as a whole.
    """

    customer_id: CustomerIdentifier
    attributes: Attributes | UnsetType | None = UNSET
    test: bool | UnsetType = UNSET
    consents: Answers | UnsetType = UNSET
    preferences: Preferences | UnsetType = UNSET


class CustomersTaken(Struct):
    """What became of the lines; the four counts add up to them.

    A `path` begins with the place of the line: `$[0]` is the first one.
    """

    created: int
    updated: int
    unchanged: int
    rejected: int
    problems: list[Problem]
    problems_total: int


Read = Arrival | list[Problem]


@post(
    "/v1/customers/import",
    status_code=200,
    opt=takes(CustomerLine, MEDIA_TYPES),
    responses={
        200: ResponseSpec(CustomersTaken, generate_examples=False, description="Done"),
        **refusals(400, 401, 403, 409, 413, 415, 503),
    },
)
async def import_customers(
    request: Asking,
    parts: NamedDependency[Parts],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Take many customers in, one on each line; a bad line does not refuse the others.

    Lines count in their order, each wholly or not at all. Importing them again changes
    nothing, and whoever said stop stays stopped.
    """
    holder = allowed(request, parts, May.CHANGE_CUSTOMERS)
    limit = parts.knobs.zones.bytes_per_upload
    body = await read_body(request, limit, MEDIA_TYPES)
    asked = Once(request, parts, holder, idempotency_key, body)
    return await once(asked, lambda: _import(parts, body))


async def _import(parts: Parts, body: bytes) -> CustomersTaken:
    lines = await asyncio.to_thread(_read_all, body, parts.clock())
    told = [one for one in lines if isinstance(one, Arrival)]
    written = await parts.arrivals.take(told)
    problems = [one for line in lines if isinstance(line, list) for one in line]
    problems += _refused(told, written)
    return CustomersTaken(
        created=written.count(Written.CREATED),
        updated=written.count(Written.UPDATED),
        unchanged=written.count(Written.UNCHANGED),
        rejected=len(lines) - len(written) + written.count(Written.TOO_MANY_ATTRIBUTES),
        problems=problems[:SHOWN],
        problems_total=len(problems),
    )


def _refused(told: Sequence[Arrival], written: Sequence[Written]) -> Iterator[Problem]:
    text = f"a customer may have {MOST_ATTRIBUTES}, with those that are there already"
    for one, what in zip(told, written, strict=True):
        if what is Written.TOO_MANY_ATTRIBUTES:
            yield Problem(f"$[{one.line}].attributes", what, text)


def _read_all(body: bytes, now: datetime) -> list[Read]:
    lines = enumerate(body.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
    return [_read(at, line, now) for at, line in lines if line.strip()]


def _read(at: int, line: bytes, now: datetime) -> Read:
    """One line as it can be written, or all that is wrong with it."""
    path = f"$[{at}]"
    problems: list[Problem] = []
    written = _decoded(line, path, problems)
    if written is None:
        return problems
    given: Given | list[Problem] = {}
    if written.consents is not UNSET:
        raw = msgspec.to_builtins(written.consents)
        given = read_answers(raw, now, require_at=True, place=f"{path}.consents")
    preferences: Preferences | list[Problem] | None = None
    if written.preferences is not UNSET:
        preferences = parse_preferences(msgspec.to_builtins(written.preferences))
    if isinstance(preferences, list):
        inside = f"{path}.preferences"
        problems += [replace(one, path=inside + one.path[1:]) for one in preferences]
    if isinstance(given, list):
        problems += given
    if isinstance(given, list) or isinstance(preferences, list):
        return problems
    return Arrival(
        line=at,
        customer_id=written.customer_id,
        attributes={} if written.attributes is UNSET else written.attributes,
        test=None if written.test is UNSET else written.test,
        given=given,
        preferences=preferences,
    )


def _decoded(line: bytes, path: str, problems: list[Problem]) -> CustomerLine | None:
    try:
        return _lines.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # look again, slowly, for everything that does not fit
    try:
        raw = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problems.append(Problem(path, "unreadable", f"is no JSON: {error}"))
        return None
    return read(raw, CustomerLine, path, problems)


_lines = msgspec.json.Decoder(CustomerLine)

ROUTES = (import_customers,)
