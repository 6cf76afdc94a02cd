"""Match, advance and decide, without a database: a ping, and one full decision."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import msgspec
from msgspec.structs import replace

from benchmarks.data import make_zones
from benchmarks.kernel import load
from benchmarks.report import Goal, Table
from benchmarks.walkers import DEVICES, GAP, START, Places, customer
from geopush.bench.contest import Contender, Measures, compete
from geopush.bench.rounds import Rounds
from geopush.core.catalog import Catalog
from geopush.core.change import Taken, Upload
from geopush.core.evaluate import evaluate
from geopush.core.known import Known
from geopush.core.occasion import World
from geopush.core.offer import Offer, parse_offer
from geopush.core.ping import CustomerKey, DeviceId, Ping, customer_key
from geopush.core.presence import Whereabouts
from geopush.core.weather import Weather
from zones import ZoneIndex, build_index

ZONES, TAGS, OFFERS = 10_000, 20, 20  # offers for each tag
CANDIDATES = 5  # offers that one decision is between
FLUSH = 128
WAYS = {  # pings an upload
    "nothing changes, 1 an upload": 1,
    "nothing changes, 100 an upload": 100,
}
LOOP, TURNS, DECISION = "the loop's step", "5 % transitions", "one decision"
COLUMNS = ("what", "us", "x the loop's step")
MEANING = f"""\
- **what**: `evaluate` for {ZONES:,} city zones with one of {TAGS} tags each and
  {OFFERS} offers for each tag, {FLUSH} uploads (or 40 of 100 pings) a batch. In
  `{TURNS}` as many pings make a device enter or leave a zone, and every offer of the
  zone's tag is decided about. `{DECISION}` is what it costs more that a ping enters a
  zone with {CANDIDATES} candidate offers than with none. `{LOOP}` is a bare Python loop
  over the same structs: for each upload it takes the customer's row and the device's
  last fix, for each ping it reads place and time, compares, and makes the struct that
  says where the device is; for each upload it makes an answer.
- **us**: microseconds of CPU a ping, or a decision.
- **x the loop's step**: the same over that of the loop's step with one ping an upload;
  less is better.
