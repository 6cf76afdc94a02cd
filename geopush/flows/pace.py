"""How fast things go: how long a full line takes, and how long a loop rests."""

from math import ceil

LEAST, MOST = 1, 30  # seconds that a phone is told to stay away
RECENT = 0.2  # what the newest flush counts for
LONGEST_REST = 2.0  # seconds; a page that took longer did so for other reasons


class Tempo:
    """How long flushes take, the newest of them counting most."""

    def __init__(self) -> None:
        self._flush = 0.0

    def note(self, seconds: float) -> None:
        """Learn how long a flush took."""
        self._flush += RECENT * (seconds - self._flush)

    def wait(self, flushes: float) -> int:
        """Return in how many seconds so many flushes are likely over, and one more."""
        return min(max(LEAST, ceil((flushes + 1) * self._flush)), MOST)


def rest(worked: float) -> float:
    """Return how long to leave the machine to pings, after having worked so long.

    So what happens without a ping takes half of the time at most while there are any.
    """
    return min(worked, LONGEST_REST)
