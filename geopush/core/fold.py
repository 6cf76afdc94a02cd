"""One customer through a batch: what happened is folded in, then told as one change."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from geopush.core.arbitrate import rank, winner
from geopush.core.cap import Tally, longest
from geopush.core.catalog import Catalog
from geopush.core.change import (
    Change,
    Decided,
    Happened,
    NewMessage,
    Stay,
    Visited,
    compare,
)
from geopush.core.condition import Value
from geopush.core.context import context_values, place_of
from geopush.core.customer import Purpose, has_consent
from geopush.core.decide import Decision, Facts, Gate, Reason, Verdict, decide
from geopush.core.known import Known, State
from geopush.core.message import Content
from geopush.core.offer import Offer, Status
from geopush.core.ping import DeviceId
from geopush.core.presence import NAMESPACE, Kind, Transition, Whereabouts
from geopush.core.visit import Seen, revise
from geopush.core.weather import Observation, Weather, WeatherSeen
from zones import Point, Zone, ZoneId


class World(Struct, frozen=True):
    """What is the same for everybody in a batch; zones may have their own timezone."""

    catalog: Catalog
    weather: Weather
    timezone: str = "UTC"
    dwell_seen: timedelta = timedelta(minutes=15)


class Occasion(Struct, frozen=True):
    """What may be a reason to speak: of which kind, at which zone, when and where.

    ``key`` tells it from others of its kind; with an ``offer_id`` it is one for that
    offer alone.
    """

    kind: str
    zone_id: ZoneId
    key: str
    recorded_at: datetime
    point: Point | None
    offer_id: str | None = None


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
        self._visits: dict[tuple[DeviceId, ZoneId, datetime], Visited] = {}

    def happen(
        self, device_id: DeviceId, transitions: Sequence[Transition], catalog: Catalog
    ) -> None:
        """Keep what happened to a device, and when its stays come due."""
        self._happened += [_happened(device_id, one) for one in transitions]
        for one in transitions:
            zone = catalog.zones.get(one.zone_id)
            if one.kind is Kind.ENTER and zone is not None and zone.dwell_seconds:
                due = one.at + timedelta(seconds=zone.dwell_seconds)
                self._due[device_id, one.zone_id] = due

    def decide(
        self, device_id: DeviceId, occasions: Sequence[Occasion], world: World
    ) -> None:
        """Decide about what happened together: at most one offer goes out."""
        candidates = self._candidates(device_id, occasions, world)
        fitting = [one for one in candidates if _competes(one)]
        ranks = [rank(one.offer, one.occasion.zone_id) for one in fitting]
        place = winner(ranks)
        chosen = None if place is None else fitting[place]
        for one in candidates:
            self._settle(device_id, one, chosen)

    def visit(self, device_id: DeviceId, fixes: Sequence[Seen]) -> None:
        """Correct the visits of a device by what one upload told, in any order."""
        where = self.devices.get(device_id, Whereabouts())
        revised = revise(where.memory, fixes)
        self.devices[device_id] = replace(where, memory=revised.memory)
        marked = [(one, True) for one in revised.undone]
        marked += [(one, False) for one in revised.written]
        for one, undone in marked:
            key = device_id, one.zone_id, one.began
            self._visits[key] = Visited(device_id, one, undone)

    def told(self, device_id: DeviceId, zone_id: ZoneId) -> DeviceId:
        """Which device hears of what no ping brought: the one inside seen last.

        One with a live address, if any has one; else the device it happened to.
        """
        inside = [
            (where.recorded_at, one)
            for one, where in sorted(self.devices.items())
            if zone_id in where.presences and where.recorded_at is not None
            if one in self.profile.devices and self.profile.devices[one].has_address
        ]
        return max(inside, default=(None, device_id))[1]

    def change(self, kept: timedelta) -> Change | None:
        """All that is to be written, or nothing if nothing changed.

        Tallies are ``kept`` for so long, or as long as the customer's own limit looks.
        """
        same = self.devices == self._known.state.devices
        if same and not self._happened and not self._decided:
            return None
        if (most := self.profile.preferences.max_messages) is not None:
            kept = max(kept, longest([most.window]))
        recent = tuple(one for one in self._tallies if self.now - one.at <= kept)
        seen = [one.recorded_at for one in self.devices.values() if one.recorded_at]
        moved = compare(self._known.state.devices, self.devices, self._due)
        return Change(
            known=self._known,
            state=State(self.devices, recent, self.now),
            seen=max(seen, default=None),
            came=moved.came,
            left=moved.left,
            dwelt=moved.dwelt,
            happened=tuple(self._happened),
            decided=tuple(self._decided),
            messages=tuple(self._messages),
            visits=tuple(self._visits.values()),
        )

    def _candidates(
        self, device_id: DeviceId, occasions: Sequence[Occasion], world: World
    ) -> list[Candidate]:
        candidates = []
        for occasion in occasions:
            zone = world.catalog.zones.get(occasion.zone_id)
            if zone is None:
                continue
            for offer in _offers(occasion, zone, world.catalog):
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
        place = place_of(zone, occasion.point)
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
        values = context_values(offer, zone, timezone, weather, self.now)
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
        offer = one.offer
        occasion = f"{one.occasion.kind}:{one.occasion.key}"
        row = Decided(
            decision_id=_message_id(offer, self._known.customer.customer_id, occasion),
            device_id=device_id,
            offer_id=offer.offer_id,
            zone_id=one.occasion.zone_id,
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


def _offers(occasion: Occasion, zone: Zone, catalog: Catalog) -> list[Offer]:
    if occasion.offer_id is None:
        return catalog.offers_for(occasion.kind, zone)
    offer = catalog.offer(occasion.offer_id)
    return [] if offer is None else [offer]


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
