"""What a picture of measures shows: lines of medians over sizes."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

Line = Sequence[tuple[float, float]]


class Plot(Struct, frozen=True):
    """Lines by name, and what is along the axes; both axes are logarithmic."""

    title: str
    across: str
    up: str
    lines: Mapping[str, Line]
