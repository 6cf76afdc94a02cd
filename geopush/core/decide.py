"""Decide: does this customer get this offer now, gate by gate, and why not.

Consent is looked at first. The first gate that does not open gives the one reason.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum, auto

from msgspec import Struct

from geopush.core.cap import DEFAULT_CAPS, Cap, Scope, Tally, count
from geopush.core.compose import Unsayable, compose
from geopush.core.condition import Value, clauses
from geopush.core.customer import Purpose, has_consent
from geopush.core.known import DeviceProfile, Profile
from geopush.core.message import Content
from geopush.core.offer import Offer, needs_weather, purpose_of
from geopush.core.schedule import is_quiet, runs_at
from geopush.core.weather import Observation
from zones import Zone


class Reason(StrEnum):
    """The one reason a candidate ended in; the codes are on the wire."""

    DECIDED = auto()
    SHADOW = auto()
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
    PAUSED_BY_CUSTOMER = auto()
    MUTED_BY_CUSTOMER = auto()
    QUIET_HOURS = auto()
    CUSTOMER_LIMIT = auto()
    CAPPED = auto()
    NO_ADDRESS = auto()
    MISSING_VALUE = auto()
    TOO_LONG = auto()
    OUTRANKED = auto()


class Verdict(StrEnum):
    """What a decision came to."""

    DECIDED = auto()
    WITHHELD = auto()
    WOULD_HAVE_SENT = auto()


class Gate(Struct, frozen=True, omit_defaults=True):
    """One gate of a decision with the values it saw; ``reason`` if it stayed shut."""

    gate: str
    value: Value = None
    threshold: Value = None
    reason: Reason | None = None


class Facts(Struct, frozen=True):
    """What is known when we decide about one customer at one zone."""

    now: datetime
    recorded_at: datetime
    zone: Zone
    zone_timezone: str
    device: DeviceProfile
    profile: Profile
    tallies: tuple[Tally, ...]
    weather: Observation | str
    values: Mapping[str, Value]


class Decision(Struct, frozen=True):
    """What became of one candidate: why, through which gates, in which words."""

    verdict: Verdict
    reason: Reason
    trace: tuple[Gate, ...]
    content: Content | None = None


def decide(offer: Offer, facts: Facts) -> Decision:
    """Walk through the gates in order; the first that stays shut withholds."""
    trace = []
    for gate in GATES:
        opened = gate(offer, facts)
        trace.append(opened)
        if opened.reason is not None:
            return Decision(Verdict.WITHHELD, opened.reason, tuple(trace))
    words = compose(offer, facts.values, facts.device.language)
    if isinstance(words, Unsayable):
        shut = Gate("words", words.field, None, Reason(words.reason))
        return Decision(Verdict.WITHHELD, Reason(words.reason), (*trace, shut))
    return Decision(Verdict.DECIDED, Reason.DECIDED, tuple(trace), words)


def _location(_: Offer, facts: Facts) -> Gate:
    given = _both_times(facts, Purpose.LOCATION)
    return _gate("location_consent", given, Reason.LOCATION_NOT_PERMITTED, given)


def _consent(offer: Offer, facts: Facts) -> Gate:
    purpose = purpose_of(offer.category)
    given = _both_times(facts, purpose)
    return _gate("push_consent", given, Reason.NO_CONSENT, given, str(purpose))


def _both_times(facts: Facts, purpose: Purpose) -> bool:
    consents = facts.profile.consents
    then = has_consent(consents, purpose, facts.recorded_at)
    return then and has_consent(consents, purpose, facts.now)


def _freshness(offer: Offer, facts: Facts) -> Gate:
    age = (facts.now - facts.recorded_at).total_seconds()
    most = offer.max_event_age.total_seconds()
    return _gate("event_age", age <= most, Reason.EVENT_TOO_OLD, age, most)


def _app(offer: Offer, facts: Facts) -> Gate:
    app = facts.device.app
    fits = not offer.apps or app in offer.apps
    return _gate("app", fits, Reason.OTHER_APP, app, offer.apps)


def _zone(_: Offer, facts: Facts) -> Gate:
    until = facts.zone.muted_until
    speaks = until is None or facts.now >= until
    return _gate("zone_muted", speaks, Reason.ZONE_MUTED, _iso(until))


def _topics(offer: Offer, facts: Facts) -> Gate:
    wanted = offer.audience.topics
    chosen = facts.profile.preferences.topics
    fits = not wanted or any(chosen.get(topic) for topic in wanted)
    liked = tuple(sorted(topic for topic, on in chosen.items() if on))
    return _gate("topics", fits, Reason.TOPIC_NOT_CHOSEN, liked, wanted)


def _audience(offer: Offer, facts: Facts) -> Gate:
    audience = offer.audience
    if audience.identified and not facts.profile.identified:
        return Gate("audience", "anonymous", "identified", Reason.NOT_IN_AUDIENCE)
    if audience.where is None:
        return Gate("audience")
    answer = audience.where.holds(facts.values)
    return _gate("audience", answer is True, Reason.NOT_IN_AUDIENCE, answer, True)


def _schedule(offer: Offer, facts: Facts) -> Gate:
    if offer.schedule is None:
        return Gate("schedule")
    runs = runs_at(
        offer.schedule, facts.now, facts.zone_timezone, facts.device.timezone
    )
    return _gate("schedule", runs, Reason.NOT_RUNNING, _iso(facts.now))


def _weather(offer: Offer, facts: Facts) -> Gate:
    if not needs_weather(offer):
        return Gate("weather")
    if isinstance(facts.weather, str):
        return Gate("weather", None, None, Reason(facts.weather))
    return Gate("weather", _iso(facts.weather.observed_at))


def _conditions(offer: Offer, facts: Facts) -> Gate:
    if offer.conditions is None:
        return Gate("conditions")
    answer = offer.conditions.holds(facts.values)
    if answer:
        return Gate("conditions", True, True)
    seen = clauses(offer.conditions.condition, facts.values)
    wrong = next((one for one in seen if one.holds is answer), None)
    reason = Reason.CONDITION_UNKNOWN if answer is None else Reason.CONDITIONS_DIFFER
    if wrong is None:
        return Gate("conditions", answer, True, reason)
    asked = f"{wrong.field} {wrong.operator} {wrong.wanted}"
    return Gate("conditions", wrong.observed, asked, reason)


def _paused(_: Offer, facts: Facts) -> Gate:
    until = facts.profile.preferences.paused_until
    speaks = until is None or facts.now >= until
    return _gate("customer_pause", speaks, Reason.PAUSED_BY_CUSTOMER, _iso(until))


def _muted(_: Offer, facts: Facts) -> Gate:
    heard = facts.zone.zone_id not in facts.profile.preferences.muted_zones
    return _gate("customer_mute", heard, Reason.MUTED_BY_CUSTOMER, facts.zone.zone_id)


def _quiet(_: Offer, facts: Facts) -> Gate:
    quiet = facts.profile.preferences.quiet_hours
    timezone = facts.device.timezone
    loud = quiet is None or not is_quiet(quiet, facts.now, timezone)
    return _gate("quiet_hours", loud, Reason.QUIET_HOURS, timezone)


def _customer_limit(offer: Offer, facts: Facts) -> Gate:
    most = facts.profile.preferences.max_messages
    if most is None:
        return Gate("customer_limit")
    cap = Cap(scope=Scope.ALL, limit=most.limit, window=most.window)
    had = _had(cap, offer, facts)
    return _gate(
        "customer_limit", had < cap.limit, Reason.CUSTOMER_LIMIT, had, cap.limit
    )


def _caps(offer: Offer, facts: Facts) -> Gate:
    for cap in offer.caps or DEFAULT_CAPS:
        had = _had(cap, offer, facts)
        if had >= cap.limit:
            return Gate(f"cap_{cap.scope}", had, cap.limit, Reason.CAPPED)
    return Gate("caps", len(facts.tallies))


def _had(cap: Cap, offer: Offer, facts: Facts) -> int:
    return count(
        cap,
        facts.tallies,
        Tally.about(offer.offer_id, offer.category, facts.zone.zone_id),
        facts.now,
        customer_tz=facts.device.timezone,
        zone_tz=facts.zone_timezone,
    )


def _address(_: Offer, facts: Facts) -> Gate:
    there = facts.device.has_address
    return _gate("address", there, Reason.NO_ADDRESS, there)


def _gate(
    name: str, opens: bool, reason: Reason, value: Value, threshold: Value = None
) -> Gate:
    return Gate(name, value, threshold, None if opens else reason)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


GATES: tuple[Callable[[Offer, Facts], Gate], ...] = (
    _location,
    _consent,
    _freshness,
    _app,
    _zone,
    _topics,
    _audience,
    _schedule,
    _weather,
    _conditions,
    _paused,
    _muted,
    _quiet,
    _customer_limit,
    _caps,
    _address,
)
