"""The route of the weather: observations in, the newest of each place kept."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from msgspec import Struct

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_json, takes
from geopush.api.items import Rejected, read_items
from geopush.api.parts import Parts
from geopush.api.problems import refusals
from geopush.core.access import May
from geopush.core.item import RefusedItem
from geopush.core.weather import Observation
from geopush.flows.observe import Reception, observe


class Batch(Struct, forbid_unknown_fields=True):
    """Observations, each looked at on its own: a bad one does not refuse the others."""

    observations: list[msgspec.Raw]


class Observations(Struct, forbid_unknown_fields=True):
    """Observations: `longitude`, `latitude`, `observed_at`, and what was observed."""

    observations: list[object]


class Observed(Struct):
    """What became of the observations; the three add up to what was sent."""

    accepted: int
    stale: int
    rejected: list[Rejected]


@post(
    "/v1/weather",
    status_code=202,
    opt=takes(Observations),
    responses=refusals(400, 401, 403, 413, 415, 503),
)
async def report_weather(request: Asking, parts: NamedDependency[Parts]) -> Observed:
    """Take observations in; the next ping is decided with them."""
    allowed(request, parts, May.REPORT_WEATHER)
    batch = await read_json(request, Batch, parts.knobs.body_bytes)
    items = read_items(batch.observations, Observation, "$.observations")
    good = items.fitting
    receptions = await observe(
        parts.pool, parts.refresh, list(good.values()), clock=parts.clock
    )
    rejected = items.rejected + [
        Rejected(index, RefusedItem.IN_THE_FUTURE)
        for index, one in zip(good, receptions, strict=True)
        if one is Reception.IN_THE_FUTURE
    ]
    return Observed(
        accepted=receptions.count(Reception.ACCEPTED),
        stale=receptions.count(Reception.STALE),
        rejected=sorted(rejected, key=lambda one: one.index),
    )


ROUTES = (report_weather,)
