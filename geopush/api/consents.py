"""What customers agreed to, as a company's own systems write and read it."""

from collections.abc import Sequence

import msgspec
from litestar import Response, get, put
from litestar.di import NamedDependency
from msgspec import UNSET, Struct, UnsetType

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_json, takes
from geopush.api.parts import Parts
from geopush.api.people import (
    CustomerPath,
    answer_customer,
    answered_with,
    saved_or_refused,
)
from geopush.api.problems import ProblemException, not_found, refusals
from geopush.api.things import IfMatch, Thing, expected
from geopush.core.access import May
from geopush.core.consent import read_answers
from geopush.core.customer import Consent, Purpose
from geopush.core.known import Profile
from geopush.core.ping import Moment
from geopush.core.shape import Word
from geopush.store.consents import LoggedAnswer

PATH = "/v1/customers/{customer_id:str}/consents"


class AnswerBody(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An answer to a question of consent, and when it was given."""

    granted: bool
    at: Moment | None = None
    text_version: Word | None = None
    language: Word | None = None
    source: Word | None = None


class ConsentsBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Answers by purpose, each with its `at`; purposes not named stay."""

    push_marketing: bool | AnswerBody | UnsetType = UNSET
    push_service: bool | AnswerBody | UnsetType = UNSET
    location: bool | AnswerBody | UnsetType = UNSET
    profiling: bool | AnswerBody | UnsetType = UNSET
    history: list[object] | UnsetType = UNSET
    revision: int | UnsetType = UNSET


READ_ONLY = ("history", "revision")


class ConsentHeld(Struct, frozen=True, omit_defaults=True):
    """What holds for one purpose, when that was said, and to which words."""

    granted: bool
    at: Moment
    text_version: str | None = None
    language: str | None = None
    source: str | None = None


class Consents(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What holds by purpose; never asked is not here, and no."""

    push_marketing: ConsentHeld | UnsetType = UNSET
    push_service: ConsentHeld | UnsetType = UNSET
    location: ConsentHeld | UnsetType = UNSET
    profiling: ConsentHeld | UnsetType = UNSET
    history: Sequence[LoggedAnswer] | UnsetType = UNSET
    revision: int


@put(
    PATH,
    opt=takes(ConsentsBody),
    responses={
        **answered_with(Consents, 200, 201),
        **refusals(400, 401, 403, 412, 413, 415, 422, 503),
    },
)
async def save_consents(
    request: Asking,
    parts: NamedDependency[Parts],
    customer_id: CustomerPath,
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Write down what a customer agreed to; the latest `at` of each purpose holds."""
    allowed(request, parts, May.CHANGE_CUSTOMERS)
    body = await read_json(request, ConsentsBody, parts.knobs.body_bytes)
    raw = msgspec.to_builtins(body)
    answers = {name: one for name, one in raw.items() if name not in READ_ONLY}
    given = read_answers(answers, parts.clock(), require_at=True)
    if isinstance(given, list):
        detail = "The consents cannot be taken as they are; see the problems."
        raise ProblemException("invalid_consents", 422, detail, given)
    saved = saved_or_refused(
        await parts.profiles.answer(customer_id, given, expected(if_match))
    )
    found = await parts.profiles.history(customer_id)
    if found is None:
        raise not_found("customer")
    profile = saved.known.profile
    thing = held(profile, found[1])
    return answer_customer(thing, profile.revision, is_new=saved.is_new)


@get(
    PATH,
    responses={**answered_with(Consents, 200), **refusals(400, 401, 403, 404, 503)},
)
async def show_consents(
    request: Asking, parts: NamedDependency[Parts], customer_id: CustomerPath
) -> Response[bytes]:
    """Return what holds for a customer, and every answer they gave, oldest first."""
    allowed(request, parts, May.CHANGE_CUSTOMERS)
    found = await parts.profiles.history(customer_id)
    if found is None:
        raise not_found("customer")
    known, history = found
    thing = {**held(known.profile, history), "history": history}
    return answer_customer(thing, known.profile.revision)


def held(profile: Profile, history: Sequence[LoggedAnswer]) -> Thing:
    """Return what holds by purpose, each as the line of the log tells it."""
    return {
        str(purpose): _in_words(purpose, one, history)
        for purpose, one in profile.consents.items()
    }


def _in_words(
    purpose: Purpose, held: Consent, history: Sequence[LoggedAnswer]
) -> ConsentHeld:
    """What holds, as the line of the log tells it that it came from."""
    wanted = (purpose, held.granted, held.at)
    for one in reversed(history):
        if (one.purpose, one.granted, one.at) == wanted:
            return ConsentHeld(
                one.granted, one.at, one.text_version, one.language, one.source
            )
    return ConsentHeld(held.granted, held.at)


ROUTES = (save_consents, show_consents)
