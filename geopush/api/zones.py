"""The routes of zones, one at a time; lists and uploads are beside."""

import asyncio
from collections.abc import Sequence

import msgspec
from litestar import Response, delete, get, put
from litestar.di import NamedDependency

from geopush.api import zone_lists
from geopush.api.auth import Asking, allowed
from geopush.api.body import read_body, takes
from geopush.api.credentials import forbidden
from geopush.api.geojson import (
    MEDIA_TYPE,
    MEDIA_TYPES,
    Feature,
    ShownFeature,
    documented,
)
from geopush.api.parts import Parts
from geopush.api.problems import SHOWN, not_found, refusals
from geopush.api.things import (
    IfMatch,
    Thing,
    ThingId,
    answer_thing,
    expected,
    unsaved,
)
from geopush.api.uploads import import_zones, refused
from geopush.core.access import KeyHolder, May, reaches
from geopush.flows.revision import Unsaved
from geopush.store.zones import load_zones
from zones import Limits, Parsed, Problem, Zone, ZoneId, parse_zone, to_feature


@put(
    "/v1/zones/{zone_id:str}",
    opt=takes(Feature, MEDIA_TYPES),
    responses={
        **documented(ShownFeature, 200, 201),
        **refusals(400, 401, 403, 404, 412, 413, 415, 422, 503),
    },
)
async def save_zone(
    request: Asking,
    parts: NamedDependency[Parts],
    zone_id: ThingId,
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Put a zone in force; the next ping meets it."""
    holder = allowed(request, parts, May.CHANGE_ZONES)
    limits = parts.knobs.zones
    body = await read_body(request, limits.bytes_per_upload, MEDIA_TYPES)
    parsed = await asyncio.to_thread(_parse, body, ZoneId(zone_id), limits)
    if not parsed.zones:
        raise refused(parsed.problems)
    zone = _within_reach(parsed.zones[0], holder)
    saved = await parts.publish.save_zone(
        zone, reach=holder.group, expected=expected(if_match)
    )
    if isinstance(saved, Unsaved):
        raise unsaved(saved, "zone")
    shown = {**to_feature(zone), **_warned(parsed.warnings)}
    return answer_thing(
        shown, saved.revision, created=saved.created, media_type=MEDIA_TYPE
    )


@get(
    "/v1/zones/{zone_id:str}",
    responses={**documented(ShownFeature, 200), **refusals(400, 401, 403, 404, 503)},
)
async def show_zone(
    request: Asking, parts: NamedDependency[Parts], zone_id: ThingId
) -> Response[bytes]:
    """Return a zone as it can be put back."""
    holder = allowed(request, parts, May.READ_ZONES)
    async with parts.pool.acquire() as connection:
        row = (await load_zones(connection, [zone_id])).get(zone_id)
    if row is None or row.feature is None or not reaches(holder, row.group):
        raise not_found("zone")
    feature = msgspec.json.decode(row.feature, type=Thing)
    return answer_thing(feature, row.revision, media_type=MEDIA_TYPE)


@delete(
    "/v1/zones/{zone_id:str}",
    status_code=204,
    responses=refusals(400, 401, 403, 404, 412, 503),
)
async def remove_zone(
    request: Asking,
    parts: NamedDependency[Parts],
    zone_id: ThingId,
    if_match: IfMatch = None,
) -> None:
    """Take a zone out of force; whoever is inside leaves it at the next ping."""
    holder = allowed(request, parts, May.CHANGE_ZONES)
    why = await parts.publish.remove_zone(
        ZoneId(zone_id), reach=holder.group, expected=expected(if_match)
    )
    if why is not None:
        raise unsaved(why, "zone")


def _warned(warnings: Sequence[Problem]) -> Thing:
    return {"warnings": warnings[:SHOWN]} if warnings else {}


def _parse(body: bytes, zone_id: ZoneId, limits: Limits) -> Parsed:
    return parse_zone(body, zone_id, limits=limits)


def _within_reach(zone: Zone, holder: KeyHolder) -> Zone:
    """A key of one group makes zones of that group, also where it is left unsaid."""
    if holder.group is None or zone.group == holder.group:
        return zone
    if zone.group is not None:
        raise forbidden("The key is for the zones of another group.")
    return msgspec.structs.replace(zone, group=holder.group)


ROUTES = (save_zone, show_zone, remove_zone, *zone_lists.ROUTES, import_zones)
