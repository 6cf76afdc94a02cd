"""What the routes about me share: whose device asks, and how it is answered."""

from litestar import Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from geopush.api.auth import Asking, who
from geopush.api.credentials import forbidden, unauthorized
from geopush.api.parts import Parts
from geopush.api.people import answer_customer
from geopush.api.quotas import Sending
from geopush.api.things import Thing
from geopush.core.known import DeviceProfile, Known
from geopush.core.ping import DeviceId
from geopush.core.token import DeviceToken
from geopush.store import customers, devices


class Mine(Struct, frozen=True):
    """The device that asks, and the customer who has it now."""

    device_id: DeviceId
    device: DeviceProfile
    known: Known

    @property
    def customer_id(self) -> str:
        """The customer's id as it is now."""
        return self.known.customer.customer_id


async def mine(request: Asking, parts: Parts) -> Mine:
    """Return who asks by a device's token, or refuse.

    A token from before the device came to somebody else opens nothing of theirs.
    """
    caller = who(request, parts)
    if not isinstance(caller, DeviceToken):
        raise forbidden("This takes the token of a device.")
    device_id = DeviceId(caller.device_id)
    parts.quotas.spend(device_id, Sending.ME)
    async with parts.pool.acquire() as connection:
        customer = await devices.locate(connection, device_id)
        known = await customers.find(connection, caller.customer_id)
    if known is None or customer != known.customer:
        raise _not_theirs()
    device = known.profile.devices.get(device_id)
    if device is None:
        raise _not_theirs()
    return Mine(device_id, device, known)


def answer_mine(thing: Thing, known: Known) -> Response[bytes]:
    """Answer with something of the customer who asks, under their revision."""
    return answer_customer(thing, known.profile.revision)


def _not_theirs() -> HTTPException:
    detail = "The device is not this customer's any more; register it again."
    return unauthorized(detail)
