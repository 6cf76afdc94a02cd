"""The route by which a company's own systems say that a customer wants no more."""

from litestar import Response, post
from litestar.di import NamedDependency

from geopush.api.auth import Asking, allowed
from geopush.api.idempotency import IdempotencyKey, Once, once
from geopush.api.parts import Parts
from geopush.api.people import CustomerPath, answered_with
from geopush.api.problems import refusals
from geopush.core.access import May
from geopush.flows.suppress import Stopped


@post(
    "/v1/customers/{customer_id:str}/stop",
    status_code=200,
    responses={
        **answered_with(Stopped, 200),
        **refusals(400, 401, 403, 409, 503),
    },
)
async def stop_customer(
    request: Asking,
    parts: NamedDependency[Parts],
    customer_id: CustomerPath,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Send a customer nothing more, for ever; they need not be known.

    What is queued is withdrawn. It outlives the erasure of all else, it cannot be taken
    back, and saying it again changes nothing.
    """
    holder = allowed(request, parts, May.CHANGE_CUSTOMERS)
    asked = Once(request, parts, holder, idempotency_key, b"")
    return await once(asked, lambda: parts.suppress.stop(customer_id))


ROUTES = (stop_customer,)
