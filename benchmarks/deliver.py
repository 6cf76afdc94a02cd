"""Messages out: through the gateways, and through the outbox, beside bare ones."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import uvloop

from benchmarks.report import Cell, Goal, Table
from benchmarks.senders import (
    Sending,
    Where,
    bare_fcm,
    our_apns,
    our_fcm,
    plain_apns,
    plain_fcm,
    send_for,
)
from geopush.bench.contest import Contender, Measures, Scores, compete
from geopush.bench.rounds import Rounds

QUICK, FULL = (0.2, 1), (1.0, 5)  # seconds a round, rounds
LATENCY = 40  # milliseconds, what Apple is said to take
PLAIN_APNS, PLAIN_FCM, CEILING = "plain aioapns", "plain pyfcm", "bare sockets"
CHECKED = "checked"
OURS_NEAR, OURS_FAR = "geopush", f"geopush, {LATENCY} ms away"


class Way(NamedTuple):
    """How to send, how many at a time, and how far away the stand-in is."""

    make: Callable[[Where], Sending]
    at_a_time: int
    latency: int = 0
    checking: bool = False


APNS = {
    OURS_NEAR: Way(our_apns, 200),
    PLAIN_APNS: Way(plain_apns, 200),
    f"{OURS_NEAR}, 900 at a time": Way(our_apns, 900),
    OURS_FAR: Way(our_apns, 900, LATENCY),
}
FCM = {
    OURS_NEAR: Way(our_fcm, 64),
    PLAIN_FCM: Way(plain_fcm, 1),
    CEILING: Way(bare_fcm, 64),
    f"{OURS_NEAR}, {CHECKED}": Way(our_fcm, 64, checking=True),
    f"{CEILING}, {CHECKED}": Way(bare_fcm, 64, checking=True),
}
NOTE = "Stand-ins in load mode, in a process of their own, on the other core."
COLUMNS = ("contender", "at a time", "sends/s", "us of CPU", "x", "x by CPU")
SHARE = "of what it takes"
APNS_MEANING = f"""\
- **contender**: `geopush` is `ApnsGateway.send`; `{PLAIN_APNS}` is aioapns 4.0 as it
  comes, on one connection and the same event loop. The stand-in is in another process,
  takes everything at once and is the same for all; TLS and HTTP/2 are real.
- **at a time**: how many sends are in flight.
- **sends/s**: accepted in a second of the clock; the client has one core.
- **us of CPU**: what the client spends on one.
- **x**, **x by CPU**: the same over that of `{PLAIN_APNS}`; for the last row over that
  of `geopush, 900 at a time`, which is as far away as the same machine is.
"""
FCM_MEANING = f"""\
- **contender**: `geopush` is `FcmGateway.send`; `{PLAIN_FCM}` is
  `FCMNotification.notify`, one after the other, as it blocks. `{CEILING}` makes
  nothing: it writes ready bytes, always the same, and reads answers, so it has time to
  spare and shows how much the stand-in takes. `{CHECKED}` is against the usual
  stand-in, which looks at every message as Google does and so takes less.
- **x**, **x by CPU**: the same over that of `{PLAIN_FCM}`, which only ever meets the
  stand-in that looks at nothing.
- **{SHARE}**: sends/s over those of `{CEILING}` against the same stand-in.
  Other columns as above.
