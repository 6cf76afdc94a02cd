"""Every kind of index that there is here: the compiled one too where it can be."""

from collections.abc import Iterable
from enum import StrEnum, auto
from functools import cache

import zones
from tests.kernels import load_compiled
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
    """Return the compiled loops; they are loaded once."""
    return load_compiled(Compiled.directory) if zones.has_compiler() else None


def build_index(of: Iterable[Zone], kind: Kind = Kind.COMPILED) -> ZoneIndex:
    """Return an index of zones of one of these kinds."""
    if kind == Kind.COMPILED:
        return zones.build_index(of, zones.IndexKind.CELLS, kernel())
    return zones.build_index(of, zones.IndexKind(kind))
