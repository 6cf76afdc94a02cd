"""What customers want to hear of, as a company's own systems write and read it."""

import msgspec
from litestar import Response, get, put
from litestar.di import NamedDependency
from msgspec import UNSET, UnsetType

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
from geopush.core.customer import Preferences, parse_preferences

PATH = "/v1/customers/{customer_id:str}/preferences"


class PreferencesBody(Preferences, frozen=True, kw_only=True):
    """Everything a customer prefers; `revision` may stand here as it was read."""

    revision: int | UnsetType = UNSET


@put(
    PATH,
    opt=takes(PreferencesBody),
    responses={
        **answered_with(PreferencesBody, 200, 201),
        **refusals(400, 401, 403, 412, 413, 415, 422, 503),
    },
)
async def save_preferences(
    request: Asking,
    parts: NamedDependency[Parts],
    customer_id: CustomerPath,
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Set everything a customer prefers; what is left out is not preferred."""
    allowed(request, parts, May.CHANGE_CUSTOMERS)
    body = await read_json(request, PreferencesBody, parts.knobs.body_bytes)
    raw = _written(body)
    raw.pop("revision", None)
    preferences = parse_preferences(raw)
    if isinstance(preferences, list):
        detail = "The preferences cannot be taken as they are; see the problems."
        raise ProblemException("invalid_preferences", 422, detail, preferences)
    saved = saved_or_refused(
        await parts.profiles.prefer(customer_id, preferences, expected(if_match))
    )
    revision = saved.known.profile.revision
    return answer_customer(shown(preferences), revision, is_new=saved.is_new)


@get(
    PATH,
    responses={
        **answered_with(PreferencesBody, 200),
        **refusals(400, 401, 403, 404, 503),
    },
)
async def show_preferences(
    request: Asking, parts: NamedDependency[Parts], customer_id: CustomerPath
) -> Response[bytes]:
    """Return everything a customer prefers."""
    allowed(request, parts, May.CHANGE_CUSTOMERS)
    known = await parts.profiles.find(customer_id)
    if known is None:
        raise not_found("customer")
    return answer_customer(shown(known.profile.preferences), known.profile.revision)


def shown(preferences: Preferences) -> Thing:
    """Return preferences as they can be put back."""
    return {"topics": {}, "muted_zones": [], **_written(preferences)}


def _written(preferences: Preferences) -> Thing:
    return msgspec.convert(msgspec.to_builtins(preferences), Thing)


ROUTES = (save_preferences, show_preferences)
