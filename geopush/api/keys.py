"""The routes of keys: make, list, renew, end. A key is shown once."""

from datetime import datetime, timedelta
from typing import Annotated

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta, Struct

from geopush.api.auth import Asking, allowed
from geopush.api.body import decode, read_body, takes
from geopush.api.idempotency import IdempotencyKey, Once, once
from geopush.api.paging import COMMON, Cursor, Limit, Page, Span, read_cursor, turn
from geopush.api.parts import Parts
from geopush.api.problems import ProblemException, not_found, refusals
from geopush.api.things import ThingId
from geopush.core.access import May, Role
from geopush.core.ping import Moment
from geopush.flows.keys import KeyAsked, KeyMade, create_key, end_key, rotate_key
from geopush.store.keys import KeyRow, list_keys
from zones import Problem

MOST_OVERLAP = 30 * 86_400

Label = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]


class NewKey(Struct, forbid_unknown_fields=True):
    """The key that is wanted; `group` limits a manager, `app` an SDK."""

    role: Role
    name: Label
    group: Label | None = None
    app: Label | None = None
    expires_at: Moment | None = None


class Rotation(Struct, forbid_unknown_fields=True):
    """How long the old key opens the door beside the new one."""

    overlap_seconds: Annotated[int, Meta(ge=0, le=MOST_OVERLAP)] = 0


class ShownKey(Struct):
    """A new key; it is shown this once."""

    key_id: str
    key: str


class Key(Struct):
    """What is known of a key; the key itself is not."""

    key_id: str
    role: Role
    name: str
    group: str | None
    app: str | None
    created_at: datetime
    expires_at: datetime | None


_SHOWN = ResponseSpec(ShownKey, generate_examples=False, description="The new key")


@post(
    "/v1/keys",
    opt=takes(NewKey),
    responses={201: _SHOWN, **refusals(400, 401, 403, 409, 413, 415, 422, 503)},
)
async def make_key(
    request: Asking,
    parts: NamedDependency[Parts],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Make a key. It is shown once, also to who repeats the request."""
    holder = allowed(request, parts, May.MANAGE_KEYS)
    body = await read_body(request, parts.knobs.body_bytes)
    wanted = decode(body, NewKey)
    _check(wanted, parts)

    async def act() -> ShownKey:
        asked = KeyAsked(
            wanted.role, wanted.name, wanted.group, wanted.app, wanted.expires_at
        )
        return await _in_force(
            parts, await create_key(parts.pool, asked, now=parts.clock())
        )

    asked = Once(request, parts, holder, idempotency_key, body, has_secret=True)
    return await once(asked, act, 201)


@get("/v1/keys", responses=refusals(400, 401, 403, 503))
async def all_keys(
    request: Asking,
    parts: NamedDependency[Parts],
    span: NamedDependency[Span],
    limit: Limit = COMMON,
    cursor: Cursor = None,
) -> Page[Key]:
    """List the keys that were not ended."""
    allowed(request, parts, May.MANAGE_KEYS)
    (after,) = read_cursor(cursor, 1)
    async with parts.pool.acquire() as connection:
        rows = await list_keys(connection, after, limit + 1, span.since, span.until)
    page = turn(rows, limit, lambda row: (row.key_id,))
    return Page([_shown(row) for row in page.items], page.next_cursor)


@post(
    "/v1/keys/{key_id:str}/rotate",
    status_code=200,
    opt=takes(Rotation),
    responses={200: _SHOWN, **refusals(400, 401, 403, 404, 409, 413, 415, 503)},
)
async def renew_key(
    request: Asking,
    parts: NamedDependency[Parts],
    key_id: ThingId,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Make a key like this one, and let this one go on for a while."""
    holder = allowed(request, parts, May.MANAGE_KEYS)
    body = await read_body(request, parts.knobs.body_bytes)
    overlap = timedelta(seconds=decode(body, Rotation).overlap_seconds)

    async def act() -> ShownKey:
        made = await rotate_key(parts.pool, key_id, overlap, now=parts.clock())
        if made is None:
            raise not_found("key")
        return await _in_force(parts, made)

    asked = Once(request, parts, holder, idempotency_key, body, has_secret=True)
    return await once(asked, act)


@delete(
    "/v1/keys/{key_id:str}",
    status_code=204,
    responses=refusals(400, 401, 403, 404, 503),
)
async def remove_key(
    request: Asking, parts: NamedDependency[Parts], key_id: ThingId
) -> None:
    """End a key: it opens nothing from now on."""
    allowed(request, parts, May.MANAGE_KEYS)
    revision = await end_key(parts.pool, key_id, now=parts.clock())
    if revision is None:
        raise not_found("key")
    await parts.refresh.reached(revision)


def _check(wanted: NewKey, parts: Parts) -> None:
    problems: list[Problem] = []
    if wanted.group is not None and wanted.role is not Role.MANAGER:
        text = "Only the key of a manager can be limited to a group."
        problems.append(Problem("$.group", "not_for_role", text))
    if wanted.app is not None and wanted.app not in parts.knobs.apps:
        known = ", ".join(parts.knobs.apps)
        text = f"There is no such app here; there are: {known}."
        problems.append(Problem("$.app", "unknown_app", text))
    if wanted.expires_at is not None and wanted.expires_at <= parts.clock():
        problems.append(Problem("$.expires_at", "in_the_past", "This is over."))
    if problems:
        detail = "Such a key cannot be made; see the problems."
        raise ProblemException("invalid_key", 422, detail, problems)


async def _in_force(parts: Parts, made: KeyMade) -> ShownKey:
    await parts.refresh.reached(made.revision)
    return ShownKey(made.key_id, made.key)


def _shown(row: KeyRow) -> Key:
    return Key(
        key_id=row.key_id,
        role=row.role,
        name=row.name,
        group=row.group,
        app=row.app,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


ROUTES = (make_key, all_keys, renew_key, remove_key)
