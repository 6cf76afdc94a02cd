"""One customer through a batch: what happened is folded in, then told as one change."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from msgspec.structs import replace

from geopush.core.arbitrate import taken_by, waits_its_turn, winner
from geopush.core.candidate import Candidate, Person, candidates
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
from geopush.core.decision import Decision, Gate, Reason, Verdict
from geopush.core.deferred import Deferred
from geopush.core.known import Known, State
from geopush.core.later import occasion_again, put_off
from geopush.core.message import Content
from geopush.core.occasion import Occasion, World
from geopush.core.offer import Offer, Status
from geopush.core.ping import DeviceId
from geopush.core.presence import NAMESPACE, Kind, Transition, Whereabouts
from geopush.core.visit import Seen, revise
from zones import ZoneId


class Fold:
    """One customer's row, and what a batch has made of it so far."""

    def __init__(self, known: Known, now: datetime) -> None:
        self._known = known
        self.now = max(now, known.state.now or now)
        self.profile = known.profile
        self.devices = dict(known.state.devices)
        self._tallies = list(known.state.tallies)
        self._deferred = {one.decision_id: one for one in known.state.deferred}
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
            zone = catalog.zone(one.zone_id)
            if one.kind is Kind.ENTER and zone is not None and zone.dwell_seconds:
                due = one.at + timedelta(seconds=zone.dwell_seconds)
                self._due[device_id, one.zone_id] = due

    def decide(
        self, device_id: DeviceId, occasions: Sequence[Occasion], world: World
    ) -> None:
        """Decide about what happened together: at most one offer goes out."""
        self.decide_among([(device_id, one) for one in occasions], world)

    def decide_among(
        self, occasions: Sequence[tuple[DeviceId, Occasion]], world: World
    ) -> None:
        """Decide about what happened to several devices at once, as one."""
        people = {device_id: self._person(device_id) for device_id, _ in occasions}
        found = [
            candidate
            for device_id, one in occasions
            for candidate in candidates(people[device_id], [one], world)
        ]
        self._compete(found, world)

    def resume(self, world: World) -> None:
        """Decide again about all that was put off until now, together."""
        due = [one for one in self._deferred.values() if one.due <= self.now]
        found = []
        for one in due:
            del self._deferred[one.decision_id]
            device_id = self.told(one.device_id, one.zone_id)
            if device_id not in self.profile.devices:
                self._end(one, Reason.NO_ADDRESS)
            elif world.catalog.offer(one.offer_id) is None:
                self._end(one, Reason.OFFER_NOT_LIVE)
            elif world.catalog.zone(one.zone_id) is None:
                self._end(one, Reason.ZONE_GONE)
            else:
                where = self.devices.get(device_id, Whereabouts())
                again = occasion_again(one, where, self.now)
                found += candidates(self._person(device_id), [again], world)
        self._compete(found, world)

    def _compete(self, found: Sequence[Candidate], world: World) -> None:
        """Let one win; what was decided a moment ago has won already."""
        earlier = taken_by(self._tallies, world.one_within, self.now)
        open_to = [one for one in found if not (earlier and waits_its_turn(one))]
        chosen = winner(open_to, self.profile.preferences)
        won_by = earlier if chosen is None else chosen.offer.offer_id
        for one in found:
            self._settle(one, chosen, won_by)

    def _person(self, device_id: DeviceId) -> Person:
        whose = self._known.customer.customer_id
        return Person(whose, device_id, self.profile, self._state(), self.now)

    def _end(self, one: Deferred, reason: Reason) -> None:
        """Withhold what was put off and cannot be decided about any more."""
        row = Decided(
            decision_id=one.decision_id,
            device_id=one.device_id,
            offer_id=one.offer_id,
            zone_id=one.zone_id,
            occasion=f"{one.kind}:{one.key}",
            at=self.now,
            verdict=Verdict.WITHHELD,
            reason=reason,
            trace=(Gate("deferred", None, None, reason),),
        )
        self._decided.append(row)

    def _state(self) -> State:
        """What has become of the customer so far."""
        return replace(
            self._known.state,
            devices=self.devices,
            tallies=tuple(self._tallies),
            now=self.now,
            deferred=tuple(self._deferred.values()),
        )

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
        state = replace(self._state(), tallies=recent)
        seen = [one.recorded_at for one in self.devices.values() if one.recorded_at]
        moved = compare(self._known.state.devices, self.devices, self._due)
        return Change(
            known=self._known,
            state=state,
            seen=max(seen, default=None),
            came=moved.came,
            left=moved.left,
            dwelt=moved.dwelt,
            happened=tuple(self._happened),
            decided=tuple(self._decided),
            messages=tuple(self._messages),
            visits=tuple(self._visits.values()),
        )

    def _settle(
        self, one: Candidate, chosen: Candidate | None, won_by: str | None
    ) -> None:
        """Write down what a candidate came to; the chosen one becomes a message."""
        decision = one.decision
        if decision.verdict is Verdict.DECIDED:
            decision = _against(one, chosen, won_by)
        offer = one.offer
        occasion = f"{one.occasion.kind}:{one.occasion.key}"
        row = Decided(
            decision_id=_message_id(offer, self._known.customer.customer_id, occasion),
            device_id=one.device_id,
            offer_id=offer.offer_id,
            zone_id=one.occasion.zone_id,
            occasion=occasion,
            at=self.now,
            verdict=decision.verdict,
            reason=decision.reason,
            trace=decision.trace,
            weather=one.weather,
            variant=one.arm.variant,
            held_out=one.arm.held_out,
            due=decision.due,
        )
        self._decided.append(row)
        if decision.due is not None:
            self._deferred[row.decision_id] = put_off(row, decision.due, one.occasion)
        if decision.verdict is Verdict.DECIDED and decision.content is not None:
            self._send(row, offer, decision.content)
        if decision.reason in (Reason.DECIDED, Reason.HOLDOUT):
            self._count(row, offer)

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
            inbox=offer.message.inbox,
        )
        self._messages.append(message)

    def _count(self, row: Decided, offer: Offer) -> None:
        """Count it for caps: who is held out lives as all others do, but for this."""
        tally = Tally(
            row.decision_id, row.at, row.offer_id, offer.category, row.zone_id
        )
        self._tallies.append(tally)


def _against(one: Candidate, chosen: Candidate | None, won_by: str | None) -> Decision:
    """What a candidate that passed every gate comes to beside the chosen one."""
    trace = one.decision.trace
    if one is chosen:
        if one.arm.held_out:
            return Decision(Verdict.WOULD_HAVE_SENT, Reason.HOLDOUT, trace)
        return one.decision
    if one.offer.status is Status.SHADOW:
        return Decision(Verdict.WOULD_HAVE_SENT, Reason.SHADOW, trace)
    lost = Gate("arbitration", one.offer.offer_id, won_by, Reason.OUTRANKED)
    return Decision(Verdict.WITHHELD, Reason.OUTRANKED, (*trace, lost))


def _message_id(offer: Offer, customer_id: str, occasion: str) -> UUID:
    """The same decision always has the same id; step 0 is the first message of it."""
    return uuid5(NAMESPACE, f"{offer.offer_id}\n{customer_id}\n{occasion}\n0")


def _happened(device_id: DeviceId, transition: Transition) -> Happened:
    name = f"{transition.visit_id}\n{transition.kind}\n{transition.at.isoformat()}"
    return Happened(uuid5(NAMESPACE, name), device_id, transition)
