"""The phone's own routes: who I am here, and that I want nothing more."""

from datetime import datetime

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import UNSET, Struct, UnsetType

from geopush.api.auth import Asking
from geopush.api.mine import answer_mine, mine
from geopush.api.parts import Parts
from geopush.api.people import answered_with
from geopush.api.problems import refusals
from geopush.api.things import Thing
from geopush.core.message import Platform
from geopush.flows.suppress import Stopped


class Me(Struct, frozen=True):
    """What is known of the device that asks, and of whose it is.

    `stopped_at` is there if its customer wants nothing more, for ever.
    """

    customer_id: str
    identified: bool
    device_id: str
    app: str
    platform: Platform
    timezone: str
    language: str
    has_address: bool
    permissions: dict[str, bool | str | None]
    revision: int
    stopped_at: datetime | UnsetType = UNSET


@get(
    "/v1/me",
    responses={**answered_with(Me, 200), **refusals(400, 401, 403, 429, 503)},
)
async def show_me(request: Asking, parts: NamedDependency[Parts]) -> Response[bytes]:
    """Say what is known of the device that asks, and whose it is."""
    asks = await mine(request, parts)
    profile, device = asks.known.profile, asks.device
    thing: Thing = {
        "customer_id": asks.customer_id,
        "identified": profile.identified,
        "device_id": asks.device_id,
        "app": device.app,
        "platform": device.platform,
        "timezone": device.timezone,
        "language": device.language,
        "has_address": device.has_address,
        "permissions": device.permissions,
    }
    if profile.stop is not None:
        thing["stopped_at"] = profile.stop.at
    return answer_mine(thing, asks.known)


@post(
    "/v1/me/stop",
    status_code=200,
    responses={**answered_with(Stopped, 200), **refusals(400, 401, 403, 429, 503)},
)
async def stop_me(request: Asking, parts: NamedDependency[Parts]) -> Stopped:
    """Send me nothing more, for ever; saying it again changes nothing."""
    asks = await mine(request, parts)
    return await parts.suppress.stop(asks.customer_id)


ROUTES = (show_me, stop_me)
