"""How long phones are told to stay away, and how long loops rest for pings."""

import pytest

from geopush.flows.pace import LONGEST_REST, MOST, RECENT, Tempo, rest


@pytest.mark.parametrize(
    ("took", "flushes", "seconds"),
    [
        ([], 10, 1),  # nothing is known yet
        ([0.01] * 50, 20, 1),  # never less than a second
        ([0.5] * 50, 9, 5),
        ([0.5] * 50, 8.5, 5),
        ([4.0] * 50, 100, MOST),
        ([0.01] * 50 + [4.0] * 50, 1, 8),  # as it is now, not as it was
    ],
)
def test_the_time_to_come_back_is_that_of_the_flushes_to_come(
    took: list[float], flushes: float, seconds: int
) -> None:
    tempo = Tempo()
    for one in took:
        tempo.note(one)
    assert tempo.wait(flushes) == seconds


def test_one_slow_flush_is_not_taken_for_how_things_are() -> None:
    tempo = Tempo()
    tempo.note(10.0)
    assert tempo.wait(0) == 10 * RECENT


@pytest.mark.parametrize(("worked", "rested"), [(0.0, 0.0), (0.1, 0.1), (9.0, 2.0)])
def test_a_loop_rests_for_as_long_as_it_worked_within_reason(
    worked: float, rested: float
) -> None:
    assert LONGEST_REST == 2.0
    assert rest(worked) == rested
