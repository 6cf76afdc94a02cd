"""Deciding over a recorded track with no server: what would have been sent, and why.

Pure: the same files always give the same answer. The customer is made up: one phone,
everything agreed to, every topic chosen, unless told otherwise.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from geopush.core.catalog import DECIDING, Catalog
from geopush.core.change import Change, Decided, NewMessage, Taken, Upload
from geopush.core.customer import Consent, Preferences, Purpose
from geopush.core.digest import Digest
from geopush.core.evaluate import evaluate
from geopush.core.known import Attribute, DeviceProfile, Known, Profile, State
from geopush.core.message import Platform
from geopush.core.occasion import World
from geopush.core.offer import Offer, Status, needs_weather
from geopush.core.ping import DeviceId, Ping, customer_key
from geopush.core.presence import Transition
from geopush.core.weather import Observation, Weather
from geopush.flows.simulated import Source, read_offers, read_weather, read_zones
from geopush.flows.tracks import TrackFormat, read_track
from zones import Problem, build_index, time_zone

WHO = customer_key("simulated")
PHONE = DeviceId("simulated-phone")
AGREED_BEFORE = timedelta(days=30)  # the first ping
WEATHER_RADIUS_KM = 25.0


class Files(Struct, frozen=True):
    """What a simulation is made of; without weather every value of it is unknown."""

    zones: Source
    offers: Source
    track: Source
    weather: Source | None = None
    track_format: TrackFormat | None = None


class Assumed(Struct, frozen=True):
    """The customer whose track it might be; ``topics`` None means all there are."""

    timezone: str = "UTC"
    language: str = "en"
    consents: frozenset[Purpose] = frozenset(Purpose)
    topics: frozenset[str] | None = None
    attributes: dict[str, Attribute] = {}
    preferences: Preferences = Preferences()


class Step(Struct, frozen=True):
    """One ping at which something happened, by its number from 1 in order of time."""

    number: int
    ping: Ping
    transitions: tuple[Transition, ...]
    decided: tuple[Decided, ...]
    messages: tuple[NewMessage, ...]


class Simulation(Struct, frozen=True):
    """What a track would have led to."""

    pings: int
    not_taken: int
    steps: tuple[Step, ...]
    zone_names: dict[str, str]
    timezone: str
    digest: str
    notes: tuple[str, ...] = ()


def simulate(
    files: Files,
    assumed: Assumed = Assumed(),  # noqa: B008  a frozen value
) -> Simulation | list[Problem]:
    """Return what the track would have led to, or all that is wrong with the files."""
    problems: list[Problem] = []
    zones = read_zones(files.zones, problems)
    offers = read_offers(files.offers, problems)
    weather = read_weather(files.weather, problems)
    pings = read_track(files.track.body, files.track.name, files.track_format)
    if isinstance(pings, list):
        problems += pings
    if time_zone(assumed.timezone) is None:
        text = f'"{assumed.timezone[:60]}" is no time zone, such as Europe/Amsterdam'
        problems.append(Problem("timezone", "unknown_timezone", text))
    if problems or isinstance(pings, list):
        return problems
    walk = _Walk(Catalog(1, build_index(zones), _tried(offers)), weather, assumed)
    steps = [
        step
        for number, ping in enumerate(pings, 1)
        if (step := walk.step(number, ping)) is not None
    ]
    return Simulation(
        pings=len(pings),
        not_taken=walk.not_taken,
        steps=tuple(steps),
        zone_names={one.zone_id: one.name or one.zone_id for one in zones},
        timezone=assumed.timezone,
        digest=_digest(steps),
        notes=_notes(offers, files, assumed),
    )


class _Walk:
    """The customer as far as they have walked, and the weather known by then."""

    def __init__(
        self, catalog: Catalog, observations: Sequence[Observation], assumed: Assumed
    ) -> None:
        self.not_taken = 0
        self._catalog = catalog
        self._assumed = assumed
        self._weather = Weather({}, radius_km=WEATHER_RADIUS_KM)
        self._to_come = deque(sorted(observations, key=lambda one: one.observed_at))
        self._known: Known | None = None

    def step(self, number: int, ping: Ping) -> Step | None:
        """Take the next ping, at its own time; None if nothing happened."""
        now = ping.recorded_at
        self._observe(now)
        known = self._known or _somebody(self._assumed, self._catalog.offers, now)
        world = World(self._catalog, self._weather, self._assumed.timezone)
        upload = Upload(PHONE, WHO, ((0, ping),))
        found = evaluate((upload,), {WHO: known}, world, now)
        (answer,) = found.answers
        if not isinstance(answer, Taken) or answer.accepted == 0:
            self.not_taken += 1
        changes = found.changes
        self._known = replace(known, state=changes[0].state) if changes else known
        if not changes or not changes[0].happened:
            return None
        return _step(number, ping, changes[0])

    def _observe(self, now: datetime) -> None:
        """Know of the weather what was observed by now."""
        newer = []
        while self._to_come and self._to_come[0].observed_at <= now:
            newer.append(self._to_come.popleft())
        if newer:
            self._weather = self._weather.with_newer(newer)


def _step(number: int, ping: Ping, change: Change) -> Step:
    return Step(
        number=number,
        ping=ping,
        transitions=tuple(one.transition for one in change.happened),
        decided=change.decided,
        messages=change.messages,
    )


def _digest(steps: Sequence[Step]) -> str:
    """One number for all that would have happened, to compare two simulations by."""
    digest = Digest()
    for one in steps:
        digest.add((*one.transitions, *one.decided, *one.messages))
    return digest.text()


def _somebody(assumed: Assumed, offers: Sequence[Offer], now: datetime) -> Known:
    """The made-up customer, who agreed long before the first ping."""
    agreed_at = now - AGREED_BEFORE
    topics = assumed.topics
    if topics is None:
        topics = frozenset(topic for one in offers for topic in one.audience.topics)
    phone = DeviceProfile(
        app=next((app for one in offers for app in one.apps), "demo"),
        platform=Platform.IOS,
        timezone=assumed.timezone,
        language=assumed.language,
        has_address=True,
    )
    profile = Profile(
        consents={
            purpose: Consent(True, agreed_at, agreed_at)
            for purpose in Purpose
            if purpose in assumed.consents
        },
        preferences=replace(
            assumed.preferences, topics=dict.fromkeys(sorted(topics), True)
        ),
        attributes=assumed.attributes,
        devices={PHONE: phone},
        identified=True,
    )
    return Known(WHO, 1, State(), profile)


def _tried(offers: Sequence[Offer]) -> tuple[Offer, ...]:
    """The offers that are considered; a draft is tried as if it were live."""
    live = (
        replace(one, status=Status.LIVE) if one.status is Status.DRAFT else one
        for one in offers
    )
    considered = (one for one in live if one.status in DECIDING)
    return tuple(sorted(considered, key=lambda one: one.offer_id))


def _notes(offers: Sequence[Offer], files: Files, assumed: Assumed) -> tuple[str, ...]:
    """What somebody should know who wonders about the result."""
    notes = []
    for one in offers:
        if one.status is Status.DRAFT:
            notes.append(f"{one.offer_id} is a draft; it is tried as if it were live.")
        elif one.status not in DECIDING:
            notes.append(f"{one.offer_id} is {one.status} and left out.")
    if files.weather is None and any(map(needs_weather, offers)):
        notes.append("No weather is given: offers that ask for it are withheld.")
    if Purpose.LOCATION not in assumed.consents:
        notes.append("Without consent to location no ping is looked at.")
    return tuple(notes)
