"""Devices that walk: now and then into a zone, else where there is none."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from msgspec.structs import replace

from benchmarks.data import make_pings, make_zones
from geopush.core.catalog import Catalog
from geopush.core.change import Answer, Taken, Upload
from geopush.core.customer import Consent, Purpose
from geopush.core.known import DeviceProfile, Known, Profile, State
from geopush.core.message import Platform
from geopush.core.occasion import World
from geopush.core.offer import parse_offer
from geopush.core.ping import CustomerKey, DeviceId, Ping, customer_key
from geopush.core.weather import Weather
from geopush.store import customers
from geopush.store.pool import Pool
from zones import Kernel, build_index

START = datetime(2026, 7, 4, 12, 0, tzinfo=UTC)
DEVICES = 4_096  # each of a customer of its own
MOST = 16_000  # pings a lap
AT_ONCE = 512  # customers written by a statement
GAP = 5  # seconds between the pings of a device, so that all of an upload are fresh
VISITS = 0.025  # of the pings are in a zone; each visit is entered and left
SPEAKING = 0.9  # of the zones have something to say
OFFER = b"""{
    "name": "Welcome", "category": "promo", "status": "live",
    "trigger": {"any": [{"on": ["enter"], "zones": {"tags": ["speaking"]}}]},
    "message": {"title": {"en": "Welcome"}, "ttl_seconds": 2700,
                "body": {"en": "Good to see you at {{ zone.name }}"}}
}"""


def make_world(zones: int, kernel: Kernel | None) -> World:
    """Return a city of so many zones, and an offer at most of them."""
    spoken = int(zones * SPEAKING)
    every = make_zones("city", zones)
    every[:spoken] = [replace(one, tags=("speaking",)) for one in every[:spoken]]
    index = build_index(every, kernel=kernel)
    catalog = Catalog(1, index, (parse_offer("welcome", OFFER),))
    return World(catalog, Weather({}, radius_km=25))


class Places:
    """Where devices are: now and then in a zone, else where there is none."""

    def __init__(self, world: World) -> None:
        index = world.catalog.zones
        places = make_pings("city", 20_000)
        outside = np.diff(index.covering(*places).offsets) == 0
        self._outside = [(x, y) for x, y in np.column_stack(places)[outside].tolist()]
        points = [zone.area.representative_point for zone in index.zones]
        self._inside = [(point.longitude, point.latitude) for point in points]
        self._rng = np.random.default_rng(4)

    def next(self) -> tuple[float, float]:
        """Return a place: longitude, latitude."""
        return self.inside() if self._rng.uniform() < VISITS else self.outside()

    def inside(self) -> tuple[float, float]:
        """Return a place in a zone."""
        return self._inside[self._rng.integers(len(self._inside))]

    def outside(self) -> tuple[float, float]:
        """Return a place where no zone is."""
        return self._outside[self._rng.integers(len(self._outside))]


class Laps:
    """Uploads of all devices in turn, and what came of them; time passes by laps."""

    def __init__(self, zones: int, kernel: Kernel | None = None) -> None:
        self.world = make_world(zones, kernel)
        self.pings = self.transitions = 0
        self._places = Places(self.world)
        self._device = 0
        self._now = START

    def clock(self) -> datetime:
        """Return the end of this lap."""
        return self._now

    def next(self, size: int) -> list[Upload]:
        """Return an upload of so many pings of each of the next devices."""
        self._now += timedelta(seconds=GAP * size)
        return [self._upload(size) for _ in range(min(DEVICES // 4, MOST // size))]

    def count(self, answers: Sequence[Answer]) -> int:
        """Count what came of uploads, and return how many pings were taken."""
        taken = [one for one in answers if isinstance(one, Taken)]
        accepted = sum(one.accepted for one in taken)
        self.pings += accepted
        self.transitions += sum(len(one.transitions) for one in taken)
        return accepted

    def _upload(self, size: int) -> Upload:
        name = f"walker-{self._device}"
        self._device = (self._device + 1) % DEVICES
        pings = (self._ping(GAP * before) for before in reversed(range(size)))
        return Upload(DeviceId(name), customer_key(name), tuple(enumerate(pings)))

    def _ping(self, seconds_ago: int) -> Ping:
        lon, lat = self._places.next()
        return Ping(lat, lon, self._now - timedelta(seconds=seconds_ago), 10.0)


def customer(key: CustomerKey, version: int) -> Known:
    """Return a customer who agreed to everything, with a phone of the same name."""
    yes = Consent(granted=True, at=START, since=START - timedelta(days=100))
    consents = dict.fromkeys(Purpose, yes)
    phone = DeviceProfile("demo", Platform.IOS, "America/New_York", "en", True)
    profile = Profile(consents=consents, devices={DeviceId(key.customer_id): phone})
    return Known(key, version, State(), profile)


async def settle(pool: Pool, kind: str) -> None:
    """Write customers who agreed to everything, each with a phone of the same name."""
    async with pool.acquire() as connection, connection.transaction():
        for first in range(0, DEVICES, AT_ONCE):
            keys = (customer_key(f"{kind}-{first + n}") for n in range(AT_ONCE))
            await customers.save_all(connection, [customer(key, -1) for key in keys])