"""


def run(quick: bool) -> list[Table]:
    """Measure the core beside a bare loop, in one process each."""
    seconds, rounds = (0.05, 1) if quick else (0.4, 9)
    scores = compete({"core": partial(open_core, seconds)}, rounds, hurry=quick)["core"]
    names = [*WAYS, TURNS, DECISION, LOOP]
    times = {name: Rounds(scores.of(name)) for name in names}
    ratios = {
        name: Rounds(
            [mine / step for mine, step in zip(times[name], times[LOOP], strict=True)]
        )
        for name in names
    }
    rows = [[name, times[name], ratios[name]] for name in names]
    single = next(iter(WAYS))
    goals = [
        Goal("a ping that changes nothing", 15, 5, ratios[single], less=True),
        Goal(
            f"a decision of {CANDIDATES} offers", 300, 100, ratios[DECISION], less=True
        ),
    ]
    note = "One process, one core, no database."
    return [Table("evaluate: the core", note, COLUMNS, rows, MEANING, goals)]


class Town:
    """Customers in memory, and what they send."""

    def __init__(self) -> None:
        every = [
            replace(zone, tags=(f"tag-{number % TAGS}",))
            for number, zone in enumerate(make_zones("city", ZONES))
        ]
        self._index = build_index(every, kernel=load())
        offers = [
            an_offer(f"offer-{tag}-{number}", f"tag-{tag}")
            for tag in range(TAGS)
            for number in range(OFFERS)
        ]
        self.busy = a_world(self._index, offers)
        self.silent = a_world(self._index, [])
        self.few = a_world(
            self._index,
            [one for one in offers if int(one.offer_id.split("-")[2]) < CANDIDATES],
        )
        self.places = Places(self.busy)
        keys = [customer_key(f"walker-{number}") for number in range(DEVICES)]
        self.known = {key: customer(key, 1) for key in keys}
        self._turn = 0
        self.now = START

    def batch(self, size: int, where: str) -> list[Upload]:
        """Return uploads of the next devices, later than all before them."""
        count = FLUSH if size == 1 else 40
        self.now += timedelta(seconds=size * GAP)
        keys = list(self.known)[self._turn :][:count]
        self._turn = self._turn + count if self._turn + 2 * count < DEVICES else 0
        return [self._upload(key, size, where) for key in keys]

    def _upload(self, key: CustomerKey, size: int, where: str) -> Upload:
        pings = []
        for before in reversed(range(size)):
            lon, lat = getattr(self.places, where)()
            at = self.now - timedelta(seconds=GAP * before)
            pings.append(Ping(lat, lon, at, 10.0))
        return Upload(DeviceId(key.customer_id), key, tuple(enumerate(pings)))

    def take(self, uploads: list[Upload], world: World, *, keep: bool) -> float:
        """Evaluate uploads and, if wanted, keep what came of them; return the CPU."""
        started = time.thread_time()
        made = evaluate(uploads, self.known, world, self.now)
        spent = time.thread_time() - started
        if keep:
            for one in made.changes:
                row = Known(one.known.customer, 1, one.state, one.known.profile)
                self.known[one.known.customer] = row
        return spent


def an_offer(offer_id: str, tag: str) -> Offer:
    """Return an offer for whoever enters a zone with a tag."""
    document = {
        "name": offer_id,
        "category": "promo",
        "status": "live",
        "trigger": {"any": [{"on": ["enter"], "zones": {"tags": [tag]}}]},
        "caps": [{"scope": "offer", "limit": 3, "window": {"rolling": "PT24H"}}],
        "message": {
            "title": {"en": "Welcome"},
            "ttl_seconds": 2700,
            "body": {"en": "Good to see you at {{ zone.name }}"},
        },
    }
    made = parse_offer(offer_id, msgspec.json.encode(document))
    assert isinstance(made, Offer), made
    return made


def a_world(index: ZoneIndex, offers: list[Offer]) -> World:
    """Return a world with these offers, and no weather."""
    return World(Catalog(1, index, tuple(offers)), Weather({}, radius_km=25))


def loop(uploads: list[Upload], known: dict[CustomerKey, Known]) -> list[Taken]:
    """Go over the same structs with nothing decided: what Python itself takes."""
    answers = []
    for upload in uploads:
        row = known[upload.customer]
        where = row.state.devices[upload.device_id]
        taken = 0
        for _, ping in upload.pings:
            lon, lat, at = ping.longitude, ping.latitude, ping.recorded_at
            if (
                -180 <= lon <= 180
                and -90 <= lat <= 90
                and (where.recorded_at is None or at > where.recorded_at)
            ):
                where = Whereabouts(at, where.cell, where.presences)
                taken += 1
        answers.append(Taken(taken, 0, 0, (), (), tuple(where.presences)))
    return answers


class Measured:
    """A town, and how long is measured each time."""

    def __init__(self, town: Town, seconds: float) -> None:
        self._town = town
        self._seconds = seconds

    def pings(self, size: int, where: str) -> float:
        """Return the microseconds of a ping, so many an upload."""
        done, spent = 0, 0.0
        while spent < self._seconds:
            uploads = self._town.batch(size, where)
            spent += self._town.take(uploads, self._town.busy, keep=True)
            done += size * len(uploads)
        return 1e6 * spent / done

    def decision(self) -> float:
        """Return the microseconds that a decision adds to entering a zone."""
        for _ in range(3 * DEVICES // FLUSH):  # first everybody out of all zones
            outside = self._town.batch(1, "outside")
            self._town.take(outside, self._town.silent, keep=True)
        done, spent = 0, 0.0
        while spent < self._seconds:
            uploads = self._town.batch(1, "inside")
            bare = self._town.take(uploads, self._town.silent, keep=False)
            spent += self._town.take(uploads, self._town.few, keep=False) - bare
            done += len(uploads)
        return 1e6 * spent / done

    def step(self) -> float:
        """Return the microseconds of the bare loop's step."""
        done, spent = 0, 0.0
        while spent < self._seconds / 2:
            uploads = self._town.batch(1, "outside")
            started = time.thread_time()
            loop(uploads, self._town.known)
            spent += time.thread_time() - started
            done += len(uploads)
        return 1e6 * spent / done


@contextmanager
def open_core(seconds: float) -> Iterator[Contender]:
    """Let everybody be seen once, and measure for so many seconds each."""
    town = Town()
    for _ in range(DEVICES // FLUSH):
        town.take(town.batch(1, "outside"), town.busy, keep=True)
    gc.freeze()  # as the service does once all is loaded
    measured = Measured(town, seconds)

    def measure() -> Measures:
        measures = {name: measured.pings(n, "outside") for name, n in WAYS.items()}
        measures[TURNS] = measured.pings(1, "next")
        return measures | {DECISION: measured.decision(), LOOP: measured.step()}

    yield Contender({}, measure)
