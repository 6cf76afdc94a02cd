"""The hot path, end to end: match, advance, decide, for a batch of uploads.

Pure: what is known goes in, what is to be written comes out. Nothing is asked in
between, so the same input always gives the same output, in the same order.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from geopush.core.change import Answer, Change, Evaluation, NotPermitted, Taken, Upload
from geopush.core.customer import Purpose, has_consent
from geopush.core.fold import Fold
from geopush.core.intake import Standing, sort, stand
from geopush.core.known import KnownOf
from geopush.core.matching import NOWHERE, Matched, match, numbers_of
from geopush.core.occasion import World
from geopush.core.ping import CustomerKey
from geopush.core.presence import WORST_ACCURACY, Whereabouts
from geopush.core.quiet import pass_quietly
from geopush.core.visit import Seen
from geopush.core.walk import Walk


def evaluate(
    uploads: Sequence[Upload], known: KnownOf, world: World, now: datetime
) -> Evaluation:
    """Say what is to be written of each customer, and what to answer to each upload.

    ``known`` must hold every customer of ``uploads``, with the device on them.
    """
    matched = match(uploads, world.catalog.zones)
    often = Counter([one.customer for one in uploads])
    folds: dict[CustomerKey, Fold] = {}
    changes: dict[CustomerKey, Change | None] = {}
    answers: list[Answer] = []
    for upload, number in zip(uploads, numbers_of(uploads), strict=True):
        customer = upload.customer
        if often[customer] == 1:
            passed = pass_quietly(
                upload, known[customer], world.catalog, matched, number, now
            )
            if passed is not None:
                changes[customer] = passed.change
                answers.append(passed.answer)
                continue
        if customer not in folds:
            folds[customer] = Fold(known[customer], now)
            changes[customer] = None
        answers.append(take(upload, folds[customer], world, matched, number))
    kept = world.tallies_kept
    changes |= {customer: fold.change(kept) for customer, fold in folds.items()}
    told = tuple(one for one in changes.values() if one is not None)
    return Evaluation(told, tuple(answers))


def take(
    upload: Upload, fold: Fold, world: World, matched: Matched, number: int
) -> Answer:
    """Walk a device through its upload, then decide about what happened."""
    profile = fold.profile
    if not has_consent(profile.consents, Purpose.LOCATION, fold.now):
        return NotPermitted()
    device_id = upload.device_id
    wanted = sort(upload.pings, profile.devices[device_id], profile, fold.now)
    where = fold.devices.get(device_id, Whereabouts())
    standings = stand(where, [ping.recorded_at for _, ping in wanted.pings])
    walk = Walk(where, upload, world.catalog, matched, number)
    fixes: list[Seen] = []
    for (place, ping), stands in zip(wanted.pings, standings.each, strict=True):
        if stands is Standing.REPEATED:
            continue
        if stands is Standing.ACCEPTED:
            walk.step(place, ping)
        if (ping.accuracy_meters or 0.0) <= WORST_ACCURACY:
            zones = matched.zones.get(number + place, NOWHERE)
            fixes.append(Seen(ping.recorded_at, zones))
    repeated = standings.count(Standing.REPEATED)
    if repeated < len(wanted.pings):
        fold.devices[device_id] = replace(
            walk.whereabouts(),
            recorded_at=standings.recorded_at,
            recent=standings.recent,
            batch=standings.batch,
        )
        fold.visit(device_id, fixes)
    fold.happen(device_id, walk.transitions, world.catalog)
    fold.decide(device_id, walk.occasions, world)
    return Taken(
        accepted=standings.count(Standing.ACCEPTED),
        late=standings.count(Standing.LATE),
        repeated=repeated,
        rejected=tuple(
            sorted((*upload.refused, *wanted.refused), key=lambda one: one.index)
        ),
        transitions=tuple(walk.transitions),
        inside=tuple(sorted(walk.presences)),
    )
