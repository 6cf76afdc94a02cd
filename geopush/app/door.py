"""The phones' door, and the quotas that all routes of phones share."""

from geopush.api.ping_door import PingDoor
from geopush.api.quotas import Quotas
from geopush.api.speakers import Speakers
from geopush.clock import Clock
from geopush.core.quota import Quota
from geopush.core.token import TokenRing
from geopush.flows.ingest import Ingest
from geopush.flows.refresh import Refresh
from geopush.metrics import Metrics
from geopush.settings import Settings


def open_door(
    settings: Settings,
    tokens: TokenRing,
    refresh: Refresh,
    ingest: Ingest,
    metrics: Metrics,
    clock: Clock,
) -> tuple[PingDoor, Quotas]:
    """Return what answers uploads of pings, and what says who sends too much."""
    quotas = Quotas(Quota(settings.quota_per_minute, settings.quota_burst), metrics)
    speakers = Speakers(tokens, lambda: refresh.holders)
    return PingDoor(speakers, ingest, clock, quotas), quotas
