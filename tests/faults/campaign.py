"""Kill the service or its Postgres under load, and compare what is left with the books.

    python -m tests.faults.campaign --seconds 20 --victim service

Phones walk through zones and repeat every ping until it is acknowledged, as an SDK
does. Afterwards each must be known up to its last acknowledged ping, the transitions
must be those that the walk makes, and no message may have arrived twice.
"""

import argparse
import asyncio
import sys
from collections import Counter
from datetime import datetime, timedelta

import asyncpg
import httpx
from msgspec import Struct, json

from geopush.sandbox import Sandbox
from geopush.sandbox.rules import Gateway, Rule
from tests.databases import open_folder
from tests.faults.service import LOOK, WAKING, Service, now

SHOPS = 6
OFFER = {
    "name": "Ice cream",
    "category": "promo",
    "status": "live",
    "trigger": {"any": [{"on": ["enter"], "zones": {"tags": ["shop"]}}]},
    "caps": [{"scope": "offer", "limit": 1000, "window": {"rolling": "PT24H"}}],
    "message": {"title": {"en": "Ice cream"}, "body": {"en": "At {{ zone.name }}"}},
    "max_event_age_seconds": 3600,
}
LAP = (
    "far",
    "far",
    "in",
    "in",
    "far",
    "far",
)  # enters at the third, leaves at the last


class Report(Struct):
    """What was done and what was found; ``wrong`` is empty if the books balance."""

    victim: str
    delivery: str
    seconds: float
    kills: int
    pings_acknowledged: int
    times_turned_away: int
    transitions: int
    decided: int
    arrived: int
    repeats: int
    states: dict[str, int]
    wrong: list[str]


class Walker:
    """A phone that goes from shop to shop and forgets no ping."""

    def __init__(self, number: int, start: datetime) -> None:
        self.device_id = f"phone-{number}"
        self.number = number
        self.start = start
        self.steps = 0
        self.refusals = 0
        self.expected: set[tuple[str, str, str, datetime]] = set()
        self.token = ""

    def ping(self) -> dict[str, object]:
        """The next ping of the walk."""
        shop, place = divmod(self.steps, len(LAP))
        latitude = 52.0 + (self.number + shop) % SHOPS * 0.1
        away = 0.04 if LAP[place] == "far" else 0.0
        return {
            "latitude": round(latitude + away, 6),
            "longitude": 4.9,
            "accuracy": 8,
            "recorded_at": self.at().isoformat(),
        }

    def at(self) -> datetime:
        """When the next ping is recorded."""
        return self.start + timedelta(milliseconds=100 * self.steps)

    def acknowledged(self) -> None:
        """Write down what the ping must have caused, and walk on."""
        shop, place = divmod(self.steps, len(LAP))
        zone = f"shop-{(self.number + shop) % SHOPS}"
        if place == 2:
            self.expected.add((self.device_id, zone, "enter", self.at()))
        if place == 5:
            self.expected.add((self.device_id, zone, "exit", self.at()))
        self.steps += 1


class Plan(Struct):
    """What is to be done to whom, and how messages are sent meanwhile."""

    seconds: float
    victim: str
    phones: int = 40
    kills: int = 1
    delivery: str = "at_most_once"
    latency: float = 0  # milliseconds that Apple takes to answer


async def run(plan: Plan) -> Report:
    """Let phones walk for so long, kill the victim in the middle, and do the books."""
    with open_folder() as folder:
        street = await Sandbox.start(folder / "street", apps={"demo": "com.demo"})
        street.rules.add([Rule(gateway=Gateway.APNS, latency_ms=plan.latency)])
        service = Service(folder, street)
        try:
            await service.start()
            walkers = await _introduce(service, plan)
            over = asyncio.Event()
            walks = [asyncio.create_task(_walk(service, one, over)) for one in walkers]
            await _under_way(walkers)
            await _strike(service, plan)
            await asyncio.sleep(plan.seconds / (plan.kills + 1))
            over.set()
            await asyncio.gather(*walks)
            await all_sent(service)
            return await _report(service, street, walkers, plan)
        finally:
            await service.stop()
            await street.stop()


async def _under_way(walkers: list[Walker]) -> None:
    """Wait until each has come somewhere: a busy machine is slow to begin."""
    async with asyncio.timeout(WAKING):
        while not all(one.steps >= len(LAP) for one in walkers):
            await asyncio.sleep(LOOK)


async def _strike(service: Service, plan: Plan) -> None:
    for _ in range(plan.kills):
        await asyncio.sleep(plan.seconds / (plan.kills + 1))
        if plan.victim == "postgres":
            service.kill_postgres()
            await asyncio.sleep(0)
            await service.ready()
        else:
            await service.kill()
            await service.start()


async def _introduce(service: Service, plan: Plan) -> list[Walker]:
    """Put zones and the offer, and register the phones."""
    operator = await service.command("keys", "create", "operator")
    headers = {"Authorization": f"Bearer {operator}"}
    start = now() - timedelta(minutes=20)
    walkers = [Walker(number, start) for number in range(plan.phones)]
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        await until_known(client)
        for shop in range(SHOPS):
            feature = {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [4.9, 52 + shop * 0.1]},
                "properties": {"radius": 100, "tags": ["shop"], "name": f"Shop {shop}"},
            }
            put = await client.put(f"/v1/zones/shop-{shop}", json=feature)
            assert put.status_code == 201, put.text
        put = await client.put(
            "/v1/offers/ice-cream", json=OFFER | {"delivery": plan.delivery}
        )
        assert put.status_code == 201, put.text
        for walker in walkers:
            walker.token = await register(client, walker)
    return walkers


