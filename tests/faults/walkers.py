"""Phones that walk from shop to shop and forget no ping until it is acknowledged."""

import asyncio
from datetime import datetime, timedelta

import httpx
from msgspec import Struct

from tests.faults.service import LOOK, Service, now

SHOPS = 6
LAP = (
    "far",
    "far",
    "in",
    "in",
    "far",
    "far",
)  # enters at the third, leaves at the last
ENTERS, LEAVES = 2, 5
# Each has an offer of its name, and every other shop.
PROMISES = ("at_most_once", "at_least_once")

Transition = tuple[str, str, str, datetime]


class Turned(Struct):
    """How often walkers were turned away while something was gone."""

    away: int = 0


class Walker:
    """A phone that goes from shop to shop and forgets no ping."""

    def __init__(self, number: int, start: datetime) -> None:
        self.device_id = f"phone-{number}"
        self.number = number
        self.start = start
        self.steps = 0
        self.expected: set[Transition] = set()
        self.token = ""

    @property
    def platform(self) -> str:
        """Whose gateway its messages take: every other phone's is Google."""
        return "android" if self.number % 2 else "ios"

    @property
    def address(self) -> dict[str, str]:
        """Where its messages go."""
        if self.platform == "ios":
            return {"kind": "apns_token", "value": f"{self.number:064x}"}
        return {"kind": "fcm_token", "value": f"token:{self.number}"}

    @property
    def laps(self) -> int:
        """How many shops were visited: so many messages there must be."""
        return self.steps // len(LAP)

    def ping(self, ahead: int = 0) -> dict[str, object]:
        """The next ping of the walk, or one that comes after so many others."""
        shop, place = divmod(self.steps + ahead, len(LAP))
        latitude = 52.0 + (self.number + shop) % SHOPS * 0.1
        away = 0.04 if LAP[place] == "far" else 0.0
        return {
            "latitude": round(latitude + away, 6),
            "longitude": 4.9,
            "accuracy": 8,
            "recorded_at": self.at(ahead).isoformat(),
        }

    def at(self, ahead: int = 0) -> datetime:
        """When that ping is recorded."""
        return self.start + timedelta(milliseconds=100 * (self.steps + ahead))

    def acknowledged(self) -> None:
        """Write down what the ping must have caused, and walk on."""
        shop, place = divmod(self.steps, len(LAP))
        zone = f"shop-{(self.number + shop) % SHOPS}"
        if place == ENTERS:
            self.expected.add((self.device_id, zone, "enter", self.at()))
        if place == LEAVES:
            self.expected.add((self.device_id, zone, "exit", self.at()))
        self.steps += 1


async def introduce(service: Service, phones: int) -> list[Walker]:
    """Put zones and an offer for each promise, and register the phones."""
    operator = await service.command("keys", "create", "operator")
    headers = {"Authorization": f"Bearer {operator}"}
    start = now() - timedelta(minutes=30)
    walkers = [Walker(number, start) for number in range(phones)]
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        await until_known(client)
        for shop in range(SHOPS):
            await _put(client, f"/v1/zones/shop-{shop}", _shop(shop))
        for promise in PROMISES:
            await _put(client, f"/v1/offers/{promise}", _offer(promise))
        for walker in walkers:
            walker.token = await register(client, walker)
    return walkers


def promise_at(zone_id: str) -> str:
    """How the messages of a shop are delivered."""
    return PROMISES[int(zone_id.removeprefix("shop-")) % len(PROMISES)]


def _shop(number: int) -> dict[str, object]:
    named = {"name": f"Shop {number}", "tags": [promise_at(f"shop-{number}")]}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [4.9, 52 + number * 0.1]},
        "properties": {"radius": 100, **named},
    }


def _offer(promise: str) -> dict[str, object]:
    """One whose cap is counted and never reached."""
    return {
        "name": "Ice cream",
        "category": "promo",
        "status": "live",
        "delivery": promise,
        "trigger": {"any": [{"on": ["enter"], "zones": {"tags": [promise]}}]},
        "caps": [{"scope": "offer", "limit": 1000, "window": {"rolling": "PT24H"}}],
        "message": {"title": {"en": "Ice cream"}, "body": {"en": "At {{ zone.name }}"}},
        "max_event_age_seconds": 86_400,
    }


async def _put(client: httpx.AsyncClient, path: str, body: object) -> None:
    answer = await client.put(path, json=body)
    assert answer.status_code == 201, answer.text


async def until_known(client: httpx.AsyncClient) -> None:
    """Wait until the key that another process made is in force here."""
    async with asyncio.timeout(60):
        while (await client.get("/v1/offers")).status_code == 401:
            await asyncio.sleep(LOOK)


async def register(client: httpx.AsyncClient, walker: Walker) -> str:
    """Make a phone known, whose owner agreed to everything it takes."""
    long_ago = "2026-01-01T00:00:00Z"
    agreed = {"granted": True, "at": long_ago}
    body = {
        "device_id": walker.device_id,
        "device_secret": "s" * 43,
        "app": "demo",
        "platform": walker.platform,
        "address": walker.address,
        "timezone": "Europe/Amsterdam",
        "language": "en",
        "consents": {"location": agreed, "push_marketing": agreed},
    }
    answer = await client.post("/v1/devices", json=body)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


async def walk(
    service: Service, walker: Walker, over: asyncio.Event, turned: Turned, together: int
) -> None:
    """Post so many pings at a time until each is acknowledged; end with a lap."""
    headers = {"Authorization": f"Bearer {walker.token}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        while not over.is_set() or walker.steps % len(LAP):
            pings = [walker.ping(ahead) for ahead in range(together)]
            if not await _posted(client, pings):
                turned.away += 1
                await asyncio.sleep(LOOK)
                continue
            for _ in pings:
                walker.acknowledged()


async def _posted(client: httpx.AsyncClient, pings: list[dict[str, object]]) -> bool:
    """Whether they were acknowledged; nothing else than that may be said to them."""
    try:
        answer = await client.post("/v1/pings", json={"pings": pings}, timeout=10)
    except httpx.TransportError:
        return False
    if answer.status_code == 503:
        return False
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert body["accepted"] + body["repeated"] == len(pings), body
    return True
