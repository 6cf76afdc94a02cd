"""Keep the caps while processes die: two phones each, every ping repeated.

    python -m tests.faults.caps --pings 10000 --processes 4

Every process serves the same database. Phones post pings to any of them until each is
acknowledged; some processes are killed in the middle and started again. Afterwards no
customer may have more messages than their cap, and whoever was acknowledged in enough
shops must have as many as it allows.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path

import asyncpg
import httpx
from msgspec import Struct, json

from geopush.core.message import UNSENT
from geopush.sandbox import Sandbox
from tests.databases import open_folder
from tests.faults.service import LOOK, WAKING, Service, now

LIMIT = 3  # messages for a customer, in all
SHOPS = 8  # visited one after the other by both phones; more than the cap allows
OFFER = {
    "name": "Ice cream",
    "category": "promo",
    "status": "live",
    "trigger": {"any": [{"on": ["enter"], "zones": {"tags": ["shop"]}}]},
    "caps": [{"scope": "all", "limit": LIMIT, "window": {"rolling": "PT24H"}}],
    "message": {"title": {"en": "Ice cream"}, "body": {"en": "At {{ zone.name }}"}},
    "max_event_age_seconds": 86_400,
}


class Plan(Struct):
    """How many of everything; ``pings`` is for each process."""

    pings: int = 10_000
    processes: int = 4
    customers: int = 50
    kills: int = 4
    at_once: int = 10  # pings in one request


class Report(Struct):
    """What was done and what was found; ``wrong`` is empty if every cap held."""

    processes: int
    kills: int
    customers: int
    pings_acknowledged: int
    times_turned_away: int
    occasions: int
    decided: int
    over: int
    missed: int
    states: dict[str, int]
    wrong: list[str]


class Phone:
    """One of the two phones of a customer; it forgets no ping."""

    def __init__(self, number: int, customer: str, start: datetime) -> None:
        self.device_id = f"phone-{number}"
        self.number = number
        self.customer = customer
        self.start = start
        self.done = 0
        self.refusals = 0
        self.token = ""

    def pings(self, count: int) -> list[dict[str, object]]:
        """The next pings: from shop to shop, in and out with two of each."""
        return [self._ping(step) for step in range(self.done, self.done + count)]

    def _ping(self, step: int) -> dict[str, object]:
        shop, place = divmod(step, 4)
        return {
            "latitude": 52.0 + shop % SHOPS * 0.1 + (0.0 if place < 2 else 0.04),
            "longitude": 4.9,
            "accuracy": 8,
            "recorded_at": (self.start + timedelta(milliseconds=50 * step)).isoformat(),
        }


async def run(plan: Plan) -> Report:
    """Let phones walk past shops, kill processes meanwhile, and count."""
    with open_folder() as folder:
        street = await Sandbox.start(folder / "street", apps={"demo": "com.demo"})
        services = _services(folder, street, plan)
        try:
            for service in services:  # the first brings the database
                await service.start()
            phones = await _introduce(services[0], plan)
            share = plan.pings * plan.processes // len(phones)
            walks = [
                asyncio.create_task(_walk(services, one, share, plan)) for one in phones
            ]
            await _strike(services, phones, share, plan)
            await asyncio.gather(*walks)
            await _all_sent(services[0].dsn)
            return await _report(services[0].dsn, phones, plan)
        finally:
            for service in reversed(services):
                await service.stop()
            await street.stop()


def _services(folder: Path, street: Sandbox, plan: Plan) -> list[Service]:
    """As many processes on one database; each has its own port."""
    return [Service(folder, street) for _ in range(plan.processes)]


async def _strike(
    services: Sequence[Service], phones: Sequence[Phone], share: int, plan: Plan
) -> None:
    """Kill one process after another, spread over the walk, and start it again.

    The first holds the embedded database, which dies with it.
    """
    victims = cycle([*services[1:], services[0]])
    for strike in range(plan.kills):
        enough = share * len(phones) * (strike + 1) // (plan.kills + 1)
        while sum(one.done for one in phones) < enough:
            await asyncio.sleep(LOOK)
        victim = next(victims)
        await victim.kill()
        await victim.start()


async def _introduce(service: Service, plan: Plan) -> list[Phone]:
    """Put zones and the offer, and register two phones for each customer."""
    operator = await service.command("keys", "create", "operator")
    headers = {"Authorization": f"Bearer {operator}"}
    start = now() - timedelta(hours=2)
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        async with asyncio.timeout(WAKING):
            while (await client.get("/v1/offers")).status_code == 401:
                await asyncio.sleep(LOOK)
        for shop in range(SHOPS):
            feature = {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [4.9, 52 + shop * 0.1]},
                "properties": {"radius": 100, "tags": ["shop"], "name": f"Shop {shop}"},
            }
            await _put(client, f"/v1/zones/shop-{shop}", feature)
        await _put(client, "/v1/offers/ice-cream", OFFER)
        phones = [
            Phone(number, f"customer-{number // 2}", start)
            for number in range(2 * plan.customers)
        ]
        for phone in phones:
            phone.token = await _register(client, phone)
    return phones


async def _put(client: httpx.AsyncClient, path: str, body: object) -> None:
    answer = await client.put(path, json=body)
    assert answer.status_code == 201, answer.text


async def _register(client: httpx.AsyncClient, phone: Phone) -> str:
    agreed = {"granted": True, "at": "2026-01-01T00:00:00Z"}
    body = {
        "device_id": phone.device_id,
        "device_secret": "s" * 43,
        "app": "demo",
        "platform": "ios",
        "customer_id": phone.customer,
        "address": {"kind": "apns_token", "value": f"{phone.number:064x}"},
        "timezone": "Europe/Amsterdam",
        "language": "en",
        "consents": {"location": agreed, "push_marketing": agreed},
    }
    answer = await client.post("/v1/devices", json=body)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


async def _walk(
    services: Sequence[Service], phone: Phone, share: int, plan: Plan
) -> None:
    """Post batch after batch, each to another process, until it is acknowledged."""
    headers = {"Authorization": f"Bearer {phone.token}"}
    turn = cycle([*services[phone.number % len(services) :], *services])
    async with httpx.AsyncClient(headers=headers, timeout=20) as client:
        while phone.done < share:
            count = min(plan.at_once, share - phone.done)
            body = {"pings": phone.pings(count)}
            try:
                answer = await client.post(f"{next(turn).url}/v1/pings", json=body)
            except httpx.TransportError:
                phone.refusals += 1
                await asyncio.sleep(LOOK)
                continue
            if answer.status_code == 503:
                phone.refusals += 1
                await asyncio.sleep(LOOK)
                continue
            assert answer.status_code == 202, answer.text
            taken = answer.json()
            assert taken["accepted"] + taken["repeated"] == count, taken
            phone.done += count


async def _all_sent(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(WAKING):
            while await connection.fetchval(
                "SELECT count(*) FROM outbox"
                " WHERE state IN ('queued', 'claimed', 'retry')"
            ):
                await asyncio.sleep(LOOK)
    finally:
        await connection.close()


async def _report(dsn: str, phones: Sequence[Phone], plan: Plan) -> Report:
    connection = await asyncpg.connect(dsn)
    try:
        messages = await connection.fetch("SELECT customer_id, state FROM outbox")
        reasons = await connection.fetch(
            "SELECT reason, count(*) FROM decision GROUP BY reason"
        )
        entered = await connection.fetch(
            "SELECT customer_id, count(*) FROM transition WHERE kind = 'enter'"
            " GROUP BY customer_id"
        )
    finally:
        await connection.close()
    had = Counter(row["customer_id"] for row in messages if row["state"] not in UNSENT)
    occasions = {row["customer_id"]: row["count"] for row in entered}
    customers = sorted({one.customer for one in phones})
    # Every visit of a walk is an occasion; an acknowledged one must be there.
    expected = dict.fromkeys(customers, 0)
    for phone in phones:
        expected[phone.customer] += (phone.done + 3) // 4
    over = [one for one in customers if had[one] > LIMIT]
    missed = [one for one in customers if had[one] < min(LIMIT, expected[one])]
    wrong = [f"{one} has {had[one]} messages" for one in (*over, *missed)]
    wrong += [
        f"{one}: {occasions.get(one, 0)} of {expected[one]} visits"
        for one in customers
        if occasions.get(one, 0) != expected[one]
    ]
    counted = {row["reason"]: row["count"] for row in reasons}
    if sum(counted.values()) != sum(occasions.values()):
        wrong.append(f"{counted} is not all that came up")
    return Report(
        processes=plan.processes,
        kills=plan.kills,
        customers=len(customers),
        pings_acknowledged=sum(one.done for one in phones),
        times_turned_away=sum(one.refusals for one in phones),
        occasions=sum(occasions.values()),
        decided=len(messages),
        over=len(over),
        missed=len(missed),
        states=dict(Counter(row["state"] for row in messages)),
        wrong=wrong,
    )


def main() -> None:
    """Run it from the command line and print its report."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("pings", 10_000), ("processes", 4), ("customers", 50)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--at-once", type=int, default=10)
    report = asyncio.run(run(Plan(**vars(parser.parse_args()))))
    sys.stdout.write(json.format(json.encode(report), indent=2).decode() + "\n")
    sys.exit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
