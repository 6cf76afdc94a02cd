"""What a decision is made of: what is known, the gates it saw, the one reason."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum, auto

from msgspec import Struct

from geopush.core.cap import Tally
from geopush.core.condition import Value
from geopush.core.experiment import Arm
from geopush.core.known import DeviceProfile, Profile
from geopush.core.message import Content
from geopush.core.policy import Rules
from geopush.core.presence import Whereabouts
from geopush.core.receipt import Report
from geopush.core.weather import Observation
from zones import Zone


class Reason(StrEnum):
    """The one reason a candidate ended in; the codes are on the wire."""

    DECIDED = auto()
    SHADOW = auto()
    HOLDOUT = auto()
    STOPPED_BY_CUSTOMER = auto()
    LOCATION_NOT_PERMITTED = auto()
    NO_CONSENT = auto()
    EVENT_TOO_OLD = auto()
    OTHER_APP = auto()
    ZONE_MUTED = auto()
    TOPIC_NOT_CHOSEN = auto()
    NOT_IN_AUDIENCE = auto()
    NOT_RUNNING = auto()
    WEATHER_UNKNOWN = auto()
    WEATHER_STALE = auto()
    CONDITION_UNKNOWN = auto()
    CONDITIONS_DIFFER = auto()
    STOPPED = auto()
    LEFT_ZONE = auto()
    ZONE_GONE = auto()
    OFFER_NOT_LIVE = auto()
    CUSTOMER_GONE = auto()
    PAUSED_BY_CUSTOMER = auto()
    MUTED_BY_CUSTOMER = auto()
    QUIET_HOURS = auto()
    CUSTOMER_LIMIT = auto()
    CAPPED = auto()
    CONTACT_LOCK = auto()
    NO_ADDRESS = auto()
    MISSING_VALUE = auto()
    TOO_LONG = auto()
    OUTRANKED = auto()


class Verdict(StrEnum):
    """What a decision came to."""

    DECIDED = auto()
    WITHHELD = auto()
    WOULD_HAVE_SENT = auto()
    DEFERRED = auto()


class Gate(Struct, frozen=True, omit_defaults=True, gc=False):
    """One gate of a decision with the values it saw; ``reason`` if it stayed shut."""

    gate: str
    value: Value = None
    threshold: Value = None
    reason: Reason | None = None


class Facts(Struct, frozen=True, gc=False):
    """What is known when we decide about one customer at one zone.

    ``recorded_at`` is when it happened, ``seen_at`` when it was last seen to be so.
    """

    now: datetime
    recorded_at: datetime
    seen_at: datetime
    still: bool
    zone: Zone
    zone_timezone: str
    contact_lock: timedelta
    device: DeviceProfile
    profile: Profile
    tallies: tuple[Tally, ...]
    where: Whereabouts
    reports: tuple[Report, ...]
    arm: Arm
    rules: tuple[Rules, ...]
    weather: Observation | str
    values: Mapping[str, Value]


class Decision(Struct, frozen=True, gc=False):
    """What became of one candidate: why, through which gates, in which words.

    What is deferred is decided again at ``due``.
    """

    verdict: Verdict
    reason: Reason
    trace: tuple[Gate, ...]
    content: Content | None = None
    due: datetime | None = None


def gate(
    name: str, opens: bool, reason: Reason, value: Value, threshold: Value = None
) -> Gate:
    """Return a gate that opens or stays shut, with the values it saw."""
    return Gate(name, value, threshold, None if opens else reason)


def iso(moment: datetime | None) -> str | None:
    """Write a moment as a trace shows it."""
    return None if moment is None else moment.isoformat()
