"""Contenders, each in a process of its own, measured in turn, round by round.

In turn, because a machine is not the same from one minute to the next: a ratio is that
of one round, and the median of them is told.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Generic, NamedTuple, TypeVar

Facts = TypeVar("Facts")
Measures = dict[str, float]
Tell = Callable[[str], None]


class Contender(NamedTuple, Generic[Facts]):
    """What is known of a contender once it is there, and how to measure it once."""

    facts: Facts
    measure: Callable[[], Measures]


Opener = Callable[[], AbstractContextManager[Contender[Facts]]]


class Scores(NamedTuple, Generic[Facts]):
    """What came of a contender: its facts, and its measures of each round."""

    facts: Facts
    rounds: list[Measures]

    def of(self, what: object) -> list[float]:
        """Return one measure of all rounds."""
        return [one[f"{what}"] for one in self.rounds]

    def over(self, other: "Scores[Facts]", what: object) -> list[float]:
        """Return how many times the other's measure this one's was, each round."""
        pairs = zip(self.of(what), other.of(what), strict=True)
        return [mine / theirs for mine, theirs in pairs]


def compete(
    openers: Mapping[str, Opener[Facts]],
    rounds: int,
    core: int | None = None,
    tell: Tell | None = None,
    *,
    hurry: bool = False,
) -> dict[str, Scores[Facts]]:
    """Open each contender in its own process and measure all of them each round.

    If a core is given, all of them run there, one at a time. In a hurry they are built
    at once, on all cores, and nothing warms up.
    """
    tell = tell or _keep_quiet
    pipes: dict[str, Connection] = {}
    processes: list[BaseProcess] = []
    cores = None if hurry or core is None else {core}
    try:
        for name, opener in openers.items():
            tell(f"building: {name}")
            pipes[name], process = _start(opener, cores)
            processes.append(process)
            if not hurry:
                pipes[name].poll(None)
        scores: dict[str, Scores[Facts]] = {
            name: Scores(pipe.recv(), []) for name, pipe in pipes.items()
        }
        for number in range(1 if hurry else 0, rounds + 1):
            tell(f"round {number} of {rounds}")
            for name, pipe in pipes.items():
                pipe.send("once more")
                measures = pipe.recv()
                if number:  # the first round only warms up
                    scores[name].rounds.append(measures)
        return scores
    finally:
        for pipe in pipes.values():
            pipe.close()
        for process in processes:
            process.join()


def rate(
    step: Callable[[int], int],
    seconds: float,
    clock: Callable[[], float] = time.process_time,
) -> float:
    """Return how much is done in a second of CPU; a step is told what is done yet."""
    done, started = 0, clock()
    while not done or clock() - started < seconds:
        done += step(done)
    return done / (clock() - started)


def last_core() -> int | None:
    """Return the last core that this process may use, where that can be told."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    return max(os.sched_getaffinity(0))


def _start(
    opener: Opener[Facts], cores: set[int] | None
) -> tuple[Connection, BaseProcess]:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, opener, cores), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _serve(pipe: Connection, opener: Opener[Facts], cores: set[int] | None) -> None:
    if cores is not None:
        os.sched_setaffinity(0, cores)
    with opener() as contender:
        pipe.send(contender.facts)
        while True:
            try:
                pipe.recv()
            except EOFError:
                return
            pipe.send(contender.measure())


def _keep_quiet(text: str) -> None:
    """Tell nobody."""
