"""Outlines of districts: what they cover, and the same shape with fewer corners.

Corners are whole micro-degrees, so that crossings are found without rounding.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from math import dist
from typing import TypeAlias

Corner: TypeAlias = tuple[int, int]
Ring: TypeAlias = list[Corner]
Rings: TypeAlias = list[Ring]
Side: TypeAlias = tuple[Corner, Corner]

CELL = 1000  # micro-degrees, about 100 m: few sides share a cell of this size
LEAST_CORNERS = 4  # of a closed ring


def covers(
    rings: Sequence[Sequence[tuple[float, float]]], at: tuple[float, float]
) -> bool:
    """Whether the rings, outer ones and holes alike, cover the corner."""
    x, y = at
    inside = False
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) == (y2 > y):
                continue
            if x < x1 + (x2 - x1) * (y - y1) / (y2 - y1):
                inside = not inside
    return inside


def is_simple(rings: Rings) -> bool:
    """Whether no two sides meet anywhere but where one follows the other."""
    cells: dict[Corner, list[Side]] = defaultdict(list)
    for side in _sides(rings):
        for cell in _cells_of(side):
            cells[cell].append(side)
    return not any(
        _meet(one, other)
        for sides in cells.values()
        for one, other in combinations(sides, 2)
    )


def simplify(rings: Rings, tolerance: int) -> Rings:
    """The rings with corners left out that lie within the tolerance of what remains.

    Where that would make sides cross, the tolerance is halved until they do not.
    """
    while tolerance:
        fewer = [_thin_ring(ring, tolerance) for ring in rings]
        if all(len(ring) >= LEAST_CORNERS for ring in fewer) and is_simple(fewer):
            return fewer
        tolerance //= 2
    return rings


def _sides(rings: Rings) -> Iterator[Side]:
    for ring in rings:
        yield from pairwise(ring)


def _cells_of(side: Side) -> Iterator[Corner]:
    (x1, y1), (x2, y2) = side
    for column in range(min(x1, x2) // CELL, max(x1, x2) // CELL + 1):
        for row in range(min(y1, y2) // CELL, max(y1, y2) // CELL + 1):
            yield column, row


def _meet(one: Side, other: Side) -> bool:
    (a, b), (c, d) = one, other
    if a == d or b == c:  # neighbours: they meet at that corner, and may at no more
        shared, tip, tail = (a, b, c) if a == d else (b, a, d)
        return _turn(tip, shared, tail) == 0 and _between(tip, shared, tail)
    return _straddles(one, other) and _straddles(other, one) and _boxes_meet(one, other)


def _straddles(side: Side, other: Side) -> bool:
    return _turn(*side, other[0]) * _turn(*side, other[1]) <= 0


def _boxes_meet(one: Side, other: Side) -> bool:
    return all(
        max(min(one[0][k], one[1][k]), min(other[0][k], other[1][k]))
        <= min(max(one[0][k], one[1][k]), max(other[0][k], other[1][k]))
        for k in (0, 1)
    )


def _turn(a: Corner, b: Corner, c: Corner) -> int:
    cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (cross > 0) - (cross < 0)


def _between(tip: Corner, shared: Corner, tail: Corner) -> bool:
    toward_tip = (tip[0] - shared[0], tip[1] - shared[1])
    toward_tail = (tail[0] - shared[0], tail[1] - shared[1])
    return toward_tip[0] * toward_tail[0] + toward_tip[1] * toward_tail[1] > 0


def _thin_ring(ring: Ring, tolerance: int) -> Ring:
    """Douglas and Peucker, on both ways from the first corner to the farthest."""
    start = ring[0]
    far = max(range(len(ring)), key=lambda i: _squared(start, ring[i]))
    return _thin(ring[: far + 1], tolerance) + _thin(ring[far:], tolerance)[1:]


def _thin(line: Ring, tolerance: int) -> Ring:
    kept = {0, len(line) - 1}
    todo = [(0, len(line) - 1)]
    while todo:
        first, last = todo.pop()
        offsets = {
            i: _offset(line[i], line[first], line[last]) for i in range(first + 1, last)
        }
        worst = max(offsets, key=offsets.__getitem__, default=first)
        if worst != first and offsets[worst] > tolerance:
            kept.add(worst)
            todo += [(first, worst), (worst, last)]
    return [line[i] for i in sorted(kept)]


def _offset(at: Corner, a: Corner, b: Corner) -> float:
    length = _squared(a, b)
    if length == 0:
        return dist(at, a)
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / length
    along = min(1.0, max(0.0, along))
    near = (a[0] + along * dx, a[1] + along * dy)
    return dist(at, near)


def _squared(a: Corner, b: Corner) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2
