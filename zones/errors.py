"""What can be wrong with an upload: a closed list of codes, and where it is wrong."""

from enum import StrEnum, auto

from msgspec import Struct

MAX_PROBLEMS = 10_000  # reading stops here: nobody mends more than this by hand


class Problem(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: where in the document, what, and how to mend it."""

    path: str
    code: str
    text: str
    at: tuple[float, float] | None = None
    suggestion: str | None = None


class Code(StrEnum):
    """The codes of problems and warnings that reading zones can give."""

    TOO_LARGE = auto()
    UNREADABLE = auto()
    TOO_MANY_PROBLEMS = auto()
    WRONG_TYPE = auto()
    MISSING = auto()
    UNKNOWN_CRS = auto()
    UNKNOWN_GEOMETRY = auto()
    EMPTY = auto()
    TOO_FEW_POSITIONS = auto()
    TOO_MANY_VERTICES = auto()
    TOO_MANY_PARTS = auto()
    NOT_A_NUMBER = auto()
    OUT_OF_RANGE = auto()
    SWAPPED_COORDINATES = auto()
    CROSSING_EDGES = auto()
    HOLE_OUTSIDE = auto()
    NESTED_HOLES = auto()
    NESTED_PARTS = auto()
    BROKEN_SHAPE = auto()
    AROUND_POLE = auto()
    TOO_WIDE = auto()
    AREA_TOO_LARGE = auto()
    RADIUS_MISSING = auto()
    RADIUS_OUT_OF_RANGE = auto()
    ID_MISSING = auto()
    ID_INVALID = auto()
    ID_REPEATED = auto()
    ID_DIFFERS = auto()
    GROUP_DIFFERS = auto()
    UNKNOWN_PROPERTY = auto()
    BAD_PROPERTY = auto()
    BAD_METADATA = auto()
    UNKNOWN_TIMEZONE = auto()
    BAD_OPENING_HOURS = auto()
    PROPERTY_DROPPED = auto()


def is_full(problems: list[Problem]) -> bool:
    """Tell whether enough problems were found to stop looking for more."""
    return len(problems) >= MAX_PROBLEMS


class ZoneError(Exception):
    """A zone index was asked something it cannot answer."""


class UnknownZone(ZoneError):
    """No zone has this number in this index."""

    def __init__(self, number: int) -> None:
        super().__init__(f"no zone has number {number} here")
        self.number = number
