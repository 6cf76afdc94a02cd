"""The phones' first door: registering a device, and registering it again."""

from datetime import datetime
from typing import TypeAlias

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from geopush.api.auth import Asking, allowed
from geopush.api.body import read_json, takes
from geopush.api.credentials import unauthorized
from geopush.api.parts import Parts
from geopush.api.problems import ProblemException, refusals
from geopush.core.access import May
from geopush.core.device import REQUIRED, Registration
from geopush.core.identity import Doubt
from geopush.flows.register import Denied, Impossible, Registered
from zones import Problem

Refusal: TypeAlias = Denied | Doubt

_TEXTS: dict[Refusal, str] = {
    Denied.WRONG_SECRET: "The device is known here, and this is not its device_secret.",
    Denied.OTHER_APP: "The key is for devices of another app.",
    Doubt.SIGNATURE_MISSING: "customer_id needs a customer_signature, or a secret key.",
    Doubt.SIGNATURE_WRONG: "customer_signature is not the app's for this customer_id.",
    Doubt.SIGNATURE_EXPIRED: "customer_signature_expires_at has passed, or is no time.",
    Doubt.EXPIRY_MISSING: "customer_signature needs a customer_signature_expires_at.",
}


class DeviceRegistered(Struct, frozen=True):
    """A device that may speak: keep its secret, and use the token until it expires."""

    device_id: str
    device_secret: str
    customer_id: str
    token: str
    expires_at: datetime


@post(
    "/v1/devices",
    opt=takes(Registration),
    status_code=201,
    responses={
        200: ResponseSpec(
            DeviceRegistered, generate_examples=False, description="A known device"
        ),
        201: ResponseSpec(
            DeviceRegistered, generate_examples=False, description="A new device"
        ),
        **refusals(400, 401, 403, 413, 415, 422, 503),
    },
)
async def register_device(
    request: Asking, parts: NamedDependency[Parts]
) -> Response[DeviceRegistered]:
    """Register a device, or register it again for a new token; repeating is safe."""
    holder = allowed(request, parts, May.REGISTER_DEVICES)
    said = await read_json(request, Registration, parts.knobs.body_bytes)
    answer = await parts.register.register(said, holder)
    if isinstance(answer, Impossible):
        raise _impossible(answer)
    if not isinstance(answer, Registered):
        raise _refused(answer)
    return Response(
        DeviceRegistered(
            device_id=answer.device_id,
            device_secret=answer.device_secret,
            customer_id=answer.customer_id,
            token=answer.token,
            expires_at=answer.expires_at,
        ),
        status_code=201 if answer.is_new else 200,
    )


def _impossible(answer: Impossible) -> ProblemException:
    if any(map(_lacks_a_field, answer.problems)):
        detail = "A new device must say more of itself; see the problems."
        return ProblemException("invalid_body", 400, detail, answer.problems)
    detail = "The device cannot be registered like this; see the problems."
    return ProblemException("invalid_registration", 422, detail, answer.problems)


def _lacks_a_field(problem: Problem) -> bool:
    name = problem.path.removeprefix("$.")
    return problem.code == "missing_field" and name in REQUIRED


def _refused(refusal: Refusal) -> ProblemException:
    if refusal is Denied.WRONG_SECRET:
        detail = _TEXTS[refusal]
        return unauthorized(detail)
    code = "forbidden" if refusal is Denied.OTHER_APP else f"customer_{refusal}"
    return ProblemException(code, 403, _TEXTS[refusal])


ROUTES = (register_device,)
