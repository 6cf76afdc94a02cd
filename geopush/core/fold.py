"""One customer through a batch: what happened is folded in, then told as one change."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from msgspec import Struct

from geopush.core.arbitrate import rank, winner
from geopush.core.cap import Tally, longest
from geopush.core.catalog import Catalog
from geopush.core.change import (
    Came,
    Change,
    Decided,
    Happened,
    Left,
    NewMessage,
)
from geopush.core.condition import Value
from geopush.core.customer import Purpose, has_consent
from geopush.core.decide import Decision, Facts, Gate, Reason, Verdict, decide
from geopush.core.known import Known, State
from geopush.core.message import Content
from geopush.core.offer import Offer, Status
from geopush.core.ping import DeviceId
from geopush.core.presence import NAMESPACE, Kind, Presence, Transition, Whereabouts
from geopush.core.weather import Observation, Weather, WeatherSeen
from zones import Point, Zone, ZoneId, is_open, time_zone

Stay = tuple[DeviceId, ZoneId]

LARGE_KM2 = 250.0  # a zone larger than a weather cell has the weather of the fix


class World(Struct, frozen=True):
    """What is the same for everybody in a batch; zones may have their own timezone."""

    catalog: Catalog
    weather: Weather
    timezone: str = "UTC"


class Occasion(Struct, frozen=True):
    """A transition that may be a reason to speak, and when and where it was seen."""

    transition: Transition
    recorded_at: datetime
    point: Point


class Candidate(Struct, frozen=True):
    """An offer for a customer on an occasion, and what the gates said."""

    offer: Offer
    occasion: Occasion
    decision: Decision
    weather: WeatherSeen | None


class Fold:
    """One customer's row, and what a batch has made of it so far."""

    def __init__(self, known: Known, now: datetime) -> None:
        self._known = known
        self.now = max(now, known.state.now or now)
        self.profile = known.profile
        self.devices = dict(known.state.devices)
        self._tallies = list(known.state.tallies)
        self._due: dict[Stay, datetime] = {}
        self._happened: list[Happened] = []
        self._decided: list[Decided] = []
        self._messages: list[NewMessage] = []

    def decide(
        self, device_id: DeviceId, occasions: Sequence[Occasion], world: World
    ) -> None:
        """Decide about what one upload made happen: at most one offer goes out."""
        self._happened += [_happened(device_id, one.transition) for one in occasions]
        candidates = self._candidates(device_id, occasions, world)
        fitting = [one for one in candidates if _competes(one)]
        ranks = [rank(one.offer, one.occasion.transition.zone_id) for one in fitting]
        place = winner(ranks)
        chosen = None if place is None else fitting[place]
        for one in candidates:
            self._settle(device_id, one, chosen)

    def change(self, kept: timedelta) -> Change | None:
        """All that is to be written, or nothing if nothing changed.

        Tallies are ``kept`` for so long, or as long as the customer's own limit looks.
        """
        if self.devices == self._known.state.devices and not self._happened:
            return None
        if (most := self.profile.preferences.max_messages) is not None:
            kept = max(kept, longest([most.window]))
        recent = tuple(one for one in self._tallies if self.now - one.at <= kept)
        seen = [one.recorded_at for one in self.devices.values() if one.recorded_at]
        before, after = _stays(self._known.state.devices), _stays(self.devices)
        return Change(
            known=self._known,
            state=State(self.devices, recent, self.now),
            seen=max(seen, default=None),
            came=self._came(before, after),
            left=tuple(Left(*key) for key in before if key not in after),
            dwelt=tuple(
                Left(*key)
                for key, stay in after.items()
                if stay.dwelt and key in before and not before[key].dwelt
            ),
            happened=tuple(self._happened),
            decided=tuple(self._decided),
            messages=tuple(self._messages),
        )

    def _came(
        self, before: dict[Stay, Presence], after: dict[Stay, Presence]
    ) -> tuple[Came, ...]:
        return tuple(
            Came(*key, stay.since, None if stay.dwelt else self._due.get(key))
            for key, stay in after.items()
            if key not in before or before[key].since != stay.since
        )

    def _candidates(
        self, device_id: DeviceId, occasions: Sequence[Occasion], world: World
    ) -> list[Candidate]:
        candidates = []
        for occasion in occasions:
            transition = occasion.transition
            zone = world.catalog.zones.get(transition.zone_id)
            if zone is None or transition.reason is not None:
                continue
            if transition.kind is Kind.ENTER and zone.dwell_seconds is not None:
                due = transition.at + timedelta(seconds=zone.dwell_seconds)
                self._due[device_id, zone.zone_id] = due
            for offer in world.catalog.offers_for(transition.kind, zone):
                facts = self._facts(device_id, occasion, zone, offer, world)
                decision = decide(offer, facts)
                seen = None if isinstance(facts.weather, str) else facts.weather.seen()
                candidates.append(Candidate(offer, occasion, decision, seen))
        return candidates

    def _facts(
        self,
        device_id: DeviceId,
        occasion: Occasion,
        zone: Zone,
        offer: Offer,
        world: World,
    ) -> Facts:
        timezone = zone.timezone or world.timezone
        large = zone.area.area_km2 > LARGE_KM2
        place = occasion.point if large else zone.area.representative_point
        weather = world.weather.near(place, self.now, offer.max_weather_age)
        return Facts(
            now=self.now,
            recorded_at=occasion.recorded_at,
            zone=zone,
            zone_timezone=timezone,
            device=self.profile.devices[device_id],
            profile=self.profile,
            tallies=tuple(self._tallies),
            weather=weather,
            values=self._values(zone, timezone, offer, weather),
        )

    def _values(
        self, zone: Zone, timezone: str, offer: Offer, weather: Observation | str
    ) -> dict[str, Value]:
        """What conditions and words may ask for; what is missing is unknown."""
        values: dict[str, Value] = {
            "offer.id": offer.offer_id,
            "offer.name": offer.name,
            **zone_values(zone, timezone, self.now),
        }
        if not isinstance(weather, str):
            values |= weather.values()
        if has_consent(self.profile.consents, Purpose.PROFILING, self.now):
            for name, value in self.profile.attributes.items():
                values[f"attributes.{name}"] = values[f"customer.{name}"] = value
        return values

    def _settle(
        self, device_id: DeviceId, one: Candidate, chosen: Candidate | None
    ) -> None:
        """Write down what a candidate came to; the chosen one becomes a message."""
        decision = one.decision
        if decision.verdict is Verdict.DECIDED:
            decision = _against(one, chosen)
        transition, offer = one.occasion.transition, one.offer
        occasion = f"{transition.kind}:{transition.visit_id}"
        row = Decided(
            decision_id=_message_id(offer, self._known.customer.customer_id, occasion),
            device_id=device_id,
            offer_id=offer.offer_id,
            zone_id=transition.zone_id,
            occasion=occasion,
            at=self.now,
            verdict=decision.verdict,
            reason=decision.reason,
            trace=decision.trace,
            weather=one.weather,
        )
        self._decided.append(row)
        if decision.verdict is Verdict.DECIDED and decision.content is not None:
            self._send(row, offer, decision.content)

    def _send(self, row: Decided, offer: Offer, content: Content) -> None:
        message = NewMessage(
            message_id=row.decision_id,
            device_id=row.device_id,
            offer_id=row.offer_id,
            zone_id=row.zone_id,
            content=content,
            delivery=offer.delivery,
            decided_at=row.at,
            expires_at=row.at + offer.message.ttl,
        )
        self._messages.append(message)
        tally = Tally(
            row.decision_id, row.at, row.offer_id, offer.category, row.zone_id
        )
        self._tallies.append(tally)


