"""Uploads that change nothing but times: most of them, so they take the short way.

The long way (`geopush/core/evaluate.py`) comes to the very same; who is in doubt here
goes there.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from geopush.core.catalog import Catalog
from geopush.core.change import Change, Taken, Upload
from geopush.core.customer import Purpose, has_consent
from geopush.core.intake import digest_of, is_news, more_recent
from geopush.core.known import Known, State
from geopush.core.matching import NOWHERE, Matched, Zones
from geopush.core.ping import AHEAD, OLDEST
from geopush.core.presence import WORST_ACCURACY, Whereabouts
from geopush.core.steady import stays, steady_until
from geopush.core.times import micros
from geopush.core.visit import carry_on
from geopush.core.weather import CELL_RESOLUTION
from zones import Point, cell_of


class Passed(Struct, frozen=True, gc=False):
    """What is to be written and answered where nothing happened."""

    change: Change
    answer: Taken


def pass_quietly(
    upload: Upload,
    known: Known,
    catalog: Catalog,
    matched: Matched,
    number: int,
    now: datetime,
) -> Passed | None:
    """Take an upload in if it surely makes nothing happen; else there is none.

    ``number`` is that of its first ping among those that were matched.
    """
    state, pings = known.state, [ping for _, ping in upload.pings]
    where = state.devices.get(upload.device_id)
    if where is None or where.approaches or upload.refused:
        return None
    now = now if state.now is None else max(now, state.now)
    times = [ping.recorded_at for ping in pings]
    if not (_counts(times, where, known, upload, now) and _keeps(state, catalog, now)):
        return None
    zones = _zones(
        where, times[-1], catalog, matched, range(number, number + len(times))
    )
    if zones is None or any((one.accuracy or 0.0) > WORST_ACCURACY for one in pings):
        return None
    numbers = [micros(at) for at in times]
    memory = carry_on(where.memory, numbers, zones)
    if memory is None:
        return None
    last = pings[-1]
    point = Point(longitude=last.longitude, latitude=last.latitude)
    moved = replace(
        where,
        recorded_at=times[-1],
        cell=cell_of(point, CELL_RESOLUTION),
        recent=more_recent(where.recent, numbers),
        batch=digest_of(numbers) or where.batch,
        memory=memory,
    )
    return _told(upload, known, moved, now)


def _counts(
    times: Sequence[datetime],
    where: Whereabouts,
    known: Known,
    upload: Upload,
    now: datetime,
) -> bool:
    """Whether all of these times are news, and none is refused."""
    if where.recorded_at is None or not is_news(where, times):
        return False
    consents, oldest = known.profile.consents, times[0]
    since = known.profile.devices[upload.device_id].since
    return (
        now - oldest <= OLDEST
        and times[-1] - now <= AHEAD
        and (since is None or oldest >= since)
        and has_consent(consents, Purpose.LOCATION, oldest)
        and has_consent(consents, Purpose.LOCATION, now)
    )


def _keeps(state: State, catalog: Catalog, now: datetime) -> bool:
    """Whether all tallies go on being kept."""
    kept = catalog.tallies_kept
    return all(now - one.at <= kept for one in state.tallies)


def _zones(
    where: Whereabouts,
    until: datetime,
    catalog: Catalog,
    matched: Matched,
    numbers: range,
) -> Zones | None:
    """The zones that a device stays in, as they cover it; none if it does not stay."""
    if matched.near and not matched.near.isdisjoint(numbers):
        return None
    if not where.presences:
        outside = not matched.zones or all(one not in matched.zones for one in numbers)
        return NOWHERE if outside else None
    steady = steady_until(where.presences, catalog.zones)
    if steady is None or until >= steady:
        return None
    zones = matched.zones.get(numbers[0], NOWHERE)
    if not stays(where.presences, zones):
        return None
    return zones if all(matched.zones.get(one) == zones for one in numbers) else None


def _told(upload: Upload, known: Known, moved: Whereabouts, now: datetime) -> Passed:
    devices = {**known.state.devices, upload.device_id: moved}
    change = Change(
        known=known,
        state=replace(known.state, devices=devices, now=now),
        seen=max(one.recorded_at for one in devices.values() if one.recorded_at),
    )
    inside = tuple(sorted(moved.presences))
    return Passed(change, Taken(len(upload.pings), 0, 0, (), (), inside))
