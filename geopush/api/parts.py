"""What the routes need of the house, in one parcel: two dependencies cost far more."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import dataclass_transform

from msgspec import Struct

from geopush.api.ping_door import PingDoor
from geopush.api.quotas import Quotas
from geopush.clock import Clock
from geopush.core.occasion import World
from geopush.core.token import TokenRing
from geopush.flows.arrivals import Arrivals
from geopush.flows.contacts import Contacts
from geopush.flows.letters import Letters
from geopush.flows.profile import Profiles
from geopush.flows.publish import Publish
from geopush.flows.receipts import Receipts
from geopush.flows.refresh import Refresh
from geopush.flows.register import Register
from geopush.flows.suppress import Suppress
from geopush.store.pool import Pool
from zones import Limits

MIB = 1024 * 1024

Check = Callable[[], str | None]


class Knobs(Struct, frozen=True):
    """What the operator may turn at the door."""

    body_bytes: int = MIB
    zones: Limits = Limits()
    apps: tuple[str, ...] = ()
    metrics_token: str | None = None
    private_webhooks: bool = False


@dataclass_transform(kw_only_default=True)
class Parcel:
    """Named pieces, type-checked like a dataclass.

    It is none, because Litestar validates each field of one for every request.
    """

    def __init__(self, **pieces: object) -> None:
        unknown = pieces.keys() - self.__annotations__.keys()
        missing = {
            name
            for name in self.__annotations__.keys() - pieces.keys()
            if not hasattr(type(self), name)
        }
        if unknown or missing:
            raise TypeError(f"unknown: {sorted(unknown)}, missing: {sorted(missing)}")
        vars(self).update(pieces)


class Parts(Parcel):
    """The pieces of the house that the routes use."""

    clock: Clock
    pool: Pool
    refresh: Refresh
    world: Callable[[], World]
    publish: Publish
    tokens: TokenRing
    register: Register
    profiles: Profiles
    suppress: Suppress
    contacts: Contacts
    arrivals: Arrivals
    letters: Letters
    receipts: Receipts
    pings: PingDoor
    quotas: Quotas
    knobs: Knobs = Knobs()
    checks: Mapping[str, Check] = MappingProxyType({})
    metrics: Callable[[], bytes] = bytes
    troubles: Callable[[], Mapping[str, str]] = dict
