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
) -> dict[str, Scores[Facts]]:
    """Open each contender in its own process and measure all of them each round.

    If a core is given, all of them run there, one at a time.
    """
    spawn = multiprocessing.get_context("spawn")
    tell = tell or _keep_quiet
    pipes: dict[str, Connection] = {}
    scores: dict[str, Scores[Facts]] = {}
    processes = []
    try:
        for name, opener in openers.items():
            tell(f"building: {name}")
            pipes[name], theirs = spawn.Pipe()
            process = spawn.Process(
                target=_serve, args=(theirs, opener, core), daemon=True
            )
            process.start()
            processes.append(process)
            theirs.close()
            scores[name] = Scores(pipes[name].recv(), [])
        for number in range(rounds + 1):
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


def _serve(pipe: Connection, opener: Opener[Facts], core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})
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
