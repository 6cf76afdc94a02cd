"""How far a lane has come through what is due, so that its claims do not look behind.

As long as somebody holds a snapshot open, whatever was claimed stays in the index, and
a look at all that is due walks over all of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from geopush.core.message import Message
from geopush.store.outbox import EVER

LATE = timedelta(seconds=0.5)  # from when a message is due until its commit is seen
AGAIN = 1.0  # seconds from one look at everything to the next, at least
PART = 20  # of the time is for such looks, at most one
LONGEST = 60.0  # seconds without one


class Asked(Struct, frozen=True):
    """A look for what is due at a moment, and not before ``since``; at most so many."""

    since: datetime
    now: datetime
    limit: int
    ticks: float


class Progress:
    """From when on a lane looks for what is due.

    What comes to stand behind it is found by a look at everything: a second later, or
    twenty times as long as the last such look took, and a minute at the latest.
    """

    def __init__(self) -> None:
        self._reached = EVER
        self._again = float("-inf")

    def begin(self, limit: int, now: datetime, ticks: float) -> Asked:
        """Return how to look now."""
        since = EVER if ticks >= self._again else self._reached - LATE
        return Asked(since, now, limit, ticks)

    def end(self, asked: Asked, claimed: Sequence[Message], ticks: float) -> None:
        """Note how far a look came, which is all the way if it found fewer."""
        if asked.since == EVER:
            took = ticks - asked.ticks
            self._again = ticks + min(max(AGAIN, took * PART), LONGEST)
        self._reached = asked.now
        if len(claimed) == asked.limit:
            self._reached = max(one.due for one in claimed)
