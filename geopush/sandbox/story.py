"""What happened on a played day, as anybody could read it back over HTTP."""

from datetime import datetime

from msgspec import Struct

from geopush.sandbox.city import City
from geopush.sandbox.city.hours import Observation
from geopush.sandbox.phones import Refused, Taken
from geopush.sandbox.walkers import Walker

UNDER_WAY = ("queued", "claimed", "retry")
GIVEN_BACK = ("dead_address", "rejected", "expired", "withdrawn")
STATES = (*UNDER_WAY, "accepted", "unknown", *GIVEN_BACK)
VERDICTS = ("decided", "withheld", "would_have_sent", "deferred")


class Posted(Struct, frozen=True):
    """The pings a phone posted together, and what it was answered."""

    customer_id: str
    at: datetime
    sent: int
    answer: Taken | Refused


class Reported(Struct, frozen=True):
    """The weather as geopush was told of it, and when that was."""

    at: datetime
    observation: Observation


class Decision(Struct, frozen=True):
    """An offer that was considered for somebody, and the one reason it ended in."""

    decision_id: str
    customer_id: str
    offer_id: str
    at: datetime
    verdict: str
    reason: str
    zone_id: str | None = None


class Message(Struct, frozen=True):
    """An offer on its way to somebody, and how far it came."""

    message_id: str
    customer_id: str
    offer_id: str
    decided_at: datetime
    state: str
    zone_id: str | None = None


class Arrived(Struct, frozen=True):
    """A push as a phone got it."""

    message_id: str | None
    at: datetime
    title: str | None = None
    body: str | None = None
    repeat: bool = False


class Inbox(Struct, frozen=True):
    """All that arrived on one phone."""

    address: str
    received: tuple[Arrived, ...] = ()


class Story(Struct, frozen=True, kw_only=True):
    """A played day: who walked, what they sent, what was decided, what arrived."""

    city: City
    walkers: tuple[Walker, ...]
    weather: tuple[Reported, ...]
    uploads: tuple[Posted, ...]
    decisions: tuple[Decision, ...]
    messages: tuple[Message, ...]
    phones: tuple[Inbox, ...]

    def walkers_by_id(self) -> dict[str, Walker]:
        """The walkers by the id of their customer."""
        return {one.customer_id: one for one in self.walkers}

    def zone_names(self) -> dict[str, str]:
        """The names of restaurants and districts by the id of their zone."""
        restaurants = {one.zone_id: one.name for one in self.city.restaurants}
        return restaurants | {one.zone_id: one.name for one in self.city.districts}

    def weather_at(self, at: datetime) -> Observation | None:
        """The latest observation that geopush had been told of by then."""
        known = [one for one in self.weather if one.at <= at]
        return max(known, key=lambda one: one.at).observation if known else None
