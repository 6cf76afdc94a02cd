"""The route of pings as Litestar serves it; the front serves the same, faster."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from geopush.api.auth import Asking
from geopush.api.body import read_raw, takes
from geopush.api.parts import Parts
from geopush.api.ping_bodies import MEDIA_TYPES, MOST_BYTES, PingBatch
from geopush.api.ping_door import PATH, PingsTaken
from geopush.api.problems import refusals


@post(
    PATH,
    status_code=202,
    opt=takes(PingBatch, MEDIA_TYPES),
    responses={
        202: ResponseSpec(PingsTaken, generate_examples=False, description="Committed"),
        **refusals(400, 401, 403, 413, 415, 429, 503),
    },
)
async def upload_pings(
    request: Asking, parts: NamedDependency[Parts]
) -> Response[bytes]:
    """Take pings in: one, a batch, lines or msgpack. Once answered, they are kept."""
    body = await read_raw(request, MOST_BYTES)
    reply = await parts.pings.answer(dict(request.headers), body)
    headers = dict(reply.headers)
    return Response(
        reply.body,
        status_code=reply.status,
        media_type=headers.pop("content-type"),
        headers=headers,
    )


ROUTES = (upload_pings,)
