"""Kill the service and its Postgres under load, and balance the books afterwards.

    python -m tests.faults.campaign --kills 100 --postgres-kills 20 --decisions 50000

Phones walk through zones and repeat every ping until it is acknowledged, as an SDK
does. Afterwards each must be known up to its last acknowledged ping, the transitions
and decisions must be those that the walk makes, and messages must have arrived as
often as their offers promise.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable
from random import Random
from time import monotonic

from msgspec import Struct

from geopush.sandbox import Sandbox
from geopush.sandbox.rules import Gateway, Rule
from tests.databases import open_folder
from tests.faults.books import Books, all_sent, do_books
from tests.faults.service import LOOK, WAKING, Service
from tests.faults.walkers import LAP, Turned, Walker, introduce, walk

SHOWN = 20  # of what is wrong, on the screen
COLUMNS = ("promise", "decided", "arrived", "never", "again", "states")


class Plan(Struct, frozen=True):
    """What is to be done to whom, and how much goes on meanwhile."""

    decisions: int = 50_000
    kills: int = 100  # of the service
    postgres_kills: int = 20
    phones: int = 100
    together: int = len(LAP)  # pings in a request; divides a lap
    latency: float = 60  # milliseconds that Apple takes to answer
    seed: int = 0

    def victims(self) -> list[str]:
        """Who is killed, in which order."""
        victims = ["service"] * self.kills + ["postgres"] * self.postgres_kills
        Random(self.seed).shuffle(victims)
        return victims


class Report(Struct, frozen=True):
    """What was done and what was found."""

    kills: int
    pings: int
    turned_away: int
    books: Books


Tell = Callable[[str], None]


class Campaign:
    """Phones that walk, and what is done to the service meanwhile."""

    def __init__(self, service: Service, walkers: list[Walker], plan: Plan) -> None:
        self._service = service
        self._walkers = walkers
        self._plan = plan
        self._over = asyncio.Event()
        self.turned = Turned()

    async def run(self, tell: Tell) -> None:
        """Kill at even steps of the way to so many decisions; let phones end a lap."""
        async with asyncio.TaskGroup() as group:
            for one in self._walkers:
                group.create_task(
                    walk(
                        *(self._service, one, self._over, self.turned),
                        together=self._plan.together,
                    )
                )
            await self._strike(tell)
            self._over.set()

    async def _strike(self, tell: Tell) -> None:
        victims = self._plan.victims()
        step = self._plan.decisions / (len(victims) + 1)
        for number, victim in enumerate(victims, 1):
            await self._come_to(number * step)
            await self._kill(victim)
            tell(f"{number}/{len(victims)} killed, {self._laps()} decisions")
        await self._come_to(self._plan.decisions)

    async def _kill(self, victim: str) -> None:
        if victim == "postgres":
            self._service.kill_postgres()
            await self._service.ready()
        else:
            await self._service.kill()
            await self._service.start()

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

    def _laps(self) -> int:
        return sum(one.laps for one in self._walkers)


def silent(_: str) -> None:
    """Tell nobody."""


async def run(plan: Plan, tell: Tell = silent) -> Report:
    """Let phones walk while victims are killed, and do the books."""
    with open_folder() as folder:
        street = await Sandbox.start(folder / "street", apps={"demo": "com.demo"})
        street.rules.add([Rule(gateway=Gateway.APNS, latency_ms=plan.latency)])
        service = Service(folder, street)
        try:
            await service.start()
            walkers = await introduce(service, plan.phones)
            campaign = Campaign(service, walkers, plan)
            await campaign.run(tell)
            tell("waiting for the last messages")
            await all_sent(service.dsn)
            books = await do_books(service, street, walkers)
        finally:
            await service.stop()
            await street.stop()
    pings = sum(one.steps for one in walkers)
    return Report(len(plan.victims()), pings, campaign.turned.away, books)


def table(report: Report) -> str:
    """The counts, for people."""
    books = report.books
    rows = [COLUMNS] + [
        (
            *(promise, str(one.decided), str(one.arrived), str(one.never_arrived)),
            str(one.arrived_again),
            ", ".join(
                f"{state} {count}" for state, count in sorted(one.states.items())
            ),
        )
        for promise, one in books.promised.items()
    ]
    lines = ["".join(f"{cell:<15}" for cell in row).rstrip() for row in rows]
    return "\n".join(
        (
            f"{report.kills} kills, {report.pings} pings acknowledged, "
            f"{report.turned_away} requests turned away, "
            f"{books.transitions} transitions",
            *lines,
            f"{len(books.wrong)} wrong",
            *books.wrong[:SHOWN],
        )
    )


def main() -> None:
    """Run a campaign from the command line and print its counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    usual = Plan()
    for name in ("decisions", "kills", "postgres-kills", "phones", "seed"):
        default = getattr(usual, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--latency", type=float, default=usual.latency)
    plan = Plan(**vars(parser.parse_args()))
    # A client that was killed is told of at each write to it.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    began = monotonic()

    def tell(text: str) -> None:
        sys.stderr.write(f"{monotonic() - began:6.0f} s  {text}\n")

    report = asyncio.run(run(plan, tell))
    sys.stdout.write(table(report) + "\n")
    sys.exit(1 if report.books.wrong else 0)


if __name__ == "__main__":
    main()