def zone_values(zone: Zone, timezone: str, now: datetime) -> dict[str, Value]:
    """What conditions and words may ask of a zone, by field name."""
    values: dict[str, Value] = {
        "zone.id": zone.zone_id,
        "zone.name": zone.name or None,
        "zone.group": zone.group,
        "zone.tags": zone.tags,
        "zone.open": _is_open(zone, timezone, now),
    }
    for name, value in zone.metadata.items():
        values[f"zone.metadata.{name}"] = value
    return values


def _is_open(zone: Zone, timezone: str, now: datetime) -> bool | None:
    """Whether the zone is open; without opening hours nobody knows."""
    place = time_zone(timezone)
    if zone.opening_hours is None or place is None:
        return None
    return is_open(zone.opening_hours, now.astimezone(place))


def _competes(one: Candidate) -> bool:
    live = one.offer.status is Status.LIVE
    return live and one.decision.verdict is Verdict.DECIDED


def _against(one: Candidate, chosen: Candidate | None) -> Decision:
    """What a candidate that passed every gate comes to beside the chosen one."""
    if one is chosen:
        return one.decision
    trace = one.decision.trace
    if one.offer.status is Status.SHADOW:
        return Decision(Verdict.WOULD_HAVE_SENT, Reason.SHADOW, trace)
    to = None if chosen is None else chosen.offer.offer_id
    lost = Gate("arbitration", one.offer.offer_id, to, Reason.OUTRANKED)
    return Decision(Verdict.WITHHELD, Reason.OUTRANKED, (*trace, lost))


def _message_id(offer: Offer, customer_id: str, occasion: str) -> UUID:
    """The same decision always has the same id; step 0 is the first message of it."""
    return uuid5(NAMESPACE, f"{offer.offer_id}\n{customer_id}\n{occasion}\n0")


def _happened(device_id: DeviceId, transition: Transition) -> Happened:
    name = f"{transition.visit_id}\n{transition.kind}\n{transition.at.isoformat()}"
    return Happened(uuid5(NAMESPACE, name), device_id, transition)


def _stays(devices: Mapping[DeviceId, Whereabouts]) -> dict[Stay, Presence]:
    """Every presence of a customer by device and zone, in a fixed order."""
    return {
        (device_id, zone_id): presence
        for device_id, where in sorted(devices.items())
        for zone_id, presence in sorted(where.presences.items())
    }
