"""Let gateways storm by a clock in the hand, and balance the books afterwards.

    python -m tests.faults.storm --guests 5

Customers come to a place and are told of ice cream, through the flows, the clients and
the stand-ins as they are; only time is stepped. Nothing may arrive twice that must
not, nor when it is too late, and all is well soon after the storm.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from asyncpg import Record
from msgspec import Struct

from geopush.core.message import Accepted, Outcome, Platform, Throttled, Transient
from geopush.push.throttle import STEADY
from geopush.sandbox import Sandbox
from geopush.store.pool import Pool, open_pool
from tests.databases import open_folder, running_postgres
from tests.faults.coast import TTL, Coast, open_coast
from tests.faults.doorway import Doorway
from tests.faults.weathers import STORMS, Storm

AFTERMATH = timedelta(minutes=3)  # the longest rest of a breaker, and time to recover
SHOWN = 10


class Scale(Struct, frozen=True):
    """How finely time is stepped, and how many come each time, four at once."""

    step: timedelta = timedelta(seconds=10)
    guests: int = 1


class Weathered(Struct, frozen=True):
    """What a storm did; ``wrong`` is empty if the books balance."""

    decided: int
    tries: int
    paused: int  # steps that began with a lane paused
    failed: int  # tries in a step, at most, until that paused a lane
    late: float  # seconds that a lane stayed paused after the storm
    states: dict[str, int]
    repeats: int
    wrong: list[str]


class Course:
    """One storm and what comes after it, step by step."""

    def __init__(
        self, storm: Storm, scale: Scale, coast: Coast, street: Sandbox, door: Doorway
    ) -> None:
        self._storm = storm
        self._scale = scale
        self._coast = coast
        self._street = street
        self._door = door
        self._paused = 0
        self._failed = 0
        self._over: datetime | None = None
        self._late = timedelta(0)
        self._unruly: list[str] = []

    async def run(self) -> Weathered:
        """Let it storm, then be calm until nothing is on its way."""
        self._begin()
        await self._pass(self._storm.lasts)
        self._end()
        paused = self._paused
        await self._pass(AFTERMATH)
        troubles = self._coast.deliver.troubles()
        await self._rest()
        rows = await self._coast.pool.fetch("SELECT * FROM outbox")
        arrived = Counter(one.message_id for one in self._street.inbox.received())
        wrong = [*self._unruly, *self._balance(rows, arrived), *self._manners(paused)]
        wrong += [f"long after it: {lane} {why}" for lane, why in troubles.items()]
        return Weathered(
            decided=len(rows),
            tries=sum(len(way.tries) for way in self._coast.ways.values()),
            paused=paused,
            failed=self._failed,
            late=self._late.total_seconds(),
            states=dict(Counter(row["state"] for row in rows)),
            repeats=arrived.total() - len(arrived),
            wrong=wrong,
        )

    def _begin(self) -> None:
        self._street.rules.add(self._storm.rules)
        if self._storm.certificate_expires:
            self._door.expire(True)

    def _end(self) -> None:
        self._over = self._coast.clock()
        self._street.rules.clear()
        if self._storm.certificate_expires:
            self._door.expire(False)

    async def _pass(self, span: timedelta) -> None:
        """Let so much time pass, while people go on coming."""
        until = self._coast.clock() + span
        while self._coast.clock() < until:
            for _ in range(self._scale.guests):
                await self._coast.come()
            await self._step()

    async def _step(self) -> None:
        before = {name: len(way.tries) for name, way in self._coast.ways.items()}
        resting = self._coast.deliver.troubles()
        self._paused += bool(resting)
        if resting and self._over is not None:
            self._late = self._coast.clock() - self._over
        await self._coast.send()
        for name, way in self._coast.ways.items():
            new = [outcome for _, _, outcome in way.tries[before[name] :]]
            if f"demo/{name}" in resting:
                self._unruly += _hasty(name, new)
            else:
                self._unruly += self._stubborn(name, new)
        self._coast.clock.step(self._scale.step)

    def _stubborn(self, name: Platform, new: list[Outcome]) -> Iterator[str]:
        """When most tries failed of late, the settings say how soon there is an end."""
        failed = sum(isinstance(one, Transient) for one in new)
        if failed <= STEADY.failing_share * len(new):
            return
        is_paused = f"demo/{name}" in self._coast.deliver.troubles()
        if failed >= STEADY.failures and not is_paused:
            yield f"{failed} of {len(new)} tries failed and {name} is not left alone"
        if failed > STEADY.failures + STEADY.first:  # as many may be on their way
            yield f"{failed} tries failed before {name} was left alone"
        if is_paused:
            self._failed = max(self._failed, failed)

    async def _rest(self) -> None:
        """Step until nothing is on its way; all of it is over once it expires."""
        for _ in range(TTL // self._scale.step + 2):
            await self._step()
            if not await self._coast.is_open():
                return

    def _balance(self, rows: list[Record], arrived: Counter[str]) -> Iterator[str]:
        """Every ping decided, every message where its promise allows."""
        if self._coast.turned_away or len(rows) != self._coast.answers.total():
            yield f"{self._coast.answers} and {len(rows)} messages"
        known = {str(row["message_id"]) for row in rows}
        yield from (f"{one} was never decided" for one in arrived.keys() - known)
        expires = {str(row["message_id"]): row["expires_at"] for row in rows}
        for item in self._street.inbox.received():
            if item.at >= expires[item.message_id or ""]:
                yield f"{item.message_id} arrived after its time"
        for row in rows:
            yield from self._end_of(row, arrived[str(row["message_id"])])

    def _end_of(self, row: Record, times: int) -> Iterator[str]:
        """One message's state, beside how often it arrived."""
        one = f"{row['message_id']} ({row['state']}: {row['reason']})"
        if row["state"] not in self._ends():
            yield f"{one} ended so"
        if times > 1 and row["delivery"] == "at_most_once":
            yield f"{one} arrived {times} times"
        if (row["state"], times > 0) in (("accepted", False), ("expired", True)):
            yield f"{one} arrived {times} times"

    def _ends(self) -> tuple[str, ...]:
        """How messages may end: all well, or surely not sent, or in doubt."""
        if self._storm.pauses is False:
            return ("accepted",)
        doubt = () if self._storm.certain else ("unknown",)
        return ("accepted", "expired", *doubt)

    def _manners(self, paused: int) -> Iterator[str]:
        """What was tried: never too late, never too soon, and not without end."""
        storm = self._storm
        if storm.pauses is not None and storm.pauses is not (paused > 0):
            yield f"{paused} steps began with a lane paused"
        for name, way in self._coast.ways.items():
            asked = {}
            for at, message, outcome in way.tries:
                if at >= message.expires_at:
                    yield f"{message.message_id} was tried after its time"
                soonest = asked.get(message.message_id)
                if soonest is not None and at < soonest:
                    yield f"{message.message_id} was tried before {soonest}"
                if isinstance(outcome, Throttled):
                    asked[message.message_id] = at + storm.waits
            fails = any(outcome != Accepted() for _, _, outcome in way.tries)
            if storm.certificate_expires and fails is not (name is Platform.IOS):
                yield f"the end of Apple's certificate on the way to {name}: {fails}"


