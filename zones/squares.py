"""Squares of longitude and latitude that zones are in, for a first look at places."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

ROWS, ROW = 721, 23  # of coarse squares, a quarter of a degree wide; words in each
LEAST, MOST = 10, 22  # words of fine squares, as powers of two: up to 34 MB
FULL = 8  # fine squares to a word; with more, too many places look as if near a zone


class Squares:
    """Marked squares; they are only ever marked, so that anyone may read meanwhile."""

    def __init__(self, mark: Callable[..., int]) -> None:
        self._mark = mark
        self._bits = LEAST
        self._marked = 0
        self.coarse: Words = np.zeros(ROWS * ROW, dtype=np.uint64)
        self.fine: Words = np.zeros(1 << LEAST, dtype=np.uint64)

    @property
    def shift(self) -> int:
        """How far a hash is shifted to be the place of a word."""
        return 32 - self._bits

    def put(self, records: NDArray[np.float64], first: int, end: int) -> None:
        """Mark where zones are, by their records; all anew where it gets full."""
        self._marked += self._mark_from(records, first, end)
        bits = min(MOST, (self._marked // FULL).bit_length())
        if bits > self._bits:
            self._bits, self.fine = bits, np.zeros(1 << bits, dtype=np.uint64)
            self._marked = self._mark_from(records, 0, end)

    def _mark_from(self, records: NDArray[np.float64], first: int, end: int) -> int:
        return self._mark(records, first, end, self.coarse, self.fine, self.shift)
