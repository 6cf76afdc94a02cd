"""A service without a server, by a clock in the hand: pings in, messages out."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from geopush.core.change import Taken, Upload
from geopush.core.device import Device
from geopush.core.message import (
    Address,
    AddressKind,
    Environment,
    Message,
    Objection,
    Outcome,
    Platform,
)
from geopush.core.occasion import World
from geopush.core.ping import DeviceId, Ping, customer_key
from geopush.core.token import TokenRing
from geopush.flows.deliver import Deliver
from geopush.flows.ingest import Ingest
from geopush.flows.lane import Means
from geopush.metrics import Metrics
from geopush.push.apns import ApnsAccount, ApnsGateway
from geopush.push.apns_token import SigningKey
from geopush.push.fcm import FcmGateway
from geopush.push.fcm_token import FcmAccount
from geopush.push.gateway import Deadlines, LastLook
from geopush.push.gateway import Gateway as Way
from geopush.push.throttle import Pace
from geopush.sandbox import Sandbox
from geopush.store import customers, devices
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.core.world import FAR, HERE, a_customer, a_world, a_zone, an_offer
from tests.faults.doorway import Doorway

# Messages do not outlive a storm of five minutes.
TTL = timedelta(minutes=4)
PLACES = {"at_most_once": HERE, "at_least_once": FAR}
ROUNDS = 100  # batches that one step may need at most


class Watched:
    """A gateway, and a list of what was tried on it, and when by the story's time."""

    def __init__(self, gateway: Way, clock: HandClock) -> None:
        self._gateway = gateway
        self._clock = clock
        self.tries: list[tuple[datetime, Message, Outcome]] = []

    async def send(self, message: Message, last_look: LastLook) -> Outcome:
        """Send, and write it down if we ourselves had nothing against it."""
        outcome = await self._gateway.send(message, last_look)
        if not isinstance(outcome, Objection):
            self.tries.append((self._clock(), message, outcome))
        return outcome

    async def close(self) -> None:
        """Close the gateway."""
        await self._gateway.close()


class Coast:
    """Customers who come to a place and are told of ice cream there."""

    def __init__(self, pool: Pool, clock: HandClock, ways: dict[Platform, Way]) -> None:
        self.pool = pool
        self.clock = clock
        self.ways = {name: Watched(way, clock) for name, way in ways.items()}
        self.answers: Counter[type] = Counter()
        self._world = _world()
        self._customers = 0
        began = clock()
        means = Means(
            *(pool, self._latest, clock, Metrics(), TokenRing([b"k" * 32])),
            ticks=lambda: (clock() - began).total_seconds(),
        )
        gateways = {("demo", platform): way for platform, way in self.ways.items()}
        self.deliver = Deliver(means, gateways, Pace())
        self._ingest = Ingest(
            *(pool, lambda: self._world, clock, Metrics()), on_messages=lambda: None
        )

    async def come(self) -> None:
        """Somebody new comes to each place with each kind of phone, and pings."""
        for platform in Platform:
            for place in PLACES.values():
                self._customers += 1
                upload = await self._settle(self._customers, platform)
                here = Ping(place.latitude, place.longitude, self.clock(), 10.0)
                whole = replace(upload, pings=((0, here),))
                self.answers[type(await self._ingest.take(whole))] += 1

    async def send(self) -> None:
        """Send all that is due, and end what is over."""
        for _ in range(ROUNDS):
            if await self.deliver.run_once() == 0:
                break
        else:
            raise AssertionError("the outbox does not come to rest")
        await self.deliver.tend_once()

    async def is_open(self) -> bool:
        """Whether anything is still to be sent."""
        count: int = await self.pool.fetchval(
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'claimed', 'retry')"
        )
        return count > 0

    @property
    def turned_away(self) -> int:
        """How many pings were not answered as ever."""
        return self.answers.total() - self.answers[Taken]

    async def _latest(self) -> World:
        return self._world

    async def _settle(self, number: int, platform: Platform) -> Upload:
        key, phone = customer_key(f"guest-{number}"), DeviceId(f"phone-{number}")
        known = replace(a_customer(), customer=key, version=-1)
        (profile,) = known.profile.devices.values()
        phones = {phone: replace(profile, platform=platform)}
        known = replace(known, profile=replace(known.profile, devices=phones))
        apple = platform is Platform.IOS
        kind = AddressKind.APNS_TOKEN if apple else AddressKind.FCM_TOKEN
        value = f"{number:064x}" if apple else f"phone:{number}"
        address = Address(kind, value, self.clock())
        device = Device(phone, key, "demo", platform, b"", address)
        async with self.pool.acquire() as connection, connection.transaction():
            await customers.save(connection, known)
            await devices.create(connection, device, self.clock())
        return Upload(phone, key, ())


def _world() -> World:
    zones = [
        a_zone(promise, place, tags=[promise]) for promise, place in PLACES.items()
    ]
    offers = [
        an_offer(
            promise,
            delivery=promise,
            trigger={"any": [{"on": ["enter"], "zones": {"tags": [promise]}}]},
            message={
                "title": {"en": "Ice cream"},
                "body": {"en": "At {{ zone.name }}"},
                "ttl_seconds": int(TTL.total_seconds()),
            },
        )
        for promise in PLACES
    ]
    return a_world(zones, offers)


@asynccontextmanager
async def open_coast(
    pool: Pool, folder: Path, deadline: float
) -> AsyncIterator[tuple[Coast, Sandbox, Doorway]]:
    """A coast with stand-ins on it, whose clocks are one."""
    clock = HandClock()
    deadlines = Deadlines(send=timedelta(seconds=deadline))
    async with AsyncExitStack() as stack:
        street = await Sandbox.start(
            folder / "street", apps={"demo": "com.demo"}, clock=clock
        )
        stack.push_async_callback(street.stop)
        door = Doorway(street, folder)
        await stack.enter_async_context(door.open())
        key = SigningKey(street.p8_file.read_text(), street.key_id, street.team_id)
        apple = ApnsGateway(
            ApnsAccount({"demo": "com.demo"}, key),
            urls=dict.fromkeys(Environment, door.url),
            ca_file=door.ca_file,
            clock=clock,
            deadlines=deadlines,
        )
        stack.push_async_callback(apple.close)
        account = FcmAccount(street.project_id, street.service_account_file.read_text())
        google = FcmGateway(
            account, url=street.fcm_url, clock=clock, deadlines=deadlines
        )
        stack.push_async_callback(google.close)
        ways = {Platform.IOS: apple, Platform.ANDROID: google}
        yield Coast(pool, clock, ways), street, door