def _hasty(name: Platform, new: list[Outcome]) -> Iterator[str]:
    """Only one may try whether a gateway is well again."""
    if len(new) > 1 and Accepted() not in new:
        yield f"{len(new)} tries at once while {name} is paused"


async def weather(
    storm: Storm,
    pool: Pool,
    folder: Path,
    scale: Scale = Scale(),  # noqa: B008  frozen
) -> Weathered:
    """Let one storm pass over an empty database."""
    async with open_coast(pool, folder, storm.deadline) as (coast, street, door):
        return await Course(storm, scale, coast, street, door).run()


async def _on(dsn: str, storm: Storm, scale: Scale) -> Weathered:
    pool = await open_pool(dsn)
    try:
        with open_folder() as folder:
            return await weather(storm, pool, folder, scale)
    finally:
        await pool.close()


def main() -> None:
    """Let all storms pass, one after the other, and print what they did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guests", type=int, default=5, help="times four each step")
    scale = Scale(guests=parser.parse_args().guests)
    wrong = 0
    with running_postgres() as server:
        for storm in STORMS:
            name = server.lend()
            done = asyncio.run(_on(server.dsn_of(name), storm, scale))
            server.take_back(name)
            wrong += len(done.wrong)
            sys.stdout.write(_line(storm, done))
            sys.stdout.flush()
    sys.exit(1 if wrong else 0)


def _line(storm: Storm, done: Weathered) -> str:
    states = ", ".join(f"{state} {count}" for state, count in done.states.items())
    head = (
        f"{storm.name:<18}{done.decided} decided, {done.tries} tries, "
        f"{done.paused} steps paused{_pause(done)}, {done.repeats} repeats; {states}; "
        f"{len(done.wrong)} wrong"
    )
    return "\n".join((head, *done.wrong[:SHOWN], ""))


def _pause(done: Weathered) -> str:
    if not done.paused:
        return ""
    return f" (after {done.failed} failures, {done.late:.0f} s longer than the storm)"


if __name__ == "__main__":
    main()
