"""Every kind of index that there is here: the compiled one too where it can be."""

from collections.abc import Iterable
from enum import StrEnum, auto
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path

import zones
from zones import Zone, ZoneIndex


class Kind(StrEnum):
    """The kinds of index, cells with and without compiled loops."""

    SCAN = auto()
    TREE = auto()
    CELLS = auto()
    COMPILED = auto()


class Compiled:
    """Where compiled loops are kept, and the loops once they are loaded."""

    directory = ""


@cache
def kernel() -> zones.Kernel | None:
    """Return the compiled loops; of several processes, the first compiles them."""
    with Path(Compiled.directory, "lock").open("w") as turn:
        flock(turn, LOCK_EX)
        loops = zones.load_kernel(Compiled.directory)
        if loops is not None:
            zones.rehearse(loops)
    return loops


def build_index(of: Iterable[Zone], kind: Kind = Kind.COMPILED) -> ZoneIndex:
    """Return an index of zones of one of these kinds."""
    if kind == Kind.COMPILED:
        return zones.build_index(of, zones.IndexKind.CELLS, kernel())
    return zones.build_index(of, zones.IndexKind(kind))
