"""The weather turns while a crowd is inside: who is told, how often, at what price.

    python -m tests.faults.edge --inside 50000

Exactly those who may be told must have one decision and one message, everybody else
seen lately one decision with their own reason, and pings of others must go on.
"""

import argparse
import asyncio
import statistics
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from time import perf_counter

import asyncpg
import httpx
from msgspec import Struct, json

from geopush.core.decision import Reason
from geopush.sandbox import Sandbox
from tests.databases import open_folder
from tests.faults.books import all_sent
from tests.faults.crowd import OFFER, ZONE, fate, gather
from tests.faults.service import LOOK, Service, now
from tests.faults.walkers import Walker, register, until_known

SQUARE = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [5.5, 51.5]},
    "properties": {"radius": 300, "tags": ["shop"], "name": "The square"},
}
ICE_CREAM = {
    "name": "Ice cream",
    "category": "promo",
    "status": "live",
    "audience": {"topics": ["ice_cream"]},
    "trigger": {"on": ["while_inside"], "zones": {"tags": ["shop"]}},
    "conditions": {"weather.temperature_c": {"gte": 22, "off_below": 21}},
    "caps": [{"scope": "offer", "limit": 1, "window": {"rolling": "PT24H"}}],
    "message": {"title": {"en": "Ice cream"}, "body": {"en": "At {{ zone.name }}"}},
}
LONGEST = 540.0  # seconds that an edge may take to be told on a busy machine


class Report(Struct):
    """What was found; ``wrong`` is empty if exactly the right ones were told, once."""

    inside: int
    told: int
    withheld: dict[str, int]
    not_seen_lately: int
    seconds: float
    customers_a_second: int
    arrived: int
    pings_before: int
    pings_during: int
    median_before_ms: float
    median_during_ms: float
    slowest_during_ms: float
    wrong: list[str]


class Flow:
    """Pings of others, one after the other, and how long each of them took."""

    def __init__(self, service: Service, walkers: list[Walker]) -> None:
        self._service = service
        self._over = asyncio.Event()
        self.took: list[float] = []
        self._walks = [asyncio.create_task(self._walk(one)) for one in walkers]

    async def more(self, count: int) -> None:
        """Wait until so many more were answered."""
        wanted = len(self.took) + count
        async with asyncio.timeout(LONGEST):
            while len(self.took) < wanted:
                await asyncio.sleep(LOOK)

    async def stop(self) -> None:
        """Let each answer that is awaited come, and no more."""
        self._over.set()
        await asyncio.gather(*self._walks)

    async def _walk(self, walker: Walker) -> None:
        headers = {"Authorization": f"Bearer {walker.token}"}
        url = self._service.url
        async with httpx.AsyncClient(base_url=url, headers=headers) as client:
            while not self._over.is_set():
                began = perf_counter()
                answer = await client.post("/v1/pings", json=walker.ping(), timeout=30)
                assert answer.status_code == 202, answer.text
                self.took.append(perf_counter() - began)
                walker.steps += 1
                await asyncio.sleep(LOOK)


async def run(inside: int, *, phones: int = 8, wait_for_phones: bool = True) -> Report:
    """Gather a crowd, let the weather turn once, and do the books."""
    with open_folder() as folder:
        street = await Sandbox.start(folder / "street", apps={"demo": "com.demo"})
        service = Service(folder, street)
        try:
            await service.start()
            return await _turn(service, street, inside, phones, wait_for_phones)
        finally:
            await service.stop()
            await street.stop()


