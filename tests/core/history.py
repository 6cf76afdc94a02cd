"""A random day of some customers, always the same for the same seed.

Run as a program it prints the digest of the day: ``python -m tests.core.history SEED``.
"""

import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

from geopush.core.change import Change, Upload
from geopush.core.customer import Preferences
from geopush.core.digest import Digest
from geopush.core.evaluate import evaluate
from geopush.core.known import DeviceProfile, Known, Profile, State
from geopush.core.message import Platform
from geopush.core.occasion import World
from geopush.core.offer import Offer
from geopush.core.ping import CustomerKey, DeviceId, Ping, customer_key
from geopush.core.schedule import QuietHours
from geopush.core.weather import Observation, Weather
from tests.core.world import NOON, a_world, a_zone, an_offer, consents
from zones import Point, Zone

TAGS = ("restaurant", "bar", "shop")
TOPICS = ("ice_cream", "coffee", "news", "rewards")
STEP = 0.0015  # degrees: some zones overlap, most do not


Batch = tuple[World, tuple[Change, ...]]


@cache
def day(seed: int) -> tuple[Batch, ...]:
    """The changes of each batch of a day, and the world they were made in."""
    return tuple(_play(seed, batches=30))


def _play(seed: int, batches: int) -> Iterator[Batch]:
    dice = random.Random(seed)
    zones = [_zone(dice, number) for number in range(9)]
    offers = [_offer(dice, number) for number in range(12)]
    known = {one.customer: one for one in (_customer(dice, n) for n in range(8))}
    now, sky = NOON, Weather({}, radius_km=25)
    for _ in range(batches):
        now += timedelta(seconds=dice.randint(20, 600))
        if dice.random() < 0.3:
            sky = sky.with_newer([_observation(dice, now)])
        world = a_world(zones, offers, sky)
        found = evaluate(_uploads(dice, known, now), known, world, now)
        yield world, found.changes
        for one in found.changes:
            before = known[one.known.customer]
            known[one.known.customer] = Known(
                before.customer, before.version + 1, one.state, before.profile
            )


def digest_of(seed: int) -> str:
    """The digest of a day."""
    digest = Digest()
    for _, changes in day(seed):
        for one in changes:
            digest.add((*one.happened, *one.decided, *one.messages))
    return digest.text()


def _zone(dice: random.Random, number: int) -> Zone:
    place = Point(
        longitude=4.9 + number % 3 * STEP, latitude=52.37 + number // 3 * STEP
    )
    more: dict[str, object] = {"dwell_seconds": 120} if dice.random() < 0.5 else {}
    if dice.random() < 0.3:
        more["approach_meters"] = 80
    tags = sorted(dice.sample(TAGS, dice.randint(1, 3)))
    return a_zone(f"zone-{number}", place, tags=tags, name=f"Nr {number}", **more)


def _offer(dice: random.Random, number: int) -> Offer:
    on = dice.sample(["enter", "dwell", "exit", "approach"], dice.randint(1, 3))
    changed: dict[str, object] = {
        "priority": dice.randint(0, 3) * 30,
        "status": dice.choice(["live", "live", "live", "shadow"]),
        "category": dice.choice(["promo", "reward", "service"]),
        "trigger": {"on": on, "zones": {"tags": [dice.choice(TAGS)]}},
        "audience": {"topics": sorted(dice.sample(TOPICS, 2))},
    }
    if dice.random() < 0.5:
        changed["conditions"] = {"attributes.points": {"gte": dice.randint(0, 9)}}
    if dice.random() < 0.3:
        changed["schedule"] = {"between": ["09:00", "18:00"]}
    if dice.random() < 0.3:
        changed["quiet"] = "defer"
    if dice.random() < 0.3:
        changed["experiment"] = {"holdout": 0.5}
    if dice.random() < 0.5:
        changed["caps"] = []
        changed["message"] = {
            "title": {"en": "{{ customer.name | default: 'You' }}", "nl": "Hoi"},
            "body": {"en": "{{ attributes.points }} points at {{ zone.name }}"},
        }
    return an_offer(f"offer-{number}", **changed)


def _customer(dice: random.Random, number: int) -> Known:
    phones = {
        DeviceId(f"phone-{number}-{place}"): DeviceProfile(
            app="demo",
            platform=dice.choice(list(Platform)),
            timezone=dice.choice(["Europe/Amsterdam", "UTC", "Asia/Tokyo"]),
            language=dice.choice(["en", "nl-BE", "fr"]),
            has_address=dice.random() < 0.9,
        )
        for place in range(dice.randint(1, 2))
    }
    given = {one: dice.random() < 0.85 for one in ("push_marketing", "profiling")}
    quiet = QuietHours(from_="22:00", to="07:00") if dice.random() < 0.5 else None
    liked = dict.fromkeys(dice.sample(TOPICS, 2), True)
    profile = Profile(
        consents=consents(**given),
        preferences=Preferences(topics=liked, quiet_hours=quiet),
        attributes={"points": dice.randint(0, 9)} if dice.random() < 0.8 else {},
        devices=phones,
    )
    return Known(customer_key(f"customer-{number}"), 1, State(), profile)


def _observation(dice: random.Random, now: datetime) -> Observation:
    return Observation(
        longitude=4.9,
        latitude=52.37,
        observed_at=now,
        temperature_c=dice.choice([None, 15.0, 21.9, 22.0, 30.0]),
    )


def _uploads(
    dice: random.Random, known: dict[CustomerKey, Known], now: datetime
) -> list[Upload]:
    uploads = []
    for key in dice.sample(sorted(known), dice.randint(1, 4)):
        for device_id in sorted(known[key].profile.devices):
            pings = [
                Ping(
                    latitude=52.37 + dice.uniform(-0.5, 2.5) * STEP,
                    longitude=4.9 + dice.uniform(-0.5, 2.5) * STEP,
                    recorded_at=now - timedelta(seconds=dice.randint(0, 60)),
                    accuracy=dice.choice([5.0, 20.0, None]),
                )
                for _ in range(dice.randint(1, 3))
            ]
            uploads.append(Upload(device_id, key, tuple(enumerate(pings))))
    return uploads


if __name__ == "__main__":
    sys.stdout.write(digest_of(int(sys.argv[1])) + "\n")
