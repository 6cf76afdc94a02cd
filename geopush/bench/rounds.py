"""What was measured in several rounds, in a few characters."""

import statistics


class Rounds(list[float]):
    """What was measured in each round, shown as median and spread."""

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self)

    @property
    def spread(self) -> float:
        """From the smallest to the largest, over the median."""
        return (max(self) - min(self)) / self.median if self.median else 0.0

    def __str__(self) -> str:
        return f"{brief(self.median)} ({self.spread:.0%})"


def brief(number: float) -> str:
    """Return three digits of a number, with k for thousands and M for millions.

    >>> brief(1_234_567), brief(98_765), brief(3)
    ('1.23 M', '98.8 k', '3')
    """
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"
