"""The routes of zones: one at a time, in lists, and by distance."""

import asyncio
import heapq
import math
from collections.abc import Iterable
from typing import Annotated

import msgspec
from litestar import Response, delete, get, put
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_body, takes
from geopush.api.credentials import forbidden
from geopush.api.geojson import (
    MEDIA_TYPE,
    MEDIA_TYPES,
    Feature,
    FeatureCollection,
    ShownFeature,
)
from geopush.api.paging import (
    COMMON,
    Cursor,
    Limit,
    Span,
    read_cursor,
    write_cursor,
)
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
from geopush.api.uploads import import_zones, refused
from geopush.core.access import KeyHolder, May, reaches
from geopush.flows.revision import Unsaved
from geopush.store.zones import changed_between, load_zones
from zones import Box, Limits, Parsed, Point, Zone, ZoneId, parse_zone, to_feature

NEAR = 20  # zones in an answer about nearness, unless asked otherwise

Longitude = Annotated[float, QueryParameter(ge=-180, le=180)]
Latitude = Annotated[float, QueryParameter(ge=-90, le=90)]


class Wanted(Struct, frozen=True):
    """Which zones to list: of a group, with a tag, in a box, changed; None is all."""

    group: str | None
    tag: str | None
    bbox: Box | None
    changed: frozenset[str] | None

    def has(self, zone: Zone) -> bool:
        """Whether a zone has the group and the tag, and changed when it should."""
        return (
            self.group in (None, zone.group)
            and (self.tag is None or self.tag in zone.tags)
            and (self.changed is None or zone.zone_id in self.changed)
        )


def _documented(status: int, kind: type) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(
            kind, generate_examples=False, description="Done", media_type=MEDIA_TYPE
        )
    }


@put(
    "/v1/zones/{zone_id:str}",
    opt=takes(Feature, MEDIA_TYPES),
    responses={
        **_documented(200, ShownFeature),
        **_documented(201, ShownFeature),
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
    return answer_thing(
        to_feature(zone), saved.revision, created=saved.created, media_type=MEDIA_TYPE
    )


@get(
    "/v1/zones/{zone_id:str}",
    responses={**_documented(200, ShownFeature), **refusals(400, 401, 403, 404, 503)},
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


async def read_wanted(
    parts: NamedDependency[Parts],
    span: NamedDependency[Span],
    group: FromQuery[str | None] = None,
    tag: FromQuery[str | None] = None,
    bbox: FromQuery[str | None] = None,
) -> Wanted:
    """Read from the address which zones are wanted."""
    box = None if bbox is None else _box(bbox)
    return Wanted(group, tag, box, await _changed(parts, span))


async def _changed(parts: Parts, span: Span) -> frozenset[str] | None:
    if span.since is None and span.until is None:
        return None
    async with parts.pool.acquire() as connection:
        return await changed_between(connection, span.since, span.until)


@get(
    "/v1/zones",
    sync_to_thread=False,
    dependencies={"wanted": Provide(read_wanted)},
    responses={**_documented(200, FeatureCollection), **refusals(400, 401, 403, 503)},
)
def list_zones(
    request: Asking,
    parts: NamedDependency[Parts],
    wanted: NamedDependency[Wanted],
    limit: Limit = COMMON,
    cursor: Cursor = None,
) -> Response[bytes]:
    """List zones in the order of their ids; `bbox` is west,south,east,north.

    `since` and `until` are of their last change.
    """
    holder = allowed(request, parts, May.READ_ZONES)
    index = parts.refresh.catalog.zones
    among = index.zones if wanted.bbox is None else index.within(wanted.bbox)
    (after,) = read_cursor(cursor, 1)
    found = heapq.nsmallest(
        limit + 1,
        (
            zone
            for zone in among
            if zone.zone_id > after and reaches(holder, zone.group) and wanted.has(zone)
        ),
        key=lambda zone: zone.zone_id,
    )
    last = found[limit - 1].zone_id if len(found) > limit else None
    return _answer(
        (to_feature(zone) for zone in found[:limit]),
        None if last is None else write_cursor(last),
    )


@get(
    "/v1/zones/nearest",
    sync_to_thread=False,
    responses={**_documented(200, FeatureCollection), **refusals(400, 401, 403)},
)
def nearest_zones(
    request: Asking,
    parts: NamedDependency[Parts],
    longitude: Longitude,
    latitude: Latitude,
    limit: Limit = NEAR,
) -> Response[bytes]:
    """List the zones nearest to a place, those around it first.

    `distance_meters` is the way to the boundary, 0 for a place inside.
    """
    holder = allowed(request, parts, May.READ_ZONES)
    index = parts.refresh.catalog.zones
    place, asked = Point(longitude, latitude), limit
    while True:  # a key of one group may have to look past the zones of others
        near = index.nearest(place, asked)
        mine = [
            {**to_feature(zone), "distance_meters": max(0.0, -one.meters)}
            for one in near
            if (zone := index.get(one.zone_id)) and reaches(holder, zone.group)
        ]
        if len(mine) >= limit or len(near) < asked:
            return _answer(mine[:limit], None)
        asked *= 4


def _parse(body: bytes, zone_id: ZoneId, limits: Limits) -> Parsed:
    return parse_zone(body, zone_id, limits=limits)


def _within_reach(zone: Zone, holder: KeyHolder) -> Zone:
    """A key of one group makes zones of that group, also where it is left unsaid."""
    if holder.group is None or zone.group == holder.group:
        return zone
    if zone.group is not None:
        raise forbidden("The key is for the zones of another group.")
    return msgspec.structs.replace(zone, group=holder.group)


def _box(text: str) -> Box:
    try:
        west, south, east, north = (float(piece) for piece in text.split(","))
    except ValueError:
        raise _bad_box() from None
    fits = all(map(math.isfinite, (west, south, east, north)))
    if not fits or max(abs(west), abs(east)) > 180 or not -90 <= south <= north <= 90:
        raise _bad_box()
    return west, south, east, north


def _bad_box() -> ProblemException:
    detail = "bbox is west,south,east,north in degrees."
    return ProblemException("invalid_parameter", 400, detail)


def _answer(features: Iterable[Thing], next_cursor: str | None) -> Response[bytes]:
    collection = FeatureCollection(list(features), next_cursor)
    return Response(msgspec.json.encode(collection), media_type=MEDIA_TYPE)


ROUTES = (save_zone, show_zone, remove_zone, list_zones, nearest_zones, import_zones)
