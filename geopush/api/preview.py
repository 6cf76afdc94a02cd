"""The route that shows how an offer would read."""

from typing import Annotated

from litestar import post
from litestar.di import NamedDependency, Provide
from msgspec import Meta, Struct

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_json, takes
from geopush.api.explain import known_to, moment, read_offer
from geopush.api.parts import Parts
from geopush.api.people import answered_with
from geopush.api.problems import not_found, refusals
from geopush.api.things import ThingId
from geopush.api.tongue import read_tongue
from geopush.core.access import May
from geopush.core.device import CustomerIdentifier, Language
from geopush.core.explain import device_of
from geopush.core.known import Known
from geopush.core.ping import Identifier, Moment
from geopush.core.preview import Preview, preview, values_there
from geopush.core.sentence import Tongue
from zones import Zone, ZoneId

Text = Annotated[str, Meta(max_length=1000)]
Number = Annotated[int, Meta(ge=-(10**15), le=10**15)]
Values = Annotated[
    dict[Text, Text | Number | float | bool | None], Meta(max_length=100)
]


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """Where, for whom, in which language; `values` are said instead of what is known.

    Without a customer the language is English, unless it is told.
    """

    zone_id: Identifier | None = None
    customer_id: CustomerIdentifier | None = None
    language: Language | None = None
    at: Moment | None = None
    values: Values = {}


@post(
    "/v1/offers/{offer_id:str}/preview",
    status_code=200,
    opt=takes(Asked),
    dependencies={"tongue": Provide(read_tongue, sync_to_thread=False)},
    responses={
        **answered_with(Preview, 200),
        **refusals(400, 401, 403, 404, 413, 415, 422, 503),
    },
)
async def preview_offer(
    request: Asking,
    parts: NamedDependency[Parts],
    tongue: NamedDependency[Tongue],
    offer_id: ThingId,
) -> Preview:
    """Say how an offer would read at a zone, for a customer. Changes nothing."""
    holder = allowed(request, parts, May.EXPLAIN)
    asked = await read_json(request, Asked, parts.knobs.body_bytes)
    offer, at = await read_offer(parts, offer_id), moment(asked.at, parts)
    zone, known = _zone(parts, asked.zone_id), None
    if asked.customer_id is not None:
        known = await known_to(holder, parts, asked.customer_id)
    profile = None if known is None else known.profile
    values = values_there(offer, zone, profile, parts.world(), at)
    return preview(offer, values | asked.values, _language(asked, known), tongue)


def _zone(parts: Parts, zone_id: str | None) -> Zone | None:
    if zone_id is None:
        return None
    zone = parts.refresh.catalog.zones.get(ZoneId(zone_id))
    if zone is None:
        raise not_found("zone")
    return zone


def _language(asked: Asked, known: Known | None) -> str:
    """As told, or that of the device the customer would be told on."""
    device = None if known is None else device_of(known)
    if known is None or device is None:
        return asked.language or "en"
    return asked.language or known.profile.devices[device].language


ROUTES = (preview_offer,)
