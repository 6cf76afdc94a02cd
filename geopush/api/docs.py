"""The documentation: the schema of the routes, and a page that shows it offline."""

from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files

import msgspec
import swagger_ui_bundle
from litestar import Request, Response, Router, get
from litestar.datastructures import State
from litestar.enums import MediaType, OpenAPIMediaType
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath
from litestar.routes import HTTPRoute

from geopush.api.auth import Asking
from geopush.api.body import Body

Json = dict[str, object]

_BUNDLE = files(swagger_ui_bundle) / "vendor" / "swagger-ui-4.15.5"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
_PAGE = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><title>geopush</title>
<link rel="icon" href="/schema/assets/favicon-32x32.png">
<link rel="stylesheet" href="/schema/assets/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="/schema/assets/swagger-ui-bundle.js"></script>
<script src="/schema/assets/start.js"></script>
</body>
</html>
"""
# The page knows OpenAPI 3.0 and refuses to try 3.1; what is ours reads well as either.
_START = b"""fetch("/schema/openapi.json").then(answer => answer.json()).then(spec => {
  spec.openapi = "3.0.3";
  SwaggerUIBundle({spec: spec, dom_id: "#page", validatorUrl: null});
});
"""
_NAME = "{name}Sent"  # apart from what is answered, which refuses no unknown field
_ASSETS: dict[str, str] = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}


class Schema(OpenAPIRenderPlugin):
    """The schema, with the bodies that routes decode by themselves."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=OpenAPIMediaType.OPENAPI_JSON)
        self._rendered: bytes | None = None

    def render(
        self, request: Request[object, object, State], openapi_schema: Json
    ) -> bytes:
        """Return the schema as JSON."""
        if self._rendered is None:
            self._rendered = msgspec.json.encode(_complete(request, openapi_schema))
        return self._rendered


class Page(OpenAPIRenderPlugin):
    """A page for people; everything it loads comes from here."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(
        self, request: Request[object, object, State], openapi_schema: Json
    ) -> bytes:
        """Return the page."""
        return _PAGE


def documentation() -> OpenAPIConfig:
    """Return how the routes are documented."""
    return OpenAPIConfig(
        title="geopush",
        version=version("geopush"),
        path="/schema",
        use_handler_docstrings=True,
        render_plugins=[Page(), Schema()],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}
        ),
        openapi_router=Router(
            "/schema",
            route_handlers=[],
            include_in_schema=False,
            after_request=_only_ours,
        ),
    )


@get("/schema/assets/{name:str}", include_in_schema=False, sync_to_thread=False)
def assets(name: FromPath[str]) -> Response[bytes]:
    """Serve what the page loads."""
    if name == "start.js":
        return Response(_START, media_type="text/javascript")
    if name not in _ASSETS:
        raise NotFoundException
    content = (_BUNDLE / name).read_bytes()
    return Response(
        content,
        media_type=_ASSETS[name],
        headers={"Cache-Control": "public, max-age=86400"},
    )


def _only_ours(answer: Response[bytes]) -> Response[bytes]:
    """Fence the page in; a page that is not there is a problem like any other."""
    if answer.status_code == 404:
        raise NotFoundException
    answer.headers["Content-Security-Policy"] = _CSP
    return answer


def _complete(request: Asking, schema: Json) -> Json:
    """Add the bodies, as msgspec will decode them, and who may come without a key."""
    operations = list(_operations(request, schema))
    bodies = [handler.opt["body"] for handler, _ in operations if "body" in handler.opt]
    kinds = list(dict.fromkeys(body.kind for body in bodies))
    schemas, parts = msgspec.json.schema_components(
        kinds, schema_hook=_anything, ref_template=f"#/components/schemas/{_NAME}"
    )
    written = dict(zip(kinds, schemas, strict=True))
    for handler, operation in operations:
        body = handler.opt.get("body")
        if isinstance(body, Body):
            content = {
                kind: {"schema": written[body.kind]} for kind in body.media_types
            }
            operation["requestBody"] = {"required": True, "content": content}
        if not handler.opt.get("open"):
            operation["security"] = [{"bearer": []}]
    components = schema["components"]
    if isinstance(components, dict):
        named = {_NAME.format(name=name): part for name, part in parts.items()}
        components["schemas"] = _for_all_readers({**components["schemas"], **named})
    return schema


def _for_all_readers(part: object) -> object:
    """Say what is ours alone as all readers of JSON schemas understand it.

    What fits two kinds of a union fits it: a whole number is a number too. The end of
    a text is a dollar sign; only Python's own would let a line break stand before it.
    """
    if isinstance(part, str):
        return part.removesuffix(r"\Z") + "$" if part.endswith(r"\Z") else part
    if isinstance(part, list):
        return [_for_all_readers(one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        "anyOf" if name == "oneOf" else name: _for_all_readers(one)
        for name, one in part.items()
    }


def _anything(kind: type) -> Json:
    """The schema of what has a language of its own, as conditions have."""
    if kind is not object:
        raise NotImplementedError
    return {"description": "read in a language of its own"}


def _operations(
    request: Asking, schema: Json
) -> Iterator[tuple[HTTPRouteHandler, Json]]:
    paths = schema["paths"]
    for route in request.app.routes:
        if not isinstance(route, HTTPRoute) or not isinstance(paths, dict):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            operation = paths.get(route.path_format, {}).get(method.lower())
            if operation is not None:
                yield handler, operation
