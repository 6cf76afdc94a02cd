"""From a hexagon of a face to the id of its cell: seven by seven up to resolution 0."""

import numpy as np

from zones.kernel.jit import Bytes, Ints, Keys, compiled

REACH = 3  # at resolution 0, a and b on a face are at most so far from its middle
WIDE = 2 * REACH + 1
BASES = WIDE * WIDE
THREES = np.uint64(0o111111111111111)  # the lowest bit of each of 15 digits
SEVENS = np.uint64(0o777777777777777)


@compiled
def climb(table: Ints, back: Ints, shift: int, a: Ints, b: Ints, digits: Keys) -> None:
    """Go some generations up: note the digits on the way, and move to the ancestor."""
    m0, m1, m2, m3, inverse = back[0], back[1], back[2], back[3], back[4]
    for i in range(len(a)):
        x, y = a[i], b[i]
        u = np.uint32(x + np.int32(49 * 400_000)) % np.uint32(49)
        v = np.uint32(y + np.int32(49 * 400_000)) % np.uint32(49)
        packed = table[u * np.uint32(49) + v]
        x = np.int32(x - np.int32((packed >> 12) & 127) + np.int32(64))
        y = np.int32(y - np.int32((packed >> 19) & 127) + np.int32(64))
        # what is divided here is a multiple: then the inverse modulo 2 ** 32 divides
        a[i] = np.int32(np.int32(m0 * x + m1 * y) * inverse)
        b[i] = np.int32(np.int32(m2 * x + m3 * y) * inverse)
        digits[i] |= np.uint64(packed & 4095) << np.uint64(shift)


@compiled
def climb_all(
    digit_tables: Ints, backs: Ints, resolution: int, a: Ints, b: Ints, digits: Keys
) -> None:
    """Go up to resolution 0; the digits are those of this face, not yet of the cell."""
    for i in range(len(a)):
        digits[i] = np.uint64(0)
    # a plain 0 would have a type, and what is called with it a second compilation
    at, shift = resolution, int(np.int64(0))
    while at > 0:
        count = at % 4 if at % 4 else 4
        which = 5 * (at % 2) + count
        table = digit_tables[which * 2401 : which * 2401 + 2401]
        climb(table, backs[which * 5 : which * 5 + 5], shift, a, b, digits)
        at -= count
        shift += 3 * count


@compiled
def turned(digits: np.uint64, turns: int) -> np.uint64:
    """Turn all digits by so many times 60 degrees.

    A digit's bits are its axes, i, j, k: a third of a turn moves them on by one, half
    a turn changes each for the other. An odd turn is half a turn and some thirds.
    """
    ones = (digits | digits >> np.uint64(1) | digits >> np.uint64(2)) & THREES
    half = digits ^ (ones * np.uint64(7) * np.uint64(turns & 1))
    once = half >> np.uint64(1) & (THREES * np.uint64(3)) | (
        half & THREES
    ) << np.uint64(2)
    twice = (
        half << np.uint64(1) & (THREES * np.uint64(6)) | half >> np.uint64(2) & THREES
    )
    thirds = (turns + 3 * (turns & 1)) >> 1
    thirds -= 3 * (thirds > 2)
    return half if thirds == 0 else (once if thirds == 1 else twice)


@compiled
def leading(digits: np.uint64, resolution: int) -> int:
    """Return the first digit that is not 0, or 0."""
    for place in range(resolution):
        digit = (digits >> np.uint64(3 * (resolution - 1 - place))) & np.uint64(7)
        if digit:
            return int(np.int64(digit))
    return 0


@compiled
def named(
    places: Ints,
    turns: Bytes,
    face: int,
    a: int,
    b: int,
    digits: np.uint64,
    resolution: int,
) -> np.uint64:
    """Return the id of a cell from its face, place at resolution 0, and digits there."""
    if abs(a) > REACH or abs(b) > REACH:
        return np.uint64(0)
    at = BASES * face + WIDE * (a + REACH) + b + REACH
    place = int(places[at])
    if place == -1:
        return np.uint64(0)
    # places of pentagons are negative
    turn = place & 7 if place >= 0 else int(turns[8 * at + leading(digits, resolution)])
    base = (place & 1023) >> 3
    rest = np.uint64(3 * (15 - resolution))
    head = np.uint64(1) << np.uint64(59) | np.uint64(resolution) << np.uint64(52)
    tail = (np.uint64(1) << rest) - np.uint64(1)
    return head | np.uint64(base) << np.uint64(45) | turned(digits, turn) << rest | tail
