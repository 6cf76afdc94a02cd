"""Contenders, each in a process of its own, measured in turn, round by round.

In turn, because a machine is not the same from one minute to the next: a ratio is that
of one round, and the median of them is told.
"""

import multiprocessing
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

Measures = dict[str, float]


class Contender(NamedTuple):
    """What is known of a contender once it is there, and how to measure it once."""

    facts: dict[str, Any]
    measure: Callable[[], Measures]


Opener = Callable[[], AbstractContextManager[Contender]]


class Scores(NamedTuple):
    """What came of a contender: its facts, and its measures of each round."""

    facts: dict[str, Any]
    rounds: list[Measures]

    def of(self, what: object) -> list[float]:
        """Return one measure of all rounds."""
        return [one[f"{what}"] for one in self.rounds]

    def over(self, other: "Scores", what: object) -> list[float]:
        """Return how many times the other's measure this one's was, each round."""
        pairs = zip(self.of(what), other.of(what), strict=True)
        return [mine / theirs for mine, theirs in pairs]


def compete(openers: Mapping[str, Opener], rounds: int) -> dict[str, Scores]:
    """Open each contender in its own process and measure all of them each round."""
    spawn = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    scores: dict[str, Scores] = {}
    try:
        for name, opener in openers.items():
            pipes[name], theirs = spawn.Pipe()
            spawn.Process(target=_serve, args=(theirs, opener), daemon=True).start()
            theirs.close()
            scores[name] = Scores(pipes[name].recv(), [])
        for number in range(rounds + 1):
            for name, pipe in pipes.items():
                pipe.send("once more")
                measures = pipe.recv()
                if number:  # the first round only warms up
                    scores[name].rounds.append(measures)
        return scores
    finally:
        for pipe in pipes.values():
            pipe.close()
        for process in multiprocessing.active_children():
            process.join()


def rate(step: Callable[[int], int], seconds: float) -> float:
    """Return how much is done in a second of CPU; a step is told what is done yet."""
    done, started = 0, time.thread_time()
    while (spent := time.thread_time() - started) < seconds:
        done += step(done)
    return done / spent


def _serve(pipe: Connection, opener: Opener) -> None:
    with opener() as contender:
        pipe.send(contender.facts)
        while True:
            try:
                pipe.recv()
            except EOFError:
                return
            pipe.send(contender.measure())
