"""Is it alive, is it ready, how is it doing."""

import hmac

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from geopush.api.auth import Asking
from geopush.api.parts import Parts
from geopush.api.problems import ProblemException, refusals

OPEN = {"open": True}
METRICS_TYPE = "text/plain; version=0.0.4"  # the charset is added to every text


class Health(Struct):
    """How it is."""

    status: str


class Readiness(Struct, omit_defaults=True):
    """How it is; ``troubles`` are gateways that keep messages waiting, by lane."""

    status: str
    troubles: dict[str, str] = {}


@get("/healthz", opt=OPEN, sync_to_thread=False)
def healthz() -> Health:
    """Say that the process is alive."""
    return Health("ok")


@get("/readyz", opt=OPEN, sync_to_thread=False, responses=refusals(503))
def readyz(parts: NamedDependency[Parts]) -> Readiness:
    """Say whether requests can be served now, and if not, why not.

    A gateway that fails makes it no less ready: pings are taken, and their messages
    wait. It is told under `troubles`.
    """
    found = {name: check() for name, check in parts.checks.items()}
    problems = {name: text for name, text in found.items() if text}
    if problems:
        detail = "; ".join(f"{name}: {text}" for name, text in problems.items())
        raise ProblemException("unavailable", 503, detail, headers={"Retry-After": "1"})
    return Readiness("ok", dict(parts.troubles()))


@get(
    "/metrics",
    opt=OPEN,
    sync_to_thread=False,
    media_type=METRICS_TYPE,
    responses=refusals(401),
)
def metrics(request: Asking, parts: NamedDependency[Parts]) -> Response[bytes]:
    """Return counters and gauges for Prometheus; there are no ids in them."""
    token = parts.knobs.metrics_token
    shown = request.headers.get("authorization", "")
    if token is not None and not _same(shown, f"Bearer {token}"):
        raise ProblemException(
            "unauthorized",
            401,
            "Send Authorization: Bearer with the metrics token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return Response(parts.metrics(), media_type=METRICS_TYPE)


def _same(shown: str, wanted: str) -> bool:
    return hmac.compare_digest(shown.encode(), wanted.encode())


ROUTES = (healthz, readyz, metrics)