async def _turn(
    service: Service, street: Sandbox, inside: int, phones: int, wait: bool
) -> Report:
    key = await service.command("keys", "create", "operator")
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        await until_known(client)
        await _put(client, "PUT", f"/v1/zones/{ZONE}", SQUARE)
        await _put(client, "PUT", f"/v1/offers/{OFFER}", ICE_CREAM)
        await _weather(client, 15.0)
        await gather(service.dsn, inside, now())
        walkers = [Walker(one, now() - timedelta(minutes=20)) for one in range(phones)]
        for walker in walkers:
            walker.token = await register(client, walker)
        await _until(service.dsn, "NOT holds")
        flow = Flow(service, walkers)
        await flow.more(phones * 5)  # warm
        before = len(flow.took)
        await flow.more(phones * 20)
        calm, began = flow.took[before:], perf_counter()
        turned = len(flow.took)
        await _weather(client, 26.0)
        await _until(service.dsn, "holds AND NOT spreading")
        seconds, during = perf_counter() - began, flow.took[turned:]
        await flow.stop()
    if wait:
        await all_sent(service.dsn)
    found, messages = await _books(service.dsn)
    arrived = Counter(item.message_id for item in street.inbox.received())
    reasons = Counter(reason for _, reason in found)
    expected = {f"crowd-{number}": fate(number) for number in range(inside)}
    lately = sum(reason is not None for reason in expected.values())
    return Report(
        inside=inside,
        told=len(messages),
        withheld={one: n for one, n in reasons.items() if one != Reason.DECIDED},
        not_seen_lately=inside - lately,
        seconds=round(seconds, 1),
        customers_a_second=round(lately / seconds),
        arrived=len(arrived),
        pings_before=len(calm),
        pings_during=len(during),
        median_before_ms=_milliseconds(statistics.median(calm)),
        median_during_ms=_milliseconds(statistics.median(during)),
        slowest_during_ms=_milliseconds(max(during)),
        wrong=_wrong(expected, found, messages, arrived),
    )


def _wrong(
    expected: Mapping[str, Reason | None],
    found: list[tuple[str, str]],
    messages: list[str],
    arrived: Counter[str],
) -> list[str]:
    """All that differs from one decision each, and one message for the right ones."""
    wanted = Counter(
        (who, str(why)) for who, why in expected.items() if why is not None
    )
    wrong = [f"{who}: {why} is missing" for who, why in wanted - Counter(found)]
    wrong += [f"{who}: {why} is too much" for who, why in Counter(found) - wanted]
    told = Counter(who for who, why in expected.items() if why is Reason.DECIDED)
    wrong += [f"{who}: no message" for who in told - Counter(messages)]
    wrong += [f"{who}: a message too much" for who in Counter(messages) - told]
    return wrong + [f"{one} arrived {n} times" for one, n in arrived.items() if n > 1]


async def _put(
    client: httpx.AsyncClient, method: str, path: str, body: Mapping[str, object]
) -> None:
    answer = await client.request(method, path, json=body)
    assert answer.is_success, answer.text


async def _weather(client: httpx.AsyncClient, celsius: float) -> None:
    seen = {"longitude": 5.5, "latitude": 51.5, "temperature_c": celsius}
    seen |= {"observed_at": now().isoformat()}
    await _put(client, "POST", "/v1/weather", {"observations": [seen]})


async def _until(dsn: str, state: str) -> None:
    """Wait until the edge of the offer is in a state, as SQL says it."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(LONGEST):
            while not await connection.fetchval(
                f"SELECT count(*) FROM edge WHERE {state}"
            ):
                await asyncio.sleep(LOOK)
    finally:
        await connection.close()


async def _books(dsn: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Every decision with its reason, and to whom every message is."""
    connection = await asyncpg.connect(dsn)
    try:
        decided = await connection.fetch("SELECT customer_id, reason FROM decision")
        messages = await connection.fetch("SELECT customer_id FROM outbox")
    finally:
        await connection.close()
    return [(row[0], row[1]) for row in decided], [row[0] for row in messages]


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def main() -> None:
    """Run the campaign from the command line and print its report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inside", type=int, default=50_000)
    parser.add_argument("--phones", type=int, default=8)
    parser.add_argument("--wait-for-phones", action="store_true")
    asked = parser.parse_args()
    report = asyncio.run(
        run(asked.inside, phones=asked.phones, wait_for_phones=asked.wait_for_phones)
    )
    sys.stdout.write(json.format(json.encode(report), indent=2).decode() + "\n")
    sys.exit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
