"""The routes that list zones: all of them in pages, or the nearest of a place."""

import heapq
import math
from collections.abc import Collection, Iterable
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from geopush.api.auth import Asking, allowed
from geopush.api.geojson import MEDIA_TYPE, FeatureCollection, documented
from geopush.api.paging import (
    COMMON,
    Cursor,
    Limit,
    Span,
    read_cursor,
    write_cursor,
)
from geopush.api.parts import Parts
from geopush.api.problems import ProblemException, refusals
from geopush.api.things import Thing
from geopush.core.access import May, reaches
from geopush.store.zones import changed_between
from zones import Box, Point, Zone, to_feature

NEAR = 20  # zones in an answer about nearness, unless asked otherwise

Longitude = Annotated[float, QueryParameter(ge=-180, le=180)]
Latitude = Annotated[float, QueryParameter(ge=-90, le=90)]


class Wanted(Struct, frozen=True):
    """Which zones to list: of a group, with a tag, in a box; None is all."""

    group: str | None
    tag: str | None
    bbox: Box | None

    def has(self, zone: Zone) -> bool:
        """Whether a zone has the group and the tag."""
        return self.group in (None, zone.group) and (
            self.tag is None or self.tag in zone.tags
        )


def read_wanted(
    group: FromQuery[str | None] = None,
    tag: FromQuery[str | None] = None,
    bbox: FromQuery[str | None] = None,
) -> Wanted:
    """Read from the address which zones are wanted."""
    return Wanted(group, tag, None if bbox is None else _box(bbox))


@get(
    "/v1/zones",
    dependencies={"wanted": Provide(read_wanted, sync_to_thread=False)},
    responses={**documented(FeatureCollection, 200), **refusals(400, 401, 403, 503)},
)
async def list_zones(
    request: Asking,
    parts: NamedDependency[Parts],
    wanted: NamedDependency[Wanted],
    span: NamedDependency[Span],
    limit: Limit = COMMON,
    cursor: Cursor = None,
) -> Response[bytes]:
    """List zones in the order of their ids; `bbox` is west,south,east,north.

    `since` and `until` are of their last change.
    """
    holder = allowed(request, parts, May.READ_ZONES)
    (after,) = read_cursor(cursor, 1)
    found = heapq.nsmallest(
        limit + 1,
        (
            zone
            for zone in await _among(parts, wanted.bbox, span)
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
    responses={**documented(FeatureCollection, 200), **refusals(400, 401, 403)},
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


async def _among(parts: Parts, bbox: Box | None, span: Span) -> Collection[Zone]:
    """The zones in a box, or all, that changed in a span of time, or at any time."""
    index = parts.refresh.catalog.zones
    among = index.zones if bbox is None else index.within(bbox)
    if span.since is None and span.until is None:
        return among
    async with parts.pool.acquire() as connection:
        changed = await changed_between(connection, span.since, span.until)
    return [zone for zone in among if zone.zone_id in changed]


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


ROUTES = (list_zones, nearest_zones)
