"""The application of the door: routes, problems, documentation."""

from collections.abc import Sequence

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from geopush.api.docs import assets, documentation
from geopush.api.paging import read_span
from geopush.api.parts import Parts
from geopush.api.problems import answer_problem


def build_api(parts: Parts, *, routes: Sequence[HTTPRouteHandler | Router]) -> Litestar:
    """Return the application that serves these routes."""
    return Litestar(
        route_handlers=[*routes, assets],
        dependencies={
            "parts": Provide(lambda: parts, sync_to_thread=False),
            "span": Provide(read_span, sync_to_thread=False),
        },
        exception_handlers={HTTPException: answer_problem, Exception: answer_problem},
        openapi_config=documentation(),
        request_max_body_size=parts.knobs.zones.bytes_per_upload,
        logging_config=None,
        debug=False,
    )
