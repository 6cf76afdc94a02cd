"""The route of the weather: observations in, the newest of each place kept."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from msgspec import Struct

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_json, takes
from geopush.api.parts import Parts
from geopush.api.problems import placed, refusals
from geopush.core.access import May
from geopush.core.weather import Observation
from geopush.flows.observe import Reception, observe

INVALID = "invalid"


class Batch(Struct, forbid_unknown_fields=True):
    """Observations, each looked at on its own: a bad one does not refuse the others."""

    observations: list[msgspec.Raw]


class Observations(Struct, forbid_unknown_fields=True):
    """Observations: `longitude`, `latitude`, `observed_at`, and what was observed."""

    observations: list[object]


class Rejected(Struct, omit_defaults=True):
    """An observation that is not taken: where in the batch, and why."""

    index: int
    reason: str
    path: str | None = None


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
    read = [_read(index, raw) for index, raw in enumerate(batch.observations)]
    good = {
        index: one for index, one in enumerate(read) if isinstance(one, Observation)
    }
    rejected = [one for one in read if isinstance(one, Rejected)]
    receptions = await observe(
        parts.pool, parts.refresh, list(good.values()), clock=parts.clock
    )
    rejected += [
        Rejected(index, one)
        for index, one in zip(good, receptions, strict=True)
        if one is Reception.IN_THE_FUTURE
    ]
    return Observed(
        accepted=receptions.count(Reception.ACCEPTED),
        stale=receptions.count(Reception.STALE),
        rejected=sorted(rejected, key=lambda one: one.index),
    )


def _read(index: int, raw: msgspec.Raw) -> Observation | Rejected:
    try:
        return msgspec.json.decode(raw, type=Observation)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        place = placed(str(error)).path.removeprefix("$")
        return Rejected(index, INVALID, f"$.observations[{index}]{place}")


ROUTES = (report_weather,)
