"""How pings are answered while gateways storm, beside calm, in turn.

    python -m tests.faults.answers --rounds 6 --pings 1200 --messages 6000

A real service; the clock is the machine's. Rounds of calm and storm alternate, so that
whatever else the machine does meets both alike. Then a long storm, with as many
messages as can be, shows whether any of them leaves something behind in memory.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import httpx
from msgspec import Struct

from geopush.sandbox import Sandbox
from geopush.sandbox.rules import Gateway, Rule
from tests.databases import open_folder
from tests.faults.books import all_sent
from tests.faults.service import LOOK, Service
from tests.faults.walkers import LAP, Turned, Walker, introduce, walk

STORM = [
    Rule(gateway=one, status=503, share=0.5, hang_share=0.1, reset_share=0.1)
    for one in Gateway
]
PHONES = 8
NOISE = 1.25  # rounds of calm differ by so much on any machine
MOST_GROWTH = 12.0  # MiB of memory in all: two kilobytes of each message are more


class Round(Struct, frozen=True):
    """One round: the median answer, and what a ping cost the service."""

    milliseconds: float
    cpu_microseconds: float


class Report(Struct, frozen=True):
    """All rounds, and the service's resident memory before, after them and at last."""

    calm: list[Round]
    storm: list[Round]
    mib: list[float]
    messages: int

    @property
    def is_well(self) -> bool:
        """Whether storms cost pings no more than calm rounds differ."""
        return (
            self.slower("milliseconds") <= self.noise("milliseconds")
            and self.slower("cpu_microseconds") <= self.noise("cpu_microseconds")
            and self.mib[-1] - self.mib[0] <= MOST_GROWTH
        )

    def slower(self, what: str) -> float:
        """The median of each storm over the calm before it."""
        pairs = zip(self.storm, self.calm, strict=True)
        return median(getattr(bad, what) / getattr(good, what) for bad, good in pairs)

    def noise(self, what: str) -> float:
        """The worst calm over the best."""
        calm = [getattr(one, what) for one in self.calm]
        return max(max(calm) / min(calm), NOISE)


async def run(rounds: int, pings: int, messages: int) -> Report:
    """Walk in calm and storm by turns, so many pings each; then storm on and on."""
    with open_folder() as folder:
        street = await Sandbox.start(folder / "street", apps={"demo": "com.demo"})
        service = Service(folder, street)
        try:
            await service.start()
            walkers = await introduce(service, PHONES)
            await _round(service, walkers, pings)  # warm
            mib = [_memory(service.pid)]
            calm, storm = await _take_turns(service, street, walkers, rounds, pings)
            mib.append(_memory(service.pid))
            await _storm_on(service, street, walkers, messages)
            mib.append(_memory(service.pid))
            sent = len({one.message_id for one in street.inbox.received()})
            return Report(calm, storm, mib, sent)
        finally:
            await service.stop()
            await street.stop()


async def _take_turns(
    service: Service, street: Sandbox, walkers: list[Walker], rounds: int, pings: int
) -> tuple[list[Round], list[Round]]:
    calm, storm = [], []
    for _ in range(rounds):
        calm.append(await _round(service, walkers, pings))
        street.rules.add(STORM)
        storm.append(await _round(service, walkers, pings))
        street.rules.clear()
        await all_sent(service.dsn)
    return calm, storm


async def _storm_on(
    service: Service, street: Sandbox, walkers: list[Walker], messages: int
) -> None:
    """Cause so many messages in one storm, as fast as phones can walk."""
    over, turned = asyncio.Event(), Turned()
    street.rules.add(STORM)
    enough = messages + sum(one.laps for one in walkers)
    async with asyncio.TaskGroup() as group:
        for one in walkers:
            group.create_task(walk(service, one, over, turned, len(LAP)))
        while sum(one.laps for one in walkers) < enough:
            await asyncio.sleep(LOOK)
        over.set()
    street.rules.clear()
    await all_sent(service.dsn)


async def _round(service: Service, walkers: list[Walker], pings: int) -> Round:
    cpu = _cpu(service.pid)
    laps = pings // len(walkers) // len(LAP)
    walks = (_walk(service, one, laps * len(LAP)) for one in walkers)
    took = [one for each in await asyncio.gather(*walks) for one in each]
    spent = _cpu(service.pid) - cpu
    return Round(1e3 * median(took), 1e6 * spent / len(took))


async def _walk(service: Service, walker: Walker, pings: int) -> list[float]:
    """Post so many pings, one after the other; every one must be taken at once."""
    headers = {"Authorization": f"Bearer {walker.token}"}
    took = []
    async with httpx.AsyncClient(base_url=service.url, headers=headers) as client:
        for _ in range(pings):
            began = perf_counter()
            answer = await client.post("/v1/pings", json=walker.ping(), timeout=30)
            took.append(perf_counter() - began)
            assert answer.status_code == 202, answer.text
            walker.acknowledged()
    return took


def _cpu(pid: int) -> float:
    """Seconds of processor that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """MiB that the process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Take turns and print what they told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--pings", type=int, default=1200)
    parser.add_argument("--messages", type=int, default=6000)
    report = asyncio.run(run(**vars(parser.parse_args())))
    for what in Round.__struct_fields__:
        sys.stdout.write(
            f"{what} of a ping: calm {_spread(report.calm, what)}, "
            f"storm {_spread(report.storm, what)}, storm over calm "
            f"{report.slower(what):.2f}, noise {report.noise(what):.2f}\n"
        )
    before, turns, last = report.mib
    sys.stdout.write(
        f"memory: {before:.1f} MiB, {turns:.1f} after these turns, {last:.1f} after "
        f"{report.messages} messages in all; at most {MOST_GROWTH:.0f} more is well\n"
    )
    sys.exit(0 if report.is_well else 1)


def _spread(rounds: list[Round], what: str) -> str:
    values = [getattr(one, what) for one in rounds]
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


if __name__ == "__main__":
    main()
