"""The last look before a message leaves: is there still every reason to send it?"""

from datetime import datetime

from geopush.core.customer import Preferences, Purpose, has_consent
from geopush.core.known import Known
from geopush.core.message import Message, Objection, State
from geopush.core.offer import Offer, Status, purpose_of


def objection(
    message: Message, offer: Offer | None, known: Known | None, now: datetime
) -> Objection | None:
    """What speaks against sending now; a customer's no is looked at first."""
    if known is None:
        return Objection(State.WITHDRAWN, "customer_gone")
    if known.profile.stop is not None:
        return Objection(State.WITHDRAWN, "stopped_by_customer")
    if offer is None or offer.status is not Status.LIVE:
        return Objection(State.WITHDRAWN, "offer_not_live")
    consents = known.profile.consents
    wanted = purpose_of(offer.category), Purpose.LOCATION
    if not all(has_consent(consents, purpose, now) for purpose in wanted):
        return Objection(State.WITHDRAWN, "no_consent")
    unwanted = _unwanted(message, known.profile.preferences, now)
    if unwanted is not None:
        return Objection(State.WITHDRAWN, unwanted)
    if now >= message.expires_at:
        return Objection(State.EXPIRED, "expired")
    if message.address is None:
        return Objection(State.DEAD_ADDRESS, "no_address")
    return None


def _unwanted(message: Message, preferences: Preferences, now: datetime) -> str | None:
    """Which of the customer's own wishes the message would go against."""
    if preferences.paused_until is not None and now < preferences.paused_until:
        return "paused_by_customer"
    return "muted_by_customer" if message.zone_id in preferences.muted_zones else None
