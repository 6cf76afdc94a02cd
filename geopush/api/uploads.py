"""The route that takes many zones at once, all of them or none."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from litestar import Response, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_body, takes
from geopush.api.credentials import forbidden
from geopush.api.geojson import MEDIA_TYPES, Features
from geopush.api.idempotency import IdempotencyKey, Once, once
from geopush.api.parts import Parts
from geopush.api.problems import SHOWN, ProblemException, refusals
from geopush.core.access import KeyHolder, May
from geopush.flows.upload import Mode, OutOfReach, Upload, WouldRemove
from zones import Code, Limits, Parsed, Problem, parse_zones

OUT_OF_REACH = "out_of_reach"
Group = Annotated[
    str | None, QueryParameter(min_length=1, max_length=128, pattern=r"^[^\x00]*$")
]
Pairs = Annotated[
    str,
    QueryParameter(
        name="map",
        max_length=2048,
        pattern=r"^([^:,]+:[^,]+(,[^:,]+:[^,]+)*)?$",
    ),
]
Count = Annotated[int, QueryParameter(ge=0)]


class Imported(Struct):
    """What an upload changed, or would change, and what is odd in it."""

    created: int
    updated: int
    unchanged: int
    removed: int
    rejected: int
    problems: list[Problem]
    warnings: list[Problem]
    problems_total: int
    warnings_total: int
    revision: int


class Wish(Struct, frozen=True):
    """What is wanted with an upload."""

    mode: Mode
    group: str | None
    id_map: dict[str, str]
    dry_run: bool
    partial: bool
    allow_removed: int


def read_wish(
    mode: FromQuery[Mode] = Mode.MERGE,
    group: Group = None,
    id_map: Pairs = "",
    dry_run: FromQuery[bool] = False,
    partial: FromQuery[bool] = False,
    allow_removed: Count = 0,
) -> Wish:
    """Read from the address what is wanted with an upload."""
    pairs = [pair.partition(":") for pair in id_map.split(",") if pair]
    names = {ours: theirs for ours, _, theirs in pairs}
    return Wish(mode, group, names, dry_run, partial, allow_removed)


@post(
    "/v1/zones/import",
    status_code=200,
    opt=takes(Features, MEDIA_TYPES),
    dependencies={"wish": Provide(read_wish, sync_to_thread=False)},
    responses={
        200: ResponseSpec(Imported, generate_examples=False, description="Done"),
        **refusals(400, 401, 403, 409, 413, 415, 422, 503),
    },
)
async def import_zones(
    request: Asking,
    parts: NamedDependency[Parts],
    wish: NamedDependency[Wish],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Put many zones in force at once, or none of them.

    With `partial` what is good is taken and the rest is listed; with `dry_run` nothing
    is written; `replace` removes what is no longer in the `group`.
    """
    holder = allowed(request, parts, May.CHANGE_ZONES)
    if holder.group is not None and wish.group not in (None, holder.group):
        raise forbidden("The key is for the zones of another group.")
    limit = parts.knobs.zones.bytes_per_upload
    body = await read_body(request, limit, MEDIA_TYPES)
    asked = Once(request, parts, holder, idempotency_key, body)
    return await once(asked, lambda: _import(parts, holder, wish, body))


async def _import(parts: Parts, holder: KeyHolder, wish: Wish, body: bytes) -> Imported:
    group = wish.group or holder.group
    if wish.mode is Mode.REPLACE and group is None:
        detail = "replace takes a group: only its zones can be removed."
        raise ProblemException("invalid_parameter", 400, detail)
    parsed = await asyncio.to_thread(_parse, body, wish, group, parts.knobs.zones)
    if parsed.problems and not (wish.partial and parsed.total):
        raise _refused(parsed.problems, holder)
    upload = Upload(
        zones=parsed.zones,
        rejected=parsed.rejected,
        mode=wish.mode,
        group=group,
        reach=holder.group,
        allow_removed=wish.allow_removed,
        partial=wish.partial,
        dry_run=wish.dry_run,
    )
    planned = await parts.publish.import_zones(upload)
    if isinstance(planned, WouldRemove):
        raise _too_much(planned)
    if isinstance(planned, OutOfReach):
        raise _refused(_foreign(planned.zone_ids), holder)
    problems = [*parsed.problems, *_foreign(planned.foreign)]
    return Imported(
        created=len(planned.created),
        updated=len(planned.updated),
        unchanged=planned.unchanged,
        removed=len(planned.removed),
        rejected=parsed.total - len(parsed.zones) + len(planned.foreign),
        problems=problems[:SHOWN],
        warnings=list(parsed.warnings[:SHOWN]),
        problems_total=len(problems),
        warnings_total=len(parsed.warnings),
        revision=parts.refresh.revision,
    )


def refused(problems: Sequence[Problem]) -> ProblemException:
    """Return the refusal of zones that cannot be taken as they are."""
    codes = {problem.code for problem in problems}
    if Code.TOO_LARGE in codes:
        detail = "The upload is above a limit."
        return ProblemException("too_large", 413, detail, problems)
    if codes == {Code.UNREADABLE}:
        return ProblemException("unreadable", 400, "The body is not JSON.", problems)
    detail = "Nothing was changed; mend what the problems name."
    return ProblemException("invalid_zones", 422, detail, problems)


def _refused(problems: Sequence[Problem], holder: KeyHolder) -> ProblemException:
    foreign = {Code.GROUP_DIFFERS, OUT_OF_REACH}
    if holder.group is None or not any(one.code in foreign for one in problems):
        return refused(problems)
    detail = "The key is for the zones of another group; nothing was changed."
    return ProblemException("forbidden", 403, detail, problems)


def _too_much(planned: WouldRemove) -> ProblemException:
    detail = (
        f"This would remove {planned.count} of the {planned.of} zones of the group; "
        f"send allow_removed={planned.count} if that is meant."
    )
    return ProblemException("would_remove", 409, detail)


def _foreign(zone_ids: Sequence[str]) -> list[Problem]:
    text = "The zone {} is there already, in a group that is not the key's."
    return [
        Problem("$.features", OUT_OF_REACH, text.format(zone_id))
        for zone_id in zone_ids
    ]


def _parse(body: bytes, wish: Wish, group: str | None, limits: Limits) -> Parsed:
    return parse_zones(body, limits=limits, id_map=wish.id_map, group=group)
