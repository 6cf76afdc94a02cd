"""The world that a batch is decided in, and what may be a reason to speak in it."""

from datetime import datetime, timedelta

from msgspec import Struct

from geopush.core.cap import longest
from geopush.core.catalog import Catalog
from geopush.core.policy import NO_POLICY, Policy, windows
from geopush.core.weather import Weather
from zones import Point, ZoneId


class World(Struct, frozen=True):
    """What is the same for everybody in a batch; zones may have their own timezone.

    ``dwell_seen`` is how lately who stays without a ping must have been seen,
    ``contact_lock`` how long we are silent after a message of another tool;
    ``experiment_key`` decides with a customer and an offer who is in which arm; of what
    comes up ``one_within`` each other, one message goes out. ``policy`` is what the
    deployment asks of all.
    """

    catalog: Catalog
    weather: Weather
    timezone: str = "UTC"
    dwell_seen: timedelta = timedelta(minutes=15)
    contact_lock: timedelta = timedelta(hours=1)
    experiment_key: bytes = b""
    one_within: timedelta = timedelta(0)
    policy: Policy = NO_POLICY

    @property
    def tallies_kept(self) -> timedelta:
        """How long tallies are kept for all caps to see them, but the customer's."""
        return max(self.catalog.tallies_kept, longest(windows(self.policy)))


class Occasion(Struct, frozen=True, gc=False):
    """What may be a reason to speak: of which kind, at which zone, when and where.

    ``key`` tells it from others of its kind; with an ``offer_id`` it is one for that
    offer alone. One that was put off may not be ``still`` true; if it is, it was last
    ``seen_at`` that moment.
    """

    kind: str
    zone_id: ZoneId
    key: str
    recorded_at: datetime
    point: Point | None
    offer_id: str | None = None
    still: bool = True
    seen_at: datetime | None = None
