"""The gates of restraint: what the customer wants, and how often is too often."""

from datetime import datetime

from geopush.core.cap import DEFAULT_CAPS, Cap, Scope, Tally, count
from geopush.core.decision import Facts, Gate, Reason, gate, iso
from geopush.core.offer import Category, Offer
from geopush.core.schedule import QuietHours, is_quiet, quiet_until

MOST_ENDS = 20  # of quiet hours that follow on one another; more never end


def stopped(_: Offer, facts: Facts) -> Gate:
    """Whether the customer did not say stop, for ever."""
    stop = facts.profile.stop
    since = None if stop is None else iso(stop.at)
    return gate("stop", stop is None, Reason.STOPPED_BY_CUSTOMER, since)


def paused(_: Offer, facts: Facts) -> Gate:
    """Whether the customer has not paused all messages."""
    until = facts.profile.preferences.paused_until
    speaks = until is None or facts.now >= until
    return gate("customer_pause", speaks, Reason.PAUSED_BY_CUSTOMER, iso(until))


def muted(_: Offer, facts: Facts) -> Gate:
    """Whether the customer has not muted the zone."""
    heard = facts.zone.zone_id not in facts.profile.preferences.muted_zones
    return gate("customer_mute", heard, Reason.MUTED_BY_CUSTOMER, facts.zone.zone_id)


def quiet(_: Offer, facts: Facts) -> Gate:
    """Whether it is no quiet hour, neither of the customer nor of the deployment."""
    timezone = facts.device.timezone
    silent = any(is_quiet(one, facts.now, timezone) for one in _quiet_hours(facts))
    return gate("quiet_hours", not silent, Reason.QUIET_HOURS, timezone)


def quiet_over(facts: Facts) -> datetime | None:
    """When the customer may be spoken to again; None if never."""
    hours = _quiet_hours(facts)
    at = facts.now
    for _ in range(MOST_ENDS):
        ends = [quiet_until(one, at, facts.device.timezone) for one in hours]
        known = [one for one in ends if one is not None]
        if len(known) < len(ends):
            return None
        over = max(known, default=at)
        if over == at:
            return at
        at = over
    return None


def _quiet_hours(facts: Facts) -> list[QuietHours]:
    asked = [facts.profile.preferences.quiet_hours]
    asked += [rules.quiet_hours for rules in facts.rules]
    return [one for one in asked if one is not None]


def customer_limit(offer: Offer, facts: Facts) -> Gate:
    """Whether the customer wants one more message."""
    most = facts.profile.preferences.max_messages
    if most is None:
        return Gate("customer_limit")
    cap = Cap(scope=Scope.ALL, limit=most.limit, window=most.window)
    had = _had(cap, offer, facts)
    return gate(
        "customer_limit", had < cap.limit, Reason.CUSTOMER_LIMIT, had, cap.limit
    )


def caps(offer: Offer, facts: Facts) -> Gate:
    """Whether the caps of offer and deployment leave room for one more."""
    policy = [cap for rules in facts.rules for cap in rules.caps]
    for cap in (*(offer.caps or policy or DEFAULT_CAPS), *policy):
        had = _had(cap, offer, facts)
        if had >= cap.limit:
            return Gate(f"cap_{cap.scope}", had, cap.limit, Reason.CAPPED)
    return Gate("caps", len(facts.tallies))


def contact_lock(offer: Offer, facts: Facts) -> Gate:
    """Whether no other tool spoke to the customer just now; service may always."""
    if offer.category is Category.SERVICE or not facts.contact_lock:
        return Gate("contact_lock")
    spoken = [one.at for one in facts.tallies if one.is_contact]
    last = max(spoken, default=None)
    free = last is None or facts.now - last >= facts.contact_lock
    silent = facts.contact_lock.total_seconds()
    return gate("contact_lock", free, Reason.CONTACT_LOCK, iso(last), silent)


def _had(cap: Cap, offer: Offer, facts: Facts) -> int:
    return count(
        cap,
        facts.tallies,
        Tally.about(offer.offer_id, offer.category, facts.zone.zone_id),
        facts.now,
        customer_tz=facts.device.timezone,
        zone_tz=facts.zone_timezone,
    )


def address(_: Offer, facts: Facts) -> Gate:
    """Whether there is somewhere to send it."""
    there = facts.device.has_address
    return gate("address", there, Reason.NO_ADDRESS, there)
