"""When a fix cannot make anything happen, so that nothing need be measured.

That is so where no zone covers it and the device is in none, and where it is inside the
very zones it was in, firmly, and none of them has waited long enough for a dwell.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from geopush.core.presence import Presence
from zones import ZoneId, ZoneIndex

EVER = datetime.max.replace(tzinfo=UTC)


def steady_until(
    presences: Mapping[ZoneId, Presence], index: ZoneIndex
) -> datetime | None:
    """Return until when nothing happens to a device that stays in these zones.

    None if the next fix may make something happen wherever it is.
    """
    until = EVER
    for zone_id, presence in presences.items():
        zone = index.get(zone_id)
        if zone is None or presence.outside:
            return None
        if zone.dwell_seconds is not None and not presence.dwelt:
            until = min(until, presence.since + timedelta(seconds=zone.dwell_seconds))
    return until


def stays(presences: Mapping[ZoneId, Presence], zones: tuple[ZoneId, ...]) -> bool:
    """Tell whether these zones are the very ones that a device was in."""
    if not presences:
        return not zones
    return len(zones) == len(presences) and all(one in presences for one in zones)
