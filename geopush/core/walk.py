"""A device walks through its pings: what each made happen, and where it is after all.

Nothing is measured where nothing can change: outside of all zones and approaches, and
inside the very zones the device was in already.
"""

from datetime import UTC, datetime

from msgspec.structs import replace

from geopush.core.approach import draw_near
from geopush.core.catalog import Catalog
from geopush.core.change import Upload
from geopush.core.matching import NOWHERE, Matched
from geopush.core.occasion import Occasion
from geopush.core.ping import Ping
from geopush.core.presence import Fix, Kind, Transition, Whereabouts, advance
from geopush.core.steady import stays, steady_until
from geopush.core.weather import CELL_RESOLUTION
from zones import Point, ZoneId, cell_of

ZONE_CHANGED = "zone_changed"
_EVER = datetime.min.replace(tzinfo=UTC)


class Walk:
    """One device on its way through one upload."""

    def __init__(
        self,
        where: Whereabouts,
        upload: Upload,
        catalog: Catalog,
        matched: Matched,
        number: int,
    ) -> None:
        """``number`` is that of the upload's first ping in the batch."""
        self.transitions: list[Transition] = []
        self.occasions: list[Occasion] = []
        self.presences = where.presences
        self._approaches = where.approaches
        self._where = where
        self._whose = f"{upload.customer.customer_id}\n{upload.device_id}"
        self._catalog = catalog
        self._matched = matched
        self._number = number
        self._walked: list[tuple[int, Ping]] = []
        self._steady = steady_until(where.presences, catalog.zones)

    def step(self, place: int, ping: Ping) -> None:
        """Go on to a ping that is newer than all before it."""
        number = self._number + place
        self._walked.append((number, ping))
        zones = self._matched.zones.get(number, NOWHERE)
        if (
            self._approaches
            or number in self._matched.near
            or self._steady is None
            or ping.recorded_at >= self._steady
            or not stays(self.presences, zones)
        ):
            self._measure(ping)

    def whereabouts(self) -> Whereabouts:
        """Where the device is now."""
        cell = self._where.cell
        if self._walked:
            cell = cell_of(_point(self._walked[-1][1]), CELL_RESOLUTION)
        return replace(
            self._where,
            cell=cell,
            presences=self.presences,
            approaches=self._approaches,
        )

    def _measure(self, ping: Ping) -> None:
        held = self.presences.keys() | self._approaches.keys()
        near = self._catalog.zones.nearness(_point(ping), held)
        zones = {
            zone_id: zone
            for zone_id in (*near, *self.presences)
            if (zone := self._catalog.zone(zone_id)) is not None
        }
        fix = Fix(ping.recorded_at, ping.accuracy_meters)
        presences, happened = advance(
            Whereabouts(presences=self.presences), fix, near, zones, self._whose
        )
        self._approaches, nearer = draw_near(
            self._approaches, fix, near, zones, presences, self._whose
        )
        self.presences = presences
        self._steady = steady_until(presences, self._catalog.zones)
        happened = [self._as_told(one) for one in happened] + nearer
        self.transitions += happened
        self.occasions += [
            _occasion(one, ping) for one in happened if one.reason is None
        ]

    def _as_told(self, one: Transition) -> Transition:
        """An exit from under which the zone was taken is no occasion, and says so."""
        moved = self._catalog.moved.get(one.zone_id)
        if one.kind is not Kind.EXIT or one.reason is not None or moved is None:
            return one
        if self._last_seen_in(one.zone_id) > moved:
            return one
        return replace(one, reason=ZONE_CHANGED)

    def _last_seen_in(self, zone_id: ZoneId) -> datetime:
        """When a fix was in the zone for the last time, as it was then."""
        now = [
            ping.recorded_at
            for number, ping in self._walked
            if zone_id in self._matched.zones.get(number, NOWHERE)
        ]
        before = [one.at for one in self._where.memory.fixes if zone_id in one.zones]
        return max([*now, *before, _EVER])


def _occasion(one: Transition, ping: Ping) -> Occasion:
    return Occasion(
        one.kind, one.zone_id, str(one.visit_id), ping.recorded_at, _point(ping)
    )


def _point(ping: Ping) -> Point:
    return Point(longitude=ping.longitude, latitude=ping.latitude)
