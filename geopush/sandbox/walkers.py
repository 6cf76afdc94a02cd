"""People of the sample city: who they are, what they agreed to, where a day takes them.

The same seed always gives the same people, and one more never changes the others.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from msgspec import Struct, field

from geopush.sandbox.city import City
from geopush.sandbox.days import Borough, plan_day
from geopush.sandbox.tracks import Fix

TIMEZONE = "America/New_York"
SHARE_BY_BOROUGH = {
    "Manhattan": 0.55,
    "Brooklyn": 0.2,
    "Queens": 0.13,
    "Bronx": 0.09,
    "Staten Island": 0.03,
}
TOPICS = {
    "ice_cream": 0.7,
    "lunch": 0.5,
    "coffee": 0.5,
    "rewards": 0.5,
    "guidance": 0.4,
}
# Some phones post at once; most spare the battery and post several fixes together.
HOLDS_SECONDS = (0, 120, 300, 300, 420, 420, 420, 420, 420, 1800)


class Window(Struct, frozen=True):
    """The time in which messages are counted."""

    rolling: str


class MaxMessages(Struct, frozen=True):
    """How many messages a customer wants at most."""

    limit: int
    window: Window


class QuietHours(Struct, frozen=True):
    """When a customer wants no messages, by the clock where they are."""

    start: str = field(name="from")
    end: str = field(name="to")


class Preferences(Struct, frozen=True, omit_defaults=True):
    """What a customer wants to hear of, as the API takes it."""

    topics: dict[str, bool]
    muted_zones: tuple[str, ...]
    max_messages: MaxMessages | None = None
    quiet_hours: QuietHours | None = None


class Walker(Struct, frozen=True):
    """One person with a phone, and the day they are going to have."""

    device_id: str
    device_secret: str
    customer_id: str
    platform: str
    address: str
    language: str
    timezone: str
    consents: dict[str, bool]
    preferences: Preferences
    track: tuple[Fix, ...]
    holds: timedelta


class Upload(Struct, frozen=True):
    """The fixes a phone posts together, and when it does."""

    at: datetime
    fixes: tuple[Fix, ...]


def plan_walks(
    city: City, seed: int, count: int, start: datetime, end: datetime
) -> list[Walker]:
    """So many people and their day; lunch is after a quarter of it."""
    boroughs = {name: Borough(city, name) for name in SHARE_BY_BOROUGH}
    walkers = []
    for number in range(count):
        rng = Random(f"{seed}/{number}")
        borough = _pick_borough(rng, boroughs)
        walkers.append(_walker(rng, number, plan_day(rng, borough, start, end)))
    return walkers


def uploads(walker: Walker) -> list[Upload]:
    """What the phone posts when; it holds fixes back for as long as the walker says."""
    posts: list[Upload] = []
    held: list[Fix] = []
    for fix in walker.track:
        if held and fix.at >= held[0].at + walker.holds:
            posts.append(Upload(held[0].at + walker.holds, tuple(held)))
            held = []
        held.append(fix)
    if held:
        posts.append(Upload(held[0].at + walker.holds, tuple(held)))
    return posts


def _pick_borough(rng: Random, boroughs: Mapping[str, Borough]) -> Borough:
    names, shares = list(SHARE_BY_BOROUGH), list(SHARE_BY_BOROUGH.values())
    return boroughs[rng.choices(names, shares)[0]]


def _walker(rng: Random, number: int, track: list[Fix]) -> Walker:
    platform = "ios" if rng.random() < 0.55 else "android"
    return Walker(
        device_id=str(UUID(int=rng.getrandbits(128), version=4)),
        device_secret=urlsafe_b64encode(rng.randbytes(32)).rstrip(b"=").decode(),
        customer_id=f"customer-{number:04}",
        platform=platform,
        address=_address(rng, platform),
        language="es" if rng.random() < 0.2 else "en",
        timezone=TIMEZONE,
        consents=_consents(rng),
        preferences=_preferences(rng),
        track=tuple(track),
        holds=timedelta(seconds=rng.choice(HOLDS_SECONDS)),
    )


def _address(rng: Random, platform: str) -> str:
    if platform == "ios":
        return rng.randbytes(32).hex()
    instance = urlsafe_b64encode(rng.randbytes(16)).rstrip(b"=").decode()
    return f"{instance}:APA91b{urlsafe_b64encode(rng.randbytes(99)).decode()}"


def _consents(rng: Random) -> dict[str, bool]:
    """Most agreed; some refused, and some were never asked, which is no as well."""
    answers = {
        "location": rng.random() < 0.92,
        "push_marketing": rng.random() < 0.8,
        "push_service": True,
    }
    if not answers["push_marketing"] and rng.random() < 0.5:
        del answers["push_marketing"]
    return answers


def _preferences(rng: Random) -> Preferences:
    topics = {topic: rng.random() < share for topic, share in TOPICS.items()}
    wants_few = rng.random() < 0.25
    quiet = rng.choices(
        [None, QuietHours("19:00", "10:30"), QuietHours("12:00", "14:00")], [75, 15, 10]
    )
    return Preferences(
        topics=topics,
        muted_zones=(),
        max_messages=MaxMessages(1, Window("PT24H")) if wants_few else None,
        quiet_hours=quiet[0],
    )
