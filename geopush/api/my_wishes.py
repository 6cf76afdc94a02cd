"""The phone's own routes: what I agree to, and what I want to hear of."""

from collections.abc import Sequence

from litestar import Response, get, put
from litestar.di import NamedDependency
from msgspec import UNSET, Struct, UnsetType

from geopush.api.auth import Asking
from geopush.api.body import read_json, takes
from geopush.api.consents import Consents, held
from geopush.api.mine import Mine, answer_mine, mine
from geopush.api.parts import Parts
from geopush.api.people import answered_with, saved_or_refused
from geopush.api.preferences import PreferencesBody, shown
from geopush.api.problems import ProblemException, not_found, refusals
from geopush.api.things import IfMatch, Thing, expected
from geopush.core.consent import read_answers
from geopush.core.customer import MaxMessages, parse_preferences
from geopush.core.device import ConsentsSaid
from geopush.core.known import Known
from geopush.core.ping import Moment
from geopush.core.schedule import QuietHours
from geopush.core.shape import MISFITS, Word
from geopush.flows.profile import DEVICE
from geopush.store.consents import LoggedAnswer
from zones import Problem

CONSENTS, PREFERENCES = "/v1/me/consents", "/v1/me/preferences"
ANSWERS = 200
REFUSALS = (400, 401, 403, 412, 413, 415, 422, 429, 503)


class PreferencesSaid(Struct, frozen=True):
    """Everything I prefer; what is left out is not preferred."""

    topics: dict[Word, bool] = {}
    max_messages: MaxMessages | UnsetType | None = UNSET
    quiet_hours: QuietHours | UnsetType | None = UNSET
    paused_until: Moment | UnsetType | None = UNSET
    muted_zones: list[Word] = []


@get(
    CONSENTS,
    responses={**answered_with(Consents, ANSWERS), **refusals(400, 401, 403, 429, 503)},
)
async def show_my_consents(
    request: Asking, parts: NamedDependency[Parts]
) -> Response[bytes]:
    """Return what holds for me, and every answer I gave, oldest first."""
    known, history = await _history(parts, await mine(request, parts))
    thing = {**held(known.profile, history), "history": history}
    return answer_mine(thing, known)


@put(
    CONSENTS,
    opt=takes(ConsentsSaid),
    responses={**answered_with(Consents, ANSWERS), **refusals(*REFUSALS)},
)
async def save_my_consents(
    request: Asking, parts: NamedDependency[Parts], if_match: IfMatch = None
) -> Response[bytes]:
    """Write down what I agree to, each now unless it says `at`; others stay.

    A withdrawal is in force once this is answered.
    """
    asks = await mine(request, parts)
    raw = await read_json(request, Thing, parts.knobs.body_bytes)
    now = parts.clock()
    given = read_answers(raw, now, require_at=False, known_only=True)
    if isinstance(given, list):
        raise _refused("invalid_consents", "consents", given)
    saved_or_refused(
        await parts.profiles.answer(
            asks.customer_id, given, expected(if_match), source=DEVICE
        )
    )
    known, history = await _history(parts, asks)
    return answer_mine(held(known.profile, history), known)


@get(
    PREFERENCES,
    responses={
        **answered_with(PreferencesBody, ANSWERS),
        **refusals(400, 401, 403, 429, 503),
    },
)
async def show_my_preferences(
    request: Asking, parts: NamedDependency[Parts]
) -> Response[bytes]:
    """Return everything I prefer."""
    known = (await mine(request, parts)).known
    return answer_mine(shown(known.profile.preferences), known)


@put(
    PREFERENCES,
    opt=takes(PreferencesSaid),
    responses={**answered_with(PreferencesBody, ANSWERS), **refusals(*REFUSALS)},
)
async def save_my_preferences(
    request: Asking, parts: NamedDependency[Parts], if_match: IfMatch = None
) -> Response[bytes]:
    """Set everything I prefer; what is left out is not preferred."""
    asks = await mine(request, parts)
    raw = await read_json(request, Thing, parts.knobs.body_bytes)
    preferences = parse_preferences(raw, known_only=True)
    if isinstance(preferences, list):
        raise _refused("invalid_preferences", "preferences", preferences)
    saved = saved_or_refused(
        await parts.profiles.prefer(asks.customer_id, preferences, expected(if_match))
    )
    return answer_mine(shown(preferences), saved.known)


async def _history(parts: Parts, asks: Mine) -> tuple[Known, Sequence[LoggedAnswer]]:
    found = await parts.profiles.history(asks.customer_id)
    if found is None:
        raise not_found("customer")
    return found


def _refused(code: str, what: str, problems: Sequence[Problem]) -> ProblemException:
    if any(problem.code in MISFITS for problem in problems):
        detail = "The body does not fit the schema; see the problems."
        return ProblemException("invalid_body", 400, detail, problems)
    detail = f"The {what} cannot be taken as they are; see the problems."
    return ProblemException(code, 422, detail, problems)


ROUTES = (
    show_my_consents,
    save_my_consents,
    show_my_preferences,
    save_my_preferences,
)
