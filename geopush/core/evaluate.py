"""The hot path, end to end: match, advance, decide, for a batch of uploads.

Pure: what is known goes in, what is to be written comes out. Nothing is asked in
between, so the same input always gives the same output, in the same order.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from msgspec.structs import replace

from geopush.core.approach import draw_near
from geopush.core.catalog import Catalog
from geopush.core.change import (
    Answer,
    Evaluation,
    NotPermitted,
    Taken,
    Upload,
)
from geopush.core.customer import Purpose, has_consent
from geopush.core.fold import Fold
from geopush.core.intake import Standing, remember, sort, standing
from geopush.core.known import KnownOf
from geopush.core.occasion import Occasion, World
from geopush.core.ping import Ping
from geopush.core.presence import (
    WORST_ACCURACY,
    Fix,
    Transition,
    Whereabouts,
    advance,
    has_dwelt,
)
from geopush.core.visit import Seen
from geopush.core.weather import CELL_RESOLUTION
from zones import Nearness, Point, ZoneId, ZoneIndex, cell_of

Place = tuple[float, float]
Covered = Mapping[Place, tuple[ZoneId, ...]]


def evaluate(
    uploads: Sequence[Upload], known: KnownOf, world: World, now: datetime
) -> Evaluation:
    """Say what is to be written of each customer, and what to answer to each upload.

    ``known`` must hold every customer of ``uploads``, with the device on them.
    """
    folds = {one.customer: Fold(known[one.customer], now) for one in uploads}
    permitted = {
        customer: has_consent(fold.profile.consents, Purpose.LOCATION, fold.now)
        for customer, fold in folds.items()
    }
    matched = [one for one in uploads if permitted[one.customer]]
    covering = _covering(matched, world.catalog)
    answers: list[Answer] = [
        _take(one, folds[one.customer], world, covering)
        if permitted[one.customer]
        else NotPermitted()
        for one in uploads
    ]
    kept = world.tallies_kept
    changes = [fold.change(kept) for fold in folds.values()]
    return Evaluation(tuple(one for one in changes if one is not None), tuple(answers))


def _take(
    upload: Upload,
    fold: Fold,
    world: World,
    covering: Covered,
) -> Taken:
    """Walk a device through its upload, then decide about what happened."""
    device = fold.profile.devices[upload.device_id]
    wanted = sort(upload.pings, device, fold.profile, fold.now)
    counts = dict.fromkeys(Standing, 0)
    before = where = fold.devices.get(upload.device_id, Whereabouts())
    transitions: list[Transition] = []
    occasions: list[Occasion] = []
    fixes: list[Seen] = []
    for ping in wanted.pings:
        stands = standing(where, ping.recorded_at, wanted.digest)
        counts[stands] += 1
        if stands is Standing.REPEATED:
            continue
        happened: list[Transition] = []
        if stands is Standing.ACCEPTED:
            where, happened = _step(where, ping, upload, world, covering[_place(ping)])
        if (ping.accuracy_meters or 0.0) <= WORST_ACCURACY:
            fixes.append(Seen(ping.recorded_at, covering[_place(ping)]))
        newest, recent = remember(where, ping.recorded_at)
        where = replace(where, recorded_at=newest, recent=recent)
        transitions += happened
        occasions += [_occasion(one, ping) for one in happened if one.reason is None]
    if where is not before:
        batch = wanted.digest or where.batch
        fold.devices[upload.device_id] = replace(where, batch=batch)
        fold.visit(upload.device_id, fixes)
    fold.happen(upload.device_id, transitions, world.catalog)
    fold.decide(upload.device_id, occasions, world)
    return Taken(
        accepted=counts[Standing.ACCEPTED],
        late=counts[Standing.LATE],
        repeated=counts[Standing.REPEATED],
        rejected=tuple(
            sorted((*upload.refused, *wanted.refused), key=lambda one: one.index)
        ),
        transitions=tuple(transitions),
        inside=tuple(sorted(where.presences)),
    )


def _step(
    where: Whereabouts,
    ping: Ping,
    upload: Upload,
    world: World,
    covering: tuple[ZoneId, ...],
) -> tuple[Whereabouts, list[Transition]]:
    """Advance a device by one ping; nothing is measured where nothing can change."""
    cell = cell_of(_point(ping), CELL_RESOLUTION)
    index = world.catalog.zones
    is_near = world.catalog.has_approaches or bool(where.approaches)
    if not is_near and _stays(where, ping, covering, index):
        return replace(where, cell=cell), []
    held = where.presences.keys() | where.approaches.keys()
    near: Mapping[ZoneId, Nearness] = index.nearness(_point(ping), held)
    zones = {
        zone_id: zone
        for zone_id in (*near, *where.presences)
        if (zone := world.catalog.zone(zone_id)) is not None
    }
    whose = f"{upload.customer.customer_id}\n{upload.device_id}"
    fix = Fix(ping.recorded_at, ping.accuracy_meters)
    presences, happened = advance(where, fix, near, zones, whose)
    approaches, nearer = draw_near(where.approaches, fix, near, zones, presences, whose)
    where = replace(where, cell=cell, presences=presences, approaches=approaches)
    return where, [*happened, *nearer]


def _stays(
    where: Whereabouts, ping: Ping, covering: tuple[ZoneId, ...], index: ZoneIndex
) -> bool:
    """Whether a device is in the very zones it was in, firmly, and none is due."""
    if where.presences.keys() != set(covering):
        return False
    return all(
        presence.outside == 0
        and (zone := index.get(zone_id)) is not None
        and not has_dwelt(presence, zone, ping.recorded_at)
        for zone_id, presence in where.presences.items()
    )


def _covering(uploads: Sequence[Upload], catalog: Catalog) -> Covered:
    """The enabled zones that cover each place of the batch, asked for in one call."""
    places = sorted({_place(ping) for one in uploads for _, ping in one.pings})
    if not places:
        return {}
    lons, lats = np.array(places, dtype=np.float64).T
    offsets, numbers = catalog.zones.covering(lons, lats)
    return {
        place: tuple(
            zone.zone_id
            for number in numbers[offsets[at] : offsets[at + 1]]
            if (zone := catalog.zones.zone(number)).enabled
        )
        for at, place in enumerate(places)
    }


def _occasion(one: Transition, ping: Ping) -> Occasion:
    return Occasion(
        one.kind, one.zone_id, str(one.visit_id), ping.recorded_at, _point(ping)
    )


def _place(ping: Ping) -> Place:
    return ping.longitude, ping.latitude


def _point(ping: Ping) -> Point:
    return Point(longitude=ping.longitude, latitude=ping.latitude)
