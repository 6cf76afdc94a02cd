"""The books of a campaign: what walked, what was decided and what arrived, compared."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import asyncpg
import httpx
from msgspec import Struct

from geopush.sandbox import Sandbox
from geopush.sandbox.inbox import PhoneView
from tests.faults.service import LOOK, PATIENCE, Service
from tests.faults.walkers import PROMISES, Transition, Walker, promise_at

ENDS = {"at_most_once": ("accepted", "unknown"), "at_least_once": ("accepted",)}


class Promised(Struct, frozen=True):
    """What became of the messages that were promised so."""

    decided: int
    arrived: int
    never: int
    unknown: int
    twice: int  # arrived more than once
    repeats: int  # arrivals beyond the first


class Books(Struct, frozen=True):
    """All that was found, and why messages are in doubt; ``wrong`` should be empty."""

    transitions: int
    promised: dict[str, Promised]
    doubts: Counter[str]
    wrong: list[str]


class Found(Struct, frozen=True):
    """What the database and the stand-in for Apple hold."""

    transitions: Counter[Transition]
    messages: list[asyncpg.Record]
    phones: list[PhoneView]
    arrived: Counter[str]


async def all_sent(dsn: str) -> None:
    """Wait until nothing is on its way any more; claims of the dead lapse."""
    waiting = (
        "SELECT count(*) FROM outbox WHERE state IN ('queued', 'claimed', 'retry')"
    )
    connection = await asyncpg.connect(dsn)
    try:
        before, patience = None, asyncio.timeout(PATIENCE)
        async with patience:
            while left := await connection.fetchval(waiting):
                if left != before:
                    before = left
                    patience.reschedule(asyncio.get_running_loop().time() + PATIENCE)
                await asyncio.sleep(LOOK)
    finally:
        await connection.close()


async def do_books(service: Service, street: Sandbox, walkers: list[Walker]) -> Books:
    """Compare what is there with what the walks must have caused."""
    found = await _look(service.dsn, street)
    wrong = [
        *await _forgotten(service, walkers),
        *_transitions(found, walkers),
        *_decisions(found, walkers),
        *_strays(found, walkers),
        *_arrivals(found),
    ]
    promised = {promise: _promised(found, promise) for promise in PROMISES}
    unknown = (row["reason"] for row in found.messages if row["state"] == "unknown")
    return Books(len(found.transitions), promised, Counter(unknown), wrong)


async def _look(dsn: str, street: Sandbox) -> Found:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT * FROM transition")
        messages = await connection.fetch("SELECT * FROM outbox")
    finally:
        await connection.close()
    return Found(
        Counter(
            (row["device_id"], row["zone_id"], row["kind"], row["at"]) for row in rows
        ),
        messages,
        street.inbox.phones(),
        Counter(item.message_id for item in street.inbox.received()),
    )


async def _forgotten(service: Service, walkers: list[Walker]) -> list[str]:
    """Post each phone's last acknowledged ping again: it must be known."""
    wrong = []
    async with httpx.AsyncClient(base_url=service.url) as client:
        for walker in walkers:
            body = walker.ping(-1)
            headers = {"Authorization": f"Bearer {walker.token}"}
            answer = await client.post("/v1/pings", json=body, headers=headers)
            if answer.json().get("repeated") != 1:
                wrong.append(f"{walker.device_id} was forgotten: {answer.text}")
    return wrong


def _transitions(found: Found, walkers: list[Walker]) -> Iterator[str]:
    expected = set().union(*(one.expected for one in walkers))
    for one in sorted(expected - found.transitions.keys()):
        yield f"missing: {one}"
    for one in sorted(found.transitions.keys() - expected):
        yield f"never walked: {one}"
    for one, times in found.transitions.items():
        if times > 1:
            yield f"{times} times: {one}"


def _decisions(found: Found, walkers: list[Walker]) -> Iterator[str]:
    """One message for each visit, no more and no less, as that shop promised."""
    visits = Counter(
        (device_id, zone_id)
        for one in walkers
        for device_id, zone_id, kind, _ in one.expected
        if kind == "enter"
    )
    decided = Counter((row["device_id"], row["zone_id"]) for row in found.messages)
    for where in sorted(visits.keys() | decided.keys()):
        if visits[where] != decided[where]:
            yield f"{where}: {visits[where]} visits, {decided[where]} messages"
    for row in found.messages:
        if row["delivery"] != promise_at(row["zone_id"]):
            yield f"{row['message_id']} was promised {row['delivery']}"


def _strays(found: Found, walkers: list[Walker]) -> Iterator[str]:
    """Whatever arrived was decided for that phone, and came under its one id."""
    phones = {str(row["message_id"]): row["device_id"] for row in found.messages}
    owners = {one.address["value"]: one.device_id for one in walkers}
    for phone in found.phones:
        for item in phone.received:
            if phones.get(item.message_id or "") != owners[phone.address]:
                yield f"{item.message_id} was not decided for {owners[phone.address]}"
            if item.collapse_id != item.message_id:
                yield f"{item.message_id} came as {item.collapse_id}"


def _arrivals(found: Found) -> Iterator[str]:
    """As many arrivals as were promised, and no doubt unsaid."""
    for row in found.messages:
        times, state = found.arrived[str(row["message_id"])], row["state"]
        most_once = row["delivery"] == "at_most_once"
        if most_once and times > 1:
            yield f"{row['message_id']} arrived {times} times"
        if not times and (state == "accepted" or not most_once):
            yield f"{row['message_id']} never arrived: {state}"
        if state not in ENDS[row["delivery"]]:
            yield f"{row['message_id']} is {state}: {row['reason']}"


def _promised(found: Found, promise: str) -> Promised:
    mine = [row for row in found.messages if row["delivery"] == promise]
    times = [found.arrived[str(row["message_id"])] for row in mine]
    return Promised(
        decided=len(mine),
        arrived=sum(count > 0 for count in times),
        never=times.count(0),
        unknown=sum(row["state"] == "unknown" for row in mine),
        twice=sum(count > 1 for count in times),
        repeats=sum(count - 1 for count in times if count),
    )