async def until_known(client: httpx.AsyncClient) -> None:
    """Wait until the key that another process made is in force here."""
    async with asyncio.timeout(10):
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
        "platform": "ios",
        "address": {"kind": "apns_token", "value": f"{walker.number:064x}"},
        "timezone": "Europe/Amsterdam",
        "language": "en",
        "consents": {"location": agreed, "push_marketing": agreed},
    }
    answer = await client.post("/v1/devices", json=body)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


async def _walk(service: Service, walker: Walker, over: asyncio.Event) -> None:
    """Post one ping after the other; end at the end of a lap."""
    headers = {"Authorization": f"Bearer {walker.token}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        while not over.is_set() or walker.steps % len(LAP):
            try:
                answer = await client.post("/v1/pings", json=walker.ping(), timeout=10)
            except httpx.TransportError:
                walker.refusals += 1
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 503:
                walker.refusals += 1
                await asyncio.sleep(0.05)
                continue
            assert answer.status_code == 202, answer.text
            body = answer.json()
            assert body["accepted"] + body["repeated"] == 1, body
            walker.acknowledged()


async def all_sent(service: Service) -> None:
    """Wait until nothing is on its way any more; claims of the dead lapse."""
    connection = await asyncpg.connect(service.dsn)
    try:
        async with asyncio.timeout(60):
            while await connection.fetchval(
                "SELECT count(*) FROM outbox"
                " WHERE state IN ('queued', 'claimed', 'retry')"
            ):
                await asyncio.sleep(LOOK)
    finally:
        await connection.close()


async def _report(
    service: Service,
    street: Sandbox,
    walkers: list[Walker],
    plan: Plan,
) -> Report:
    connection = await asyncpg.connect(service.dsn)
    try:
        found = {
            (row["device_id"], row["zone_id"], row["kind"], row["at"])
            for row in await connection.fetch("SELECT * FROM transition")
        }
        doubled = await connection.fetchval(
            "SELECT count(*) - count(DISTINCT (device_id, zone_id, kind, at))"
            " FROM transition"
        )
        messages = await connection.fetch("SELECT * FROM outbox")
    finally:
        await connection.close()
    wrong = await _forgotten(service, walkers)
    expected = set().union(*(one.expected for one in walkers))
    wrong += [f"missing: {one}" for one in sorted(expected - found)]
    wrong += [f"never walked: {one}" for one in sorted(found - expected)]
    if doubled:
        wrong.append(f"{doubled} transitions are there twice")
    arrived = Counter(item.message_id for item in street.inbox.received())
    wrong += _messages(arrived, messages, walkers, plan.delivery)
    return Report(
        victim=plan.victim,
        delivery=plan.delivery,
        seconds=plan.seconds,
        kills=plan.kills,
        pings_acknowledged=sum(one.steps for one in walkers),
        times_turned_away=sum(one.refusals for one in walkers),
        transitions=len(found),
        decided=len(messages),
        arrived=len(arrived),
        repeats=arrived.total() - len(arrived),
        states=dict(Counter(row["state"] for row in messages)),
        wrong=wrong,
    )


async def _forgotten(service: Service, walkers: list[Walker]) -> list[str]:
    """Post each phone's last acknowledged ping again: it must be known."""
    wrong = []
    async with httpx.AsyncClient(base_url=service.url) as client:
        for walker in walkers:
            walker.steps -= 1
            body = walker.ping()
            walker.steps += 1
            headers = {"Authorization": f"Bearer {walker.token}"}
            answer = await client.post("/v1/pings", json=body, headers=headers)
            if answer.json().get("repeated") != 1:
                wrong.append(f"{walker.device_id} was forgotten: {answer.text}")
    return wrong


def _messages(
    arrived: Counter[str],
    messages: list[asyncpg.Record],
    walkers: list[Walker],
    delivery: str,
) -> list[str]:
    """One message for each visit, as many arrivals as were promised, no doubt unsaid.

    Messages are told apart by their id alone: a repeat under another id would be a
    message that nobody decided.
    """
    wrong = []
    by_device = Counter(row["device_id"] for row in messages)
    for walker in walkers:
        visits = sum(kind == "enter" for _, _, kind, _ in walker.expected)
        if by_device[walker.device_id] != visits:
            found = by_device[walker.device_id]
            wrong.append(f"{walker.device_id}: {visits} visits, {found} messages")
    decided = {str(row["message_id"]) for row in messages}
    wrong += [f"{one} was never decided" for one in arrived.keys() - decided]
    most_once = delivery == "at_most_once"
    if most_once:
        wrong += [f"{one} arrived {n} times" for one, n in arrived.items() if n > 1]
    ends = ("accepted", "unknown") if most_once else ("accepted",)
    for row in messages:
        there = str(row["message_id"]) in arrived
        if not there and (row["state"] == "accepted" or not most_once):
            wrong.append(f"{row['message_id']} never arrived: {row['state']}")
        if row["state"] not in ends:
            wrong.append(f"{row['message_id']} is {row['state']}: {row['reason']}")
    return wrong


def main() -> None:
    """Run a campaign from the command line and print its report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--victim", choices=["service", "postgres"], default="service")
    parser.add_argument("--kills", type=int, default=1)
    parser.add_argument("--phones", type=int, default=40)
    promises = ["at_most_once", "at_least_once"]
    parser.add_argument("--delivery", choices=promises, default=promises[0])
    parser.add_argument("--latency", type=float, default=0)
    report = asyncio.run(run(Plan(**vars(parser.parse_args()))))
    sys.stdout.write(json.format(json.encode(report), indent=2).decode() + "\n")
    sys.exit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
