"""The compiled inner loops. The only package that knows numba; all works without it."""

import importlib
from pathlib import Path

import numba

from zones.kernel.kept import SHIPPED, Locator, edition, find_kept
from zones.table import Kernel

PARTS = {
    "encode": ("encode", "on_face"),
    "search": ("search", "candidates"),
    "put": ("put_all",),
    "insert": ("rehash",),
    "distance": ("to_edge",),
    "squares": ("mark_squares",),
}
LOCATOR = f"{Locator.__module__}.{Locator.__qualname__}"


def load_kept(directory: str) -> Kernel | None:
    """Return the loops that are compiled already, for this very machine, or none."""
    place = find_kept(SHIPPED, Path(directory))
    return None if place is None else load(place)


def place_in(directory: str) -> Path:
    """Return where in a directory loops of this edition are kept."""
    return Path(directory, edition())


def load(place: Path) -> Kernel:
    """Return the loops; what is missing in the place is compiled when called.

    Only the first call in a process chooses the place.
    """
    Locator.directory, before = place, numba.config.CACHE_LOCATOR_CLASSES
    numba.config.CACHE_LOCATOR_CLASSES = LOCATOR
    try:
        return Kernel(
            **{
                name: getattr(importlib.import_module(f"zones.kernel.{part}"), name)
                for part, names in PARTS.items()
                for name in names
            }
        )
    finally:
        numba.config.CACHE_LOCATOR_CLASSES = before
