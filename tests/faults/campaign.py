"""Kill the service, its workers and its Postgres under load, and balance the books.

    python -m tests.faults.campaign --kills 100 --postgres-kills 20 --decisions 50000

Phones walk through zones and repeat every ping until it is acknowledged, as an SDK
does. Afterwards each must be known up to its last acknowledged ping, the transitions
and decisions must be those that the walk makes, and messages must have arrived as
often as their offers promise. With ``--workers 0`` one process is everything.
"""

import argparse
import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Callable
from itertools import cycle, islice
from random import Random
from time import monotonic

from msgspec import Struct

from geopush.sandbox import Sandbox
from geopush.sandbox.rules import Gateway, Rule
from tests.databases import open_folder
from tests.faults.books import Books, Promised, all_sent, do_books
from tests.faults.house import POSTGRES, House, open_house
from tests.faults.service import LOOK, WAKING
from tests.faults.walkers import LAP, Turned, Walker, introduce, walk

SHOWN = 20  # of what is wrong, on the screen
TELL_EVERY = 10.0  # seconds


class Strike(Struct, frozen=True, order=True):
    """Something that is done to one of the processes."""

    victim: str
    what: str = "killed"


class Plan(Struct, frozen=True):
    """What is to be done to whom, and how much goes on meanwhile."""

    decisions: int = 50_000
    kills: int = 100  # of the service and its workers
    postgres_kills: int = 20
    freezes: int = 6  # of workers, for longer than they hold their claims
    workers: int = 2  # that only send
    phones: int = 100
    together: int = len(LAP)  # pings in a request; divides a lap
    latency: float = 60  # milliseconds that Apple and Google take to answer
    seed: int = 0

    def strikes(self, house: House) -> list[Strike]:
        """What is done to whom, in which order: everybody has their share."""
        workers = [one.name for one in house.workers]
        freezes = self.freezes if len(workers) > 1 else 0  # others must go on
        strikes = [
            *(
                Strike(one)
                for one in islice(cycle([house.front.name, *workers]), self.kills)
            ),
            *(Strike(POSTGRES),) * self.postgres_kills,
            *(Strike(one, "frozen") for one in islice(cycle(workers), freezes)),
        ]
        Random(self.seed).shuffle(strikes)
        return strikes


class Report(Struct, frozen=True):
    """What was done and what was found."""

    strikes: Counter[Strike]
    pings: int
    turned_away: int
    books: Books


Tell = Callable[[str], None]


class Campaign:
    """Phones that walk, and what is done to the processes meanwhile."""

    def __init__(self, house: House, walkers: list[Walker], plan: Plan) -> None:
        self._house = house
        self._walkers = walkers
        self._plan = plan
        self._over = asyncio.Event()
        self.turned = Turned()
        self.done: Counter[Strike] = Counter()

    async def run(self, tell: Tell) -> None:
        """Strike at even steps of the way to so many decisions; let laps be ended."""
        async with asyncio.TaskGroup() as group:
            for one in self._walkers:
                group.create_task(
                    walk(
                        *(self._house.front, one, self._over, self.turned),
                        together=self._plan.together,
                    )
                )
            telling = group.create_task(self._tell(tell))
            await self._strike()
            self._over.set()
            telling.cancel()

    async def _strike(self) -> None:
        strikes = self._plan.strikes(self._house)
        step = self._plan.decisions / (len(strikes) + 1)
        for number, one in enumerate(strikes, 1):
            await self._come_to(number * step)
            if one.what == "frozen":
                await self._house.freeze(one.victim)
            else:
                await self._house.kill(one.victim)
            self.done[one] += 1
        await self._come_to(self._plan.decisions)

    async def _come_to(self, decisions: float) -> None:
        """Wait for as many visits; as long as phones come on, however slowly."""
        before = self._laps()
        patience = asyncio.timeout(WAKING)
        async with patience:
            while (laps := self._laps()) < decisions:
                if laps != before:
                    before = laps
                    patience.reschedule(asyncio.get_running_loop().time() + WAKING)
                await asyncio.sleep(LOOK / 5)

    async def _tell(self, tell: Tell) -> None:
        while True:
            await asyncio.sleep(TELL_EVERY)
            tell(f"{self._laps()} decisions; {_list(self.done)}")

    def _laps(self) -> int:
        return sum(one.laps for one in self._walkers)


def silent(_: str) -> None:
    """Tell nobody."""


async def run(plan: Plan, tell: Tell = silent) -> Report:
    """Let phones walk while processes are killed, and do the books."""
    with open_folder() as folder:
        street = await Sandbox.start(folder / "street", apps={"demo": "com.demo"})
        street.rules.add(
            [Rule(gateway=one, latency_ms=plan.latency) for one in Gateway]
        )
        try:
            async with open_house(folder, street, plan.workers) as house:
                walkers = await introduce(house.front, plan.phones)
                campaign = Campaign(house, walkers, plan)
                await campaign.run(tell)
                tell("waiting for the last messages")
                await all_sent(house.front.dsn)
                books = await do_books(house.front, street, walkers)
        finally:
            await street.stop()
    pings = sum(one.steps for one in walkers)
    return Report(campaign.done, pings, campaign.turned.away, books)


def table(report: Report) -> str:
    """The counts, for people."""
    books = report.books
    rows = [("promise", *Promised.__struct_fields__)]
    for promise, one in books.promised.items():
        counts = (getattr(one, name) for name in Promised.__struct_fields__)
        rows.append((promise, *map(str, counts)))
    lines = ["".join(f"{cell:<15}" for cell in row).rstrip() for row in rows]
    return "\n".join(
        (
            _list(report.strikes),
            f"{report.pings} pings acknowledged, {report.turned_away} requests turned "
            f"away, {books.transitions} transitions",
            *lines,
            f"unknown because of {dict(books.doubts)}",
            f"{len(books.wrong)} wrong",
            *books.wrong[:SHOWN],
        )
    )


def _list(strikes: Counter[Strike]) -> str:
    counts = (f"{one.victim} {one.what} {strikes[one]}" for one in sorted(strikes))
    return ", ".join(counts)


def main() -> None:
    """Run a campaign from the command line and print its counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    usual = Plan()
    for name in ("decisions", "kills", "postgres-kills", "freezes", "workers"):
        default = getattr(usual, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--phones", type=int, default=usual.phones)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--latency", type=float, default=usual.latency)
    plan = Plan(**vars(parser.parse_args()))
    # A client that was killed is told of at each write to it.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    began = monotonic()

    def tell(text: str) -> None:
        sys.stderr.write(f"{monotonic() - began:6.0f} s  {text}\n")
        sys.stderr.flush()

    report = asyncio.run(run(plan, tell))
    sys.stdout.write(table(report) + "\n")
    sys.stdout.write(f"{monotonic() - began:.0f} seconds\n")
    sys.exit(1 if report.books.wrong else 0)


if __name__ == "__main__":
    main()
