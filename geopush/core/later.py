"""Later: what is remembered of a candidate that waits, and what it comes back as."""

from datetime import datetime

from geopush.core.change import Decided
from geopush.core.context import last_point
from geopush.core.deferred import Deferred
from geopush.core.occasion import Occasion
from geopush.core.presence import Kind, Whereabouts


def put_off(row: Decided, due: datetime, occasion: Occasion) -> Deferred:
    """Return what is to be remembered of a candidate until it is due."""
    return Deferred(
        decision_id=row.decision_id,
        due=due,
        deferred_at=row.at,
        device_id=row.device_id,
        offer_id=row.offer_id,
        zone_id=row.zone_id,
        kind=occasion.kind,
        key=occasion.key,
        recorded_at=occasion.recorded_at,
    )


def occasion_again(one: Deferred, where: Whereabouts, now: datetime) -> Occasion:
    """Return the occasion as it is now: the same one, if it is still so.

    Whoever came must be there still, and have been seen lately; whoever left must not
    be back, and their leaving grows no older while it waits.
    """
    inside = one.zone_id in where.presences
    is_exit = one.kind == Kind.EXIT
    still = inside is not is_exit
    if one.kind == Kind.APPROACH:
        still = inside or one.zone_id in where.approaches
    grown = one.recorded_at + (now - one.deferred_at)
    return Occasion(
        kind=one.kind,
        zone_id=one.zone_id,
        key=one.key,
        recorded_at=one.recorded_at,
        point=last_point(where),
        offer_id=one.offer_id,
        still=still,
        seen_at=grown if is_exit else where.recorded_at,
    )