"""


def to_apple(quick: bool) -> list[Table]:
    """Measure the way to Apple beside aioapns."""
    scores = _contest(APNS, quick)
    bases = {OURS_FAR: f"{OURS_NEAR}, 900 at a time"}
    rows = [_row(APNS, scores, one, bases.get(one, PLAIN_APNS)) for one in APNS]
    goals = _apns_goals(scores)
    return [Table("deliver: to Apple", NOTE, COLUMNS, rows, APNS_MEANING, goals)]


def to_google(quick: bool) -> list[Table]:
    """Measure the way to Google beside pyfcm, and beside what the stand-in takes."""
    scores = _contest(FCM, quick)
    rows = [
        [
            *_row(FCM, scores, one, PLAIN_FCM),
            Rounds(scores[one].over(scores[_most(one)], "rate")),
        ]
        for one in FCM
    ]
    goals = _fcm_goals(scores)
    columns = (*COLUMNS, SHARE)
    return [Table("deliver: to Google", NOTE, columns, rows, FCM_MEANING, goals)]


def _most(name: str) -> str:
    """Who shows how much the stand-in takes that a contender meets."""
    return f"{CEILING}, {CHECKED}" if FCM[name].checking else CEILING


def _apns_goals(scores: dict[str, Scores]) -> list[Goal]:
    ours, plain = scores[OURS_NEAR], scores[PLAIN_APNS]
    many, far = scores[f"{OURS_NEAR}, 900 at a time"], scores[OURS_FAR]
    kept = Rounds(far.over(many, "rate"))
    return [
        Goal(
            "APNs, sends/s against plain aioapns",
            1.6,
            8,
            Rounds(ours.over(plain, "rate")),
        ),
        Goal(f"APNs, sends/s {LATENCY} ms away against none", 0.9, 0.9, kept),
    ]


def _fcm_goals(scores: dict[str, Scores]) -> list[Goal]:
    ours, plain = scores[OURS_NEAR], scores[PLAIN_FCM]
    most = scores[CEILING]
    checked, checking = (scores[f"{one}, {CHECKED}"] for one in (OURS_NEAR, CEILING))
    return [
        Goal(
            "FCM, sends/s against plain pyfcm", 5, 8, Rounds(ours.over(plain, "rate"))
        ),
        Goal(
            "FCM, sends/s against what the stand-in takes",
            *(0.5, 0.8),
            Rounds(ours.over(most, "rate")),
        ),
        Goal(
            "FCM, the same where the stand-in looks at every message",
            *(0.5, 0.8),
            Rounds(checked.over(checking, "rate")),
        ),
    ]


def _contest(ways: dict[str, Way], quick: bool) -> dict[str, Scores]:
    seconds, rounds = QUICK if quick else FULL
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        where = {
            (late, checks): stack.enter_context(
                stand_ins(directory / f"{late}-{checks}", late, checks)
            )
            for late, checks in {(way.latency, way.checking) for way in ways.values()}
        }
        openers = {
            name: partial(open_way, way, where[way.latency, way.checking], seconds)
            for name, way in ways.items()
        }
        return compete(openers, rounds, hurry=quick)


def _row(
    ways: dict[str, Way], scores: dict[str, Scores], name: str, base: str
) -> list[Cell]:
    mine, theirs = scores[name], scores[base]
    return [
        name,
        ways[name].at_a_time,
        Rounds(mine.of("rate")),
        Rounds(mine.of("cpu")),
        Rounds(mine.over(theirs, "rate")),
        Rounds(theirs.over(mine, "cpu")),
    ]


@contextmanager
def stand_ins(directory: Path, latency: int, checks: bool) -> Iterator[Where]:
    """Run stand-ins in a process of their own, on the last core if there are more."""
    command = [sys.executable, "-m", "geopush.sandbox.load", str(directory)]
    command += ["--latency-ms", str(latency), *(["--checking"] if checks else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        yield Where(directory, **told)
        process.kill()


@contextmanager
def open_way(way: Way, where: Where, seconds: float) -> Iterator[Contender]:
    """Open a way to send on the first core, and measure it for so many seconds."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:

        async def begin() -> Sending:
            sending = way.make(where)
            await send_for(sending, 0.1, 1)  # Apple wants to know us first
            return sending

        sending = runner.run(begin())

        def measure() -> Measures:
            cpu, clock = time.process_time(), time.perf_counter()
            done = runner.run(send_for(sending, seconds, way.at_a_time))
            spent = time.perf_counter() - clock
            return {
                "rate": done / spent,
                "cpu": 1e6 * (time.process_time() - cpu) / done,
            }

        yield Contender({}, measure)
        runner.run(sending.close())
