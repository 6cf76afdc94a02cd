"""Ten defects of aioapns 4.0, shown against the stand-in: plain, and with ours.

``python -m tests.push.defects`` prints the table. Each count is of harms; 0 is none.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from geopush.sandbox import Sandbox
from geopush.sandbox.rules import Gateway, Rule
from tests.push.build import NOW
from tests.push.senders import TOPIC, Ours, Plain, Sender, until

LONG = 600.0  # idle seconds that no scenario lasts
BRIEF = 0.05
FILLING = 255  # bytes; a window of 65,535 is 257 of them, so none comes in pieces
LATE = 60_000.0  # ms: not within a scenario

Scenario = Callable[[Sandbox, Sender], Awaitable[int]]


class Defect(Struct, frozen=True):
    """What goes wrong, what is counted, and a scenario that counts it."""

    name: str
    what: str
    harm: str
    scenario: Scenario
    idle: float = LONG


async def unfinished(sender: Sender, sends: Iterable[asyncio.Task[str]]) -> int:
    """Wait while answers come, then give up; return how many never did."""
    waiting = set(sends)
    while waiting:
        done, waiting = await asyncio.wait(
            waiting, timeout=sender.patience, return_when=asyncio.FIRST_COMPLETED
        )
        if not done:
            break
    await give_up(waiting)
    return len(waiting)


async def give_up(sends: Iterable[asyncio.Task[str]]) -> None:
    """Cancel sends and wait until they have ended."""
    sends = list(sends)
    for send in sends:
        send.cancel()
    await asyncio.gather(*sends, return_exceptions=True)


def begin(sender: Sender, phones: Iterable[int], text: str) -> list[asyncio.Task[str]]:
    """Begin to send to several phones at a time."""
    return [asyncio.create_task(sender.send(phone, text)) for phone in phones]


async def arrived(sandbox: Sandbox, count: int) -> None:
    """Wait until so many pushes have arrived."""
    await until(lambda: len(sandbox.inbox.received()) >= count)


def doubled(sandbox: Sandbox) -> int:
    """Count the pushes that arrived again."""
    return sum(item.repeat for item in sandbox.inbox.received())


async def windows_run_dry(sandbox: Sandbox, sender: Sender) -> int:
    """D1: more refusals than the window of the connection holds."""
    await sender.prove()
    reason = "x" * (FILLING - len('{"reason": ""}'))
    sandbox.rules.add([Rule(Gateway.APNS, status=400, reason=reason)])
    first = await unfinished(sender, begin(sender, range(2, 152), "x"))
    return first + await unfinished(sender, begin(sender, range(152, 302), "x"))


async def resets_are_ignored(sandbox: Sandbox, sender: Sender) -> int:
    """D2: an answer that breaks off."""
    await sender.prove()
    sandbox.rules.add([Rule(Gateway.APNS, reset_share=1.0)])
    return await unfinished(sender, begin(sender, [2], "x"))


async def a_late_answer_kills(sandbox: Sandbox, sender: Sender) -> int:
    """D3: one send is given up, its answer comes, and others are in flight."""
    await sender.prove()
    victim, after = f"{2:064x}", f"{3:064x}"
    sandbox.rules.add([Rule(Gateway.APNS, latency_ms=300, address=victim)])
    sandbox.rules.add([Rule(Gateway.APNS, latency_ms=600, address=after)])
    (given_up,) = begin(sender, [2], "x")
    await arrived(sandbox, 2)
    await give_up([given_up])
    (last,) = begin(sender, [3], "x")
    late = [
        Rule(Gateway.APNS, latency_ms=LATE, address=f"{n:064x}") for n in range(4, 24)
    ]
    sandbox.rules.add(late)
    others = begin(sender, range(4, 24), "x")
    await arrived(sandbox, 23)
    await last
    await give_up(others)
    return doubled(sandbox)


async def a_goodbye_cuts_off(sandbox: Sandbox, sender: Sender) -> int:
    """D4: a polite goodbye while answers are still to come."""
    await sender.prove()
    sandbox.rules.add([Rule(Gateway.APNS, goaway_every=20, latency_ms=100)])
    sends = begin(sender, range(2, 22), "x")
    await unfinished(sender, sends)
    return doubled(sandbox)


async def full_windows_leak(sandbox: Sandbox, sender: Sender) -> int:
    """D5: a burst larger than the window of the connection."""
    await sender.prove()
    await unfinished(sender, begin(sender, range(2, 42), "x" * 3400))
    streams = [one for each in sender.connections() for one in each.streams.values()]
    return sum(one.open for one in streams)


async def ids_are_mixed_up(sandbox: Sandbox, sender: Sender) -> int:
    """D6: the same id twice in flight."""
    await sender.prove()
    twice = [asyncio.create_task(sender.send(n, message=2)) for n in (2, 3)]
    return await unfinished(sender, twice)


async def pieces_are_not_joined(sandbox: Sandbox, sender: Sender) -> int:
    """D7: a refusal in two pieces."""
    await sender.prove()
    refused = Rule(Gateway.APNS, status=400, reason="BadPriority", split_body=True)
    sandbox.rules.add([refused])
    (sent,) = begin(sender, [2], "x")
    await unfinished(sender, [sent])
    failed = sent.cancelled() or sent.exception() is not None
    return int(failed)


async def successes_pile_up(sandbox: Sandbox, sender: Sender) -> int:
    """D8: what is remembered after all is over."""
    await sender.prove()
    await unfinished(sender, begin(sender, range(2, 202), "x"))
    return sender.remembered()


async def tokens_are_not_shared(sandbox: Sandbox, sender: Sender) -> int:
    """D9: connections that close when they are idle, and open again."""
    for phone in (1, 2, 3):
        await sender.send(phone)
        await until(lambda: not sender.connections())
    return len(sandbox.traffic.authorizations) - 1


async def one_stream_stays_one(sandbox: Sandbox, sender: Sender) -> int:
    """D10: one stream at first, then many, as Apple has it."""
    await sender.send(1)
    sandbox.rules.add([Rule(Gateway.APNS, latency_ms=LATE)])
    sends = begin(sender, range(2, 22), "x")
    with suppress(TimeoutError):
        await until(lambda: len(sandbox.inbox.received()) > 20, sender.patience)
    await give_up(sends)
    return 21 - len(sandbox.inbox.received())


DEFECTS = (
    Defect(
        "D1",
        "received bytes are never given back to the window",
        "of 300 refused sends never end",
        windows_run_dry,
    ),
    Defect("D2", "a reset is ignored", "of 1 send never ends", resets_are_ignored),
    Defect(
        "D3",
        "a late answer to a send given up kills the connection",
        "of 20 others arrive twice",
        a_late_answer_kills,
    ),
    Defect(
        "D4",
        "a goodbye cuts off what is in flight",
        "of 20 in flight arrive twice",
        a_goodbye_cuts_off,
    ),
    Defect(
        "D5",
        "a full window leaves streams half open",
        "of 40 streams leaked",
        full_windows_leak,
    ),
    Defect(
        "D6",
        "answers are found by id, not by stream",
        "of 2 sends with one id never end",
        ids_are_mixed_up,
    ),
    Defect(
        "D7",
        "a refusal in pieces kills the connection",
        "of 1 refusal not understood",
        pieces_are_not_joined,
    ),
    Defect(
        "D8",
        "successes are never forgotten",
        "of 200 sends remembered",
        successes_pile_up,
    ),
    Defect(
        "D9",
        "every connection makes a token of its own",
        "tokens too many, of 3 connections",
        tokens_are_not_shared,
        idle=BRIEF,
    ),
    Defect(
        "D10",
        "a limit of one stream at first is never lifted",
        "of 20 sends wait for no reason",
        one_stream_stays_one,
    ),
)


async def harms(
    defect: Defect, directory: Path, kind: Callable[[Sandbox, float], Sender]
) -> int:
    """Count the harms of one defect with one sender, in a sandbox of its own."""
    sandbox = await Sandbox.start(directory, apps={"demo": TOPIC}, clock=lambda: NOW)
    sender = kind(sandbox, defect.idle)
    try:
        return await defect.scenario(sandbox, sender)
    finally:
        await sender.close()
        await sandbox.stop()


async def main() -> None:
    """Print the table."""
    logging.disable()
    line = "{:<4} {:<54} {:<38} {:>6} {:>5}\n"
    sys.stdout.write(line.format("", "aioapns 4.0", "harms", "plain", "ours"))
    with TemporaryDirectory() as directory:
        for one in DEFECTS:
            plain = await harms(one, Path(directory), Plain)
            ours = await harms(one, Path(directory), Ours)
            row = line.format(one.name, one.what, one.harm, plain, ours)
            sys.stdout.write(row)


if __name__ == "__main__":
    asyncio.run(main())
