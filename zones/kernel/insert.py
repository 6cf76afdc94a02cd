"""Zones by cell, in a table that is open for readers while it is written.

What is there stays where it is, so that whoever reads meanwhile loses nothing; a
reader skips the zones that came after it.
"""

import numpy as np

from zones.kernel.context import BEGIN, LENGTH, SPREAD
from zones.kernel.jit import Keys, Words, compiled, kept


@kept
def rehash(old: Keys, slots: Keys, bits: Keys, shift: int) -> None:
    """Move all keys to a larger table."""
    mask = np.uint64(len(slots) // 2 - 1)
    for s in range(0, len(old), 2):
        if old[s]:
            at = old[s] * SPREAD >> np.uint64(shift)
            while slots[2 * at]:
                at = (at + np.uint64(1)) & mask
            slots[2 * at + np.uint64(1)], slots[2 * at] = old[s + 1], old[s]
            bit = old[s] * SPREAD >> np.uint64(shift - 2)
            bits[bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))


@compiled
def insert_one(
    slots: Keys,
    bits: Keys,
    shift: int,
    runs: Words,
    used: int,
    key: np.uint64,
    entry: np.uint32,
) -> tuple[int, int]:
    """List a zone in a cell; return how much of the runs is used, and whether the cell is new.

    A run has room for a power of two; a full one moves to twice the room.
    """
    mask = np.uint64(len(slots) // 2 - 1)
    at = key * SPREAD >> np.uint64(shift)
    while slots[2 * at] != key and slots[2 * at]:
        at = (at + np.uint64(1)) & mask
    value = at * np.uint64(2) + np.uint64(1)
    if slots[2 * at] == np.uint64(0):
        if used == len(runs):
            return -1, 0
        runs[used] = entry
        slots[value] = np.uint64(used) << BEGIN | np.uint64(1)
        slots[2 * at] = key
        bit = key * SPREAD >> np.uint64(shift - 2)
        bits[bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))
        return used + 1, 1
    start = int(np.int64(slots[value] >> BEGIN))
    length = int(np.int64(slots[value] & LENGTH))
    last = runs[start + length - 1]
    if last >> np.uint32(2) == entry >> np.uint32(2):
        if last != entry:
            runs[start + length - 1] = entry & ~np.uint32(3)
        return used, 0
    if length & (length - 1) == 0:
        if used + 2 * length > len(runs):
            return -1, 0
        for e in range(length):
            runs[used + e] = runs[start + e]
        start, used = used, used + 2 * length
    runs[start + length] = entry
    slots[value] = np.uint64(start) << BEGIN | np.uint64(length + 1)
    return used, 0
