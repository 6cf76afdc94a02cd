"""Why one item of a batch is not taken while the others count."""

from enum import StrEnum, auto


class RefusedItem(StrEnum):
    """Why an item is not taken; the codes are on the wire."""

    INVALID = auto()
    IN_THE_FUTURE = auto()
    TOO_OLD = auto()
