"""The stepped clock stands still, and goes one way."""

from datetime import timedelta, timezone

import pytest

from geopush.sandbox.clock import ClockRunsForward, SteppedClock, system_clock
from tests.sandbox.build import NOON


def test_a_stepped_clock_stands_still() -> None:
    clock = SteppedClock(NOON)
    assert clock() == clock() == NOON


def test_a_stepped_clock_moves_when_stepped() -> None:
    clock = SteppedClock(NOON)
    clock.step(timedelta(minutes=5))
    clock.move_to(clock() + timedelta(minutes=1))
    assert clock() == NOON + timedelta(minutes=6)


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(days=1)])
def test_a_stepped_clock_never_goes_back(back: timedelta) -> None:
    clock = SteppedClock(NOON)
    with pytest.raises(ClockRunsForward):
        clock.move_to(NOON - back)
    with pytest.raises(ClockRunsForward):
        clock.step(-back)
    assert clock() == NOON


def test_clocks_tell_aware_times_in_utc() -> None:
    there = timezone(timedelta(hours=-4))
    assert SteppedClock(NOON.astimezone(there))().tzinfo == system_clock().tzinfo
