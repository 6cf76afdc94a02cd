"""The sandbox's time: that of the machine, or one that moves only when stepped."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


class ClockRunsForward(ValueError):
    """A clock was asked to go back."""


def system_clock() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


class SteppedClock:
    """A clock that stands still until somebody moves it, and never goes back."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def __call__(self) -> datetime:
        """Return the moment it was last moved to."""
        return self._now

    def step(self, span: timedelta) -> None:
        """Let so much time pass."""
        self.move_to(self._now + span)

    def move_to(self, now: datetime) -> None:
        """Let time pass until that moment."""
        if now < self._now:
            raise ClockRunsForward(f"it is {self._now.isoformat()} already")
        self._now = now.astimezone(UTC)
