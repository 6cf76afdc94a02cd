"""Timers that come due without a ping: who has stayed as long as a zone asks.

Pure, as ``evaluate`` is, and by the same machinery. A timer only asks: what holds is
the presence in the customer's row, so a timer and a ping never make two dwells.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from geopush.core.change import Change
from geopush.core.context import last_point
from geopush.core.customer import Purpose, has_consent
from geopush.core.fold import Fold
from geopush.core.known import KnownOf
from geopush.core.occasion import Occasion, World
from geopush.core.ping import CustomerKey, DeviceId
from geopush.core.presence import Presence, Transition, Whereabouts, come_due
from zones import ZoneId

SOON = timedelta(seconds=60)  # until a device last seen outside has surely told more


class Timer(Struct, frozen=True, order=True):
    """A stay that may come due."""

    customer: CustomerKey
    device_id: DeviceId
    zone_id: ZoneId


class Rung(Struct, frozen=True):
    """What timers came to: what is to be written, and when to ask again.

    ``later`` holds the timers that are not done; None is one that never will be due.
    """

    changes: tuple[Change, ...]
    later: dict[Timer, datetime | None]


def ring(timers: Sequence[Timer], known: KnownOf, world: World, now: datetime) -> Rung:
    """Say what becomes of stays whose time is up."""
    folds = {
        one.customer: Fold(known[one.customer], now)
        for one in timers
        if one.customer in known
    }
    later: dict[Timer, datetime | None] = {}
    for timer in sorted(timers):
        fold = folds.get(timer.customer)
        if fold is None:
            later[timer] = None
            continue
        answer = _ask(timer, fold, world)
        if isinstance(answer, tuple):
            _write(timer, fold, *answer, world)
        else:
            later[timer] = answer
    changes = [fold.change(world.tallies_kept) for fold in folds.values()]
    return Rung(tuple(one for one in changes if one is not None), later)


def _ask(
    timer: Timer, fold: Fold, world: World
) -> tuple[Presence, Transition] | datetime | None:
    """What a stay becomes now; or when to ask again, None if never."""
    where = fold.devices.get(timer.device_id, Whereabouts())
    presence = where.presences.get(timer.zone_id)
    if presence is None or presence.dwelt:
        return None
    zone = world.catalog.zone(timer.zone_id)
    if zone is not None and zone.dwell_seconds is None:
        return None  # it asks for none any more
    age = fold.now - (where.recorded_at or presence.since)
    in_sight = (
        age <= world.dwell_seen
        and timer.device_id in fold.profile.devices
        and has_consent(fold.profile.consents, Purpose.LOCATION, fold.now)
    )
    if zone is None or zone.dwell_seconds is None or not in_sight:
        # Ever more seldom; whoever is seen again dwells by the ping itself.
        return fold.now + max(world.dwell_seen, age)
    due = presence.since + timedelta(seconds=zone.dwell_seconds)
    if fold.now < due:
        return due
    return come_due(timer.zone_id, presence, zone, fold.now) or fold.now + SOON


def _write(
    timer: Timer,
    fold: Fold,
    presence: Presence,
    transition: Transition,
    world: World,
) -> None:
    """Keep a dwell in the customer's row, and decide about it."""
    where = fold.devices[timer.device_id]
    presences = {**where.presences, timer.zone_id: presence}
    fold.devices[timer.device_id] = replace(where, presences=presences)
    fold.happen(timer.device_id, [transition], world.catalog)
    occasion = Occasion(
        kind=transition.kind,
        zone_id=timer.zone_id,
        key=str(transition.visit_id),
        recorded_at=transition.at,
        point=last_point(where),
    )
    fold.decide(fold.told(timer.device_id, timer.zone_id), [occasion], world)
