"""The last look before a message leaves: is there still every reason to send it?"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from geopush.core import gates, restraint
from geopush.core.candidate import Person, facts_of
from geopush.core.cap import Tally
from geopush.core.context import last_point
from geopush.core.customer import Purpose, has_consent
from geopush.core.decision import Facts, Reason
from geopush.core.known import Known
from geopush.core.message import Message, Objection, State
from geopush.core.occasion import Occasion, World
from geopush.core.offer import Offer, Quiet, Status, purpose_of
from geopush.core.ping import DeviceId
from geopush.core.presence import Whereabouts
from geopush.core.stop_when import stopped
from zones import Zone, ZoneId


class Letter(Struct, frozen=True):
    """A message that came to nothing and is to leave after all."""

    message_id: UUID
    device_id: str
    offer_id: str
    zone_id: str | None
    decided_at: datetime


LOOKS = (
    gates.zone_speaks,
    gates.topics,
    restraint.paused,
    restraint.muted,
    restraint.customer_limit,
    restraint.contact_lock,
)


def objection(
    message: Message, known: Known | None, world: World, now: datetime
) -> Objection | None:
    """What speaks against sending now; a customer's no is looked at first."""
    if known is None:
        return Objection(State.WITHDRAWN, "customer_gone")
    if known.profile.stop is not None:
        return Objection(State.WITHDRAWN, "stopped_by_customer")
    offer = world.catalog.offer(message.offer_id)
    if offer is None or offer.status is not Status.LIVE:
        return Objection(State.WITHDRAWN, "offer_not_live")
    wanted = purpose_of(offer.category), Purpose.LOCATION
    if not all(has_consent(known.profile.consents, one, now) for one in wanted):
        return Objection(State.WITHDRAWN, "no_consent")
    if now >= message.expires_at:
        return Objection(State.EXPIRED, "expired")
    if message.address is None or message.device_id not in known.profile.devices:
        return Objection(State.DEAD_ADDRESS, "no_address")
    zone = world.catalog.zone(ZoneId(message.zone_id or ""))
    if zone is None:
        return Objection(State.WITHDRAWN, "zone_gone")
    facts = _facts(message, _before(message, known), zone, offer, world, now)
    return _unwanted(message, offer, facts)


def overfull(
    letter: Letter, known: Known, world: World, now: datetime
) -> Reason | None:
    """Which cap has no room any more for a message that gave its place back.

    All that was decided since counts. What else speaks against it, the last look says.
    """
    offer = world.catalog.offer(letter.offer_id)
    zone = world.catalog.zone(ZoneId(letter.zone_id or ""))
    if offer is None or zone is None or letter.device_id not in known.profile.devices:
        return None
    others = [one for one in known.state.tallies if one.message_id != letter.message_id]
    facts = _facts(letter, _with(others, known), zone, offer, world, now)
    return _overfull(offer, facts)


def _overfull(offer: Offer, facts: Facts) -> Reason | None:
    limit, caps = restraint.customer_limit(offer, facts), restraint.caps(offer, facts)
    return limit.reason or caps.reason


def _unwanted(message: Message, offer: Offer, facts: Facts) -> Objection | None:
    """Which wish or stop the message would go against."""
    for opens in LOOKS:
        if (reason := opens(offer, facts).reason) is not None:
            return Objection(State.WITHDRAWN, reason)
    if (reason := restraint.caps(offer, _earlier(message, facts)).reason) is not None:
        return Objection(State.WITHDRAWN, reason)
    if (stop := stopped(offer, facts)) is not None:
        return Objection(State.WITHDRAWN, stop)
    if restraint.quiet(offer, facts).reason is None:
        return None
    over = restraint.quiet_over(facts)
    if offer.quiet is Quiet.DROP or over is None or over >= message.expires_at:
        return Objection(State.WITHDRAWN, Reason.QUIET_HOURS)
    return Objection(State.RETRY, Reason.QUIET_HOURS, over - facts.now)


def _before(message: Message, known: Known) -> Known:
    """Leave out our own tallies that are not from before the message."""
    ours = message.decided_at, message.message_id
    tallies = known.state.tallies
    before = [
        one for one in tallies if one.is_contact or (one.at, one.message_id) < ours
    ]
    return _with(before, known)


def _earlier(message: Message, facts: Facts) -> Facts:
    """Leave out what was decided at the same moment: caps of offers may differ."""
    earlier = [
        one for one in facts.tallies if one.is_contact or one.at < message.decided_at
    ]
    return replace(facts, tallies=tuple(earlier))


def _with(tallies: Sequence[Tally], known: Known) -> Known:
    return replace(known, state=replace(known.state, tallies=tuple(tallies)))


def _facts(
    message: Message | Letter,
    known: Known,
    zone: Zone,
    offer: Offer,
    world: World,
    now: datetime,
) -> Facts:
    """What is known now of a message, by the tallies that count against it."""
    device_id = DeviceId(message.device_id)
    where = known.state.devices.get(device_id, Whereabouts())
    occasion = Occasion(
        "last_look", zone.zone_id, "", message.decided_at, last_point(where)
    )
    whose = known.customer.customer_id
    person = Person(whose, device_id, known.profile, known.state, now)
    return facts_of(person, occasion, zone, offer, world)
