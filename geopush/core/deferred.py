"""What was put off until quiet hours are over, as a customer's row remembers it."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from geopush.core.ping import DeviceId
from zones import ZoneId


class Deferred(Struct, frozen=True, array_like=True):
    """A candidate that waits, and the occasion it came up on; no coordinates."""

    decision_id: UUID
    due: datetime
    deferred_at: datetime
    device_id: DeviceId
    offer_id: str
    zone_id: ZoneId
    kind: str
    key: str
    recorded_at: datetime
