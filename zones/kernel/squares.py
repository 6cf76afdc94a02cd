"""A first look at places by squares of longitude and latitude: most are far from all zones.

Fine squares are marked where the bounds of zones are, eight by eight in a word whose
place is their hash. Larger zones are marked in coarse squares, which are all there.
"""

import numpy as np

from zones.kernel.context import COARSE, FINE, HASHED, MANY
from zones.kernel.encode import BLOCK
from zones.kernel.jit import (
    Floats,
    Keys,
    Longs,
    Words,
    carray,
    compiled,
    kept,
    pointer,
    prefetch,
)

# 2 ** 32 over a ratio that no fraction comes near to, and over its square
SPREAD = np.uint32(0xC13FA9A9), np.uint32(0x91E10DA5)
PER_DEGREE = 1024.0  # squares to a degree: 109 m from south to north
LARGEST = 1024  # fine squares of a zone; what has more gets coarse ones
COARSER = 8  # 2 ** 8 fine squares make a coarse one
ROW = 1472  # coarse squares from west to east, in whole words
ENOUGH = BLOCK - 48  # places found are a block, rather than look at a few more


@compiled
def steps(degrees: float, most: float) -> np.int32:
    """Return in which square a longitude or latitude is; never fewer for more degrees."""
    return np.int32((degrees + most) * PER_DEGREE)


@compiled
def word_of(x: np.int32, y: np.int32, shift: np.uint32) -> np.uint32:
    """Return which word has the marks of eight by eight fine squares."""
    return np.uint32(np.uint32(x) * SPREAD[0] + np.uint32(y) * SPREAD[1]) >> shift


@compiled
def mark_fine(
    fine: Keys, shift: int, west: int, south: int, east: int, north: int
) -> None:
    """Mark fine squares, word by word."""
    for x in range(west >> 3, (east >> 3) + 1):
        for y in range(south >> 3, (north >> 3) + 1):
            marks = np.uint64(0)
            for a in range(max(west, 8 * x), min(east, 8 * x + 7) + 1):
                low, high = max(south - 8 * y, 0), min(north - 8 * y, 7)
                column = np.uint64((2 << high) - (1 << low))
                marks |= column << np.uint64(8 * (a & 7))
            fine[word_of(np.int32(x), np.int32(y), np.uint32(shift))] |= marks


@kept
def mark_squares(
    records: Floats, first: int, end: int, coarse: Keys, fine: Keys, shift: int
) -> int:
    """Mark the squares of some zones' bounds; return how many fine ones that were."""
    marked = 0
    for z in range(first, end):
        on_earth = (records[z, 0] >= -180.0) & (records[z, 2] <= 180.0)
        if not (on_earth & (records[z, 1] >= -90.0) & (records[z, 3] <= 90.0)):
            continue  # no cell lists it
        west, east = int(steps(records[z, 0], 180.0)), int(steps(records[z, 2], 180.0))
        south, north = int(steps(records[z, 1], 90.0)), int(steps(records[z, 3], 90.0))
        size = (east - west + 1) * (north - south + 1)
        if size <= LARGEST:
            mark_fine(fine, shift, west, south, east, north)
            marked += size
            continue
        for y in range(south >> COARSER, (north >> COARSER) + 1):
            for x in range(west >> COARSER, (east >> COARSER) + 1):
                at = ROW * y + x
                coarse[at >> 6] |= np.uint64(1) << np.uint64(at & 63)
    return marked


@compiled
def find_squares(
    lons: Floats,
    lats: Floats,
    shift: np.uint32,
    words: Words,
    marks: Words,
    wide: Words,
) -> None:
    """Write where the squares of places are: word and mark of the fine, and the coarse.

    A mark's bit 6 says that the place is one on the Earth.
    """
    for i in range(len(lons)):
        lon, lat = lons[i], lats[i]
        real = (abs(lon) <= 180.0) & (abs(lat) <= 90.0)
        x, y = steps(lon if real else 0.0, 180.0), steps(lat if real else 0.0, 90.0)
        words[i] = word_of(x >> 3, y >> 3, shift)
        marks[i] = np.uint32((x & 7) << 3 | (y & 7) | (64 if real else 0))
        wide[i] = np.uint32(ROW * (y >> COARSER) + (x >> COARSER))


@compiled
def sift(
    context: Longs,
    lons: Floats,
    lats: Floats,
    squares: Words,
    xs: Floats,
    ys: Floats,
    places: Longs,
) -> tuple[int, int]:
    """Write the places that are in marked squares, a block at most.

    Return how many they are, and how many places were looked at.
    """
    coarse: Keys = carray(pointer(context[COARSE]), MANY, np.uint64)
    fine: Keys = carray(pointer(context[FINE]), MANY, np.uint64)
    shift = np.uint32(context[HASHED])
    words, marks, wide = squares[:BLOCK], squares[BLOCK:], squares[2 * BLOCK :]
    # what is unsigned is no place from the end, which would be looked into each time
    found, looked = np.uint64(0), int(np.int64(0))
    while looked < len(lons) and found <= np.uint64(ENOUGH):
        some = slice(looked, min(len(lons), looked + BLOCK - np.int64(found)))
        here, there = lons[some], lats[some]
        find_squares(here, there, shift, words, marks, wide)
        for i in range(len(here)):
            prefetch(context[FINE] + 8 * np.int64(words[i]))
        for i in range(len(here)):
            mark, square = np.uint64(marks[i]), np.uint64(wide[i])
            seen = fine[words[i]] >> (mark & np.uint64(63))
            seen |= coarse[square >> np.uint64(6)] >> (square & np.uint64(63))
            xs[found], ys[found], places[found] = here[i], there[i], looked + i
            found += seen & (mark >> np.uint64(6))
        looked += len(here)
    return int(np.int64(found)), looked
