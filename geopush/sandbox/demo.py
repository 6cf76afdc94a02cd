"""The story that the demo plays: a warm day in the city, told over HTTP alone.

Zones, offers and weather go in, phones register and post where they are, the clock is
stepped a little at a time; then all that came of it is read back.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from msgspec import Struct

from geopush.sandbox.city import City, read_city
from geopush.sandbox.city.hours import Observation
from geopush.sandbox.clock import SteppedClock
from geopush.sandbox.desk import GEOJSON, Desk
from geopush.sandbox.phones import Phone, Stage
from geopush.sandbox.story import (
    Decision,
    Inbox,
    Message,
    Posted,
    Reported,
    Story,
)
from geopush.sandbox.terms import NEW_YORK
from geopush.sandbox.walkers import Upload, plan_walks, uploads

START = datetime(2023, 5, 31, 10, tzinfo=ZoneInfo(NEW_YORK))
END = START + timedelta(hours=8)
STEP = timedelta(minutes=2)  # long enough for the pings of many to come together
WALKERS = 200
CONNECTIONS = 32

Settle = Callable[[], Awaitable[None]]
Progress = Callable[[int, int, str], None]


async def play(
    stage: Stage,
    clock: SteppedClock,
    *,
    seed: int = 7,
    walkers: int = WALKERS,
    settle: Settle,
    progress: Progress,
) -> Story:
    """Play the day from start to end and return what came of it.

    ``settle`` returns once everything decided so far is delivered; ``progress`` hears
    how many pings of how many were posted, and a few words.
    """
    city = read_city()
    async with ClientSession(
        connector=TCPConnector(limit=CONNECTIONS), cookie_jar=DummyCookieJar()
    ) as session:
        desk = Desk(session, stage)
        progress(0, 1, "uploading zones and offers")
        await _furnish(desk, city)
        people = plan_walks(city, seed, walkers, START, END)
        phones = [Phone(one, stage=stage, session=session) for one in people]
        await asyncio.gather(*map(_introduce, phones))
        day = _Day(city, phones, desk)
        await day.play(clock, settle, progress)
        decisions = desk.pages("crm", "/v1/decisions", Decision)
        messages = desk.pages("crm", "/v1/messages", Message)
        return Story(
            city=city,
            walkers=tuple(people),
            weather=tuple(day.weather),
            uploads=tuple(day.posted),
            decisions=tuple([one async for one in decisions]),
            messages=tuple([one async for one in messages]),
            phones=(await desk.inbox(_Inboxes)).phones,
        )


class _Inboxes(Struct):
    phones: tuple[Inbox, ...]


class _Observations(Struct):
    observations: Sequence[Observation]


class _Day:
    """The day as far as it was played."""

    def __init__(self, city: City, phones: Sequence[Phone], desk: Desk) -> None:
        self.weather: list[Reported] = []
        self.posted: list[Posted] = []
        self._desk = desk
        self._hours = deque(
            one for one in city.observations if START <= one.observed_at <= END
        )
        self._plan = _by_step(phones)
        self._sent = 0
        self._pings = sum(len(phone.walker.track) for phone in phones)

    async def play(
        self, clock: SteppedClock, settle: Settle, progress: Progress
    ) -> None:
        """Step the clock to each moment at which something is due, and do that."""
        for now in sorted({*self._plan, *(one.observed_at for one in self._hours)}):
            clock.move_to(now)
            await self._report(now)
            due = self._plan.get(now, {})
            await asyncio.gather(*(self._post(*one, now) for one in due.items()))
            if due:
                await settle()
            progress(self._sent, self._pings, self._words(now))

    async def _report(self, now: datetime) -> None:
        """Tell the weather of each hour that has begun."""
        while self._hours and self._hours[0].observed_at <= now:
            one = self._hours.popleft()
            body = msgspec.json.encode(_Observations([one]))
            await self._desk.send("weather", "POST", "/v1/weather", body)
            self.weather.append(Reported(now, one))

    async def _post(self, phone: Phone, due: Sequence[Upload], now: datetime) -> None:
        """Post what a phone has, in its order."""
        for upload in due:
            answer = await phone.post(upload.fixes)
            whose = phone.walker.customer_id
            self.posted.append(Posted(whose, now, len(upload.fixes), answer))
            self._sent += len(upload.fixes)

    def _words(self, now: datetime) -> str:
        celsius = self.weather[-1].observation.temperature_c
        return f"{now.astimezone(START.tzinfo):%H:%M}, {celsius:.0f} °C"


async def _furnish(desk: Desk, city: City) -> None:
    """Upload the zones and the offers."""
    merge = "/v1/zones/import?mode=merge"
    for document in (city.zones_document, city.districts_document):
        await desk.send("manager", "POST", merge, document, GEOJSON)
    for offer_id, offer in city.offers.items():
        await desk.send("marketer", "PUT", f"/v1/offers/{offer_id}", bytes(offer))


async def _introduce(phone: Phone) -> None:
    await phone.register()
    await phone.prefer()


def _by_step(phones: Sequence[Phone]) -> dict[datetime, dict[Phone, list[Upload]]]:
    """What is due at each step of the clock, by phone, each phone's in order."""
    plan: defaultdict[datetime, dict[Phone, list[Upload]]] = defaultdict(dict)
    for phone in phones:
        for upload in uploads(phone.walker):
            steps = -((START - upload.at) // STEP)
            plan[START + steps * STEP].setdefault(phone, []).append(upload)
    return plan
