"""The same request sent again gets the same answer and changes nothing."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias

import msgspec
from litestar import Response
from litestar.params import HeaderParameter
from msgspec import Struct

from geopush.api.auth import Asking
from geopush.api.parts import Parts
from geopush.api.problems import ProblemException, answer_problem
from geopush.api.things import Thing
from geopush.core.access import KeyHolder
from geopush.store import idempotency
from geopush.store.idempotency import Kept, Slot

IdempotencyKey: TypeAlias = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$"
    ),
]
JSON = "application/json"


class Once(Struct, frozen=True):
    """A request that must not be done twice; ``has_secret``: its answer is not kept."""

    request: Asking
    parts: Parts
    holder: KeyHolder
    key: str | None
    body: bytes
    has_secret: bool = False


async def once(
    asked: Once, act: Callable[[], Awaitable[Struct | Thing]], status: int = 200
) -> Response[bytes]:
    """Do it, unless it was done before under the same key."""
    if asked.key is None:
        return _written(await act(), status)
    slot = Slot(asked.holder.key_id, asked.key)
    request_hash = _hash(asked.request, asked.body)
    async with asked.parts.pool.acquire() as connection:
        now = asked.parts.clock()
        kept = await idempotency.begin(connection, slot, request_hash, now)
    if kept is not None:
        return _again(kept, request_hash)
    answer = await _done(asked, act, status)
    await _keep(asked, slot, answer)
    return answer


async def _done(
    asked: Once, act: Callable[[], Awaitable[Struct | Thing]], status: int
) -> Response[bytes]:
    try:
        return _written(await act(), status)
    except Exception as error:  # whatever it is, the place must not stay taken
        return answer_problem(asked.request, error)


async def _keep(asked: Once, slot: Slot, answer: Response[bytes]) -> None:
    status = answer.status_code or 200
    async with asked.parts.pool.acquire() as connection:
        if status >= 500:
            await idempotency.forget(connection, slot)
            return
        secret = asked.has_secret and status < 300
        content = None if secret else answer.content
        media_type = str(answer.media_type)
        await idempotency.finish(connection, slot, status, media_type, content)


def _again(kept: Kept, request_hash: bytes) -> Response[bytes]:
    if kept.request_hash != request_hash:
        detail = "This Idempotency-Key came before with another request."
        raise ProblemException("idempotency_key_reused", 409, detail)
    if kept.status is None:
        detail = "The first request with this Idempotency-Key is still running."
        raise ProblemException(
            "idempotency_key_in_flight", 409, detail, headers={"Retry-After": "1"}
        )
    if kept.answer is None:
        detail = "This was done; its answer held a secret, which is shown once."
        raise ProblemException("idempotency_key_reused", 409, detail)
    return Response(
        kept.answer, status_code=kept.status, media_type=kept.media_type or JSON
    )


def _written(answer: Struct | Thing, status: int) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=status, media_type=JSON)


def _hash(request: Asking, body: bytes) -> bytes:
    scope = request.scope
    line = f"{scope['method']} {scope['path']}?".encode() + scope["query_string"]
    return hashlib.sha256(line + b"\n" + body).digest()
