"""The gates of an offer: may we know, is it news, is it for them, here and now."""

from geopush.core.condition import clauses
from geopush.core.customer import Purpose, has_consent
from geopush.core.decision import Facts, Gate, Reason, gate, iso
from geopush.core.offer import Offer, needs_weather, purpose_of
from geopush.core.schedule import runs_at


def location(_: Offer, facts: Facts) -> Gate:
    """Whether a customer lets us use where they are, then and now."""
    given = _both_times(facts, Purpose.LOCATION)
    return gate("location_consent", given, Reason.LOCATION_NOT_PERMITTED, given)


def push_consent(offer: Offer, facts: Facts) -> Gate:
    """Whether a customer agreed to messages of this kind, then and now."""
    purpose = purpose_of(offer.category)
    given = _both_times(facts, purpose)
    return gate("push_consent", given, Reason.NO_CONSENT, given, str(purpose))


def freshness(offer: Offer, facts: Facts) -> Gate:
    """Whether what happened is still news."""
    age = (facts.now - facts.seen_at).total_seconds()
    most = offer.max_event_age.total_seconds()
    return gate("event_age", age <= most, Reason.EVENT_TOO_OLD, age, most)


def still(_: Offer, facts: Facts) -> Gate:
    """Whether what was put off is still so."""
    return gate("still_so", facts.still, Reason.LEFT_ZONE, facts.still)


def app(offer: Offer, facts: Facts) -> Gate:
    """Whether the offer is for the app on the device."""
    app = facts.device.app
    fits = not offer.apps or app in offer.apps
    return gate("app", fits, Reason.OTHER_APP, app, offer.apps)


def zone_speaks(_: Offer, facts: Facts) -> Gate:
    """Whether the zone itself is not silenced."""
    until = facts.zone.muted_until
    speaks = until is None or facts.now >= until
    return gate("zone_muted", speaks, Reason.ZONE_MUTED, iso(until))


def topics(offer: Offer, facts: Facts) -> Gate:
    """Whether the customer chose one of the offer's topics."""
    wanted = offer.audience.topics
    chosen = facts.profile.preferences.topics
    fits = not wanted or any(chosen.get(topic) for topic in wanted)
    liked = tuple(sorted(topic for topic, on in chosen.items() if on))
    return gate("topics", fits, Reason.TOPIC_NOT_CHOSEN, liked, wanted)


def audience(offer: Offer, facts: Facts) -> Gate:
    """Whether the customer is among those the offer is for."""
    audience = offer.audience
    if audience.identified and not facts.profile.identified:
        return Gate("audience", "anonymous", "identified", Reason.NOT_IN_AUDIENCE)
    if audience.where is None:
        return Gate("audience")
    answer = audience.where.holds(facts.values)
    return gate("audience", answer is True, Reason.NOT_IN_AUDIENCE, answer, True)


def schedule(offer: Offer, facts: Facts) -> Gate:
    """Whether the offer runs at this hour."""
    if offer.schedule is None:
        return Gate("schedule")
    runs = runs_at(
        offer.schedule, facts.now, facts.zone_timezone, facts.device.timezone
    )
    return gate("schedule", runs, Reason.NOT_RUNNING, iso(facts.now))


def weather(offer: Offer, facts: Facts) -> Gate:
    """Whether the weather is known, if the offer asks for it."""
    if not needs_weather(offer):
        return Gate("weather")
    if isinstance(facts.weather, str):
        return Gate("weather", None, None, Reason(facts.weather))
    return Gate("weather", iso(facts.weather.observed_at))


def conditions(offer: Offer, facts: Facts) -> Gate:
    """Whether all that the offer asks for holds."""
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


def _both_times(facts: Facts, purpose: Purpose) -> bool:
    consents = facts.profile.consents
    then = has_consent(consents, purpose, facts.recorded_at)
    return then and has_consent(consents, purpose, facts.now)
