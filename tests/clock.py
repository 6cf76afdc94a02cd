"""A clock in the hand of the test."""

from datetime import UTC, datetime, timedelta


class HandClock:
    """Shows the same moment until the test moves it."""

    def __init__(self, now: datetime = datetime(2026, 7, 4, 12, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def step(self, span: timedelta) -> datetime:
        """Move on, and return the new moment."""
        self.now += span
        return self.now
