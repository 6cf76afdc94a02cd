"""What a writer expects to overwrite, and what came of the writing."""

from enum import StrEnum, auto

from msgspec import Struct


class Expected(Struct, frozen=True):
    """Which revisions may be overwritten; ``any`` is whatever is there."""

    revisions: frozenset[int] = frozenset()
    any: bool = False

    def is_met(self, revision: int | None) -> bool:
        """Whether this is what is there; None is nothing."""
        return revision is not None and (self.any or revision in self.revisions)


class Saved(Struct, frozen=True):
    """A thing is in force under this revision."""

    revision: int
    created: bool


class Unsaved(StrEnum):
    """Why nothing was written."""

    ABSENT = auto()  # not there, or not within the reach of the one who asks
    CHANGED = auto()  # not at the revision that was expected


def against(revision: int | None, expected: Expected | None) -> Unsaved | None:
    """Return what speaks against overwriting what is at a revision."""
    if expected is None or expected.is_met(revision):
        return None
    return Unsaved.CHANGED
