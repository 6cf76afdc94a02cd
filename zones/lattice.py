"""The tables of H3's lattice, got by asking h3 where things are."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The six neighbours of a hexagon by H3's digits 1 to 6, as steps along i and j.
UNITS = ((0, 0), (-1, -1), (0, 1), (-1, 0), (1, 0), (0, -1), (1, 1))
# What a step of the parent is in steps of its children, at even and odd resolutions.
DOWN = (np.array([[3, -1], [1, 2]]), np.array([[2, 1], [-1, 3]]))
ODD_TURN = np.arctan(np.sqrt(3) / 5)  # of odd resolutions against even ones
REACH = 3
SEVERAL = 50
HALF_SQUARE = 0.0125  # radians from the middle of a square of a degree to its corner
WIDE = 2 * REACH + 1


class Tables(NamedTuple):
    """The tables that the compiled encoder reads; ``base`` and ``turns`` are learnt."""

    centers: Floats
    axes: Floats
    squares: NDArray[np.int8]
    digits: NDArray[np.int32]
    back: NDArray[np.int32]
    base: NDArray[np.int32]
    turns: NDArray[np.uint8]
    pairs: NDArray[np.int64]

    def addresses(self) -> NDArray[np.int64]:
        """Return where the tables are; they must outlive what is done with it."""
        return np.array([table.ctypes.data for table in self], dtype=np.int64)


def blank_tables(corners: Floats, faces: list[list[int]]) -> Tables:
    """Return tables of the geometry: corners of the icosahedron, and whose they are."""
    of_face = np.array(
        [[n for n, around in enumerate(faces) if face in around] for face in range(20)]
    )
    centers = _unit(corners[of_face].sum(axis=1))
    axes = np.empty((2, 20, 2, 3))
    for face, center in enumerate(centers):
        axes[:, face] = _axes(center, corners[of_face[face, 0]])
    digits, back = _generations()
    base = np.full((20, WIDE, WIDE), -1, dtype=np.int32)
    turns = np.full((20, WIDE, WIDE, 8), 7, dtype=np.uint8)
    squares, pairs = _squares(centers)
    return Tables(centers, axes, squares, digits, back, base, turns, pairs)


def _squares(centers: Floats) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Return on which face each square of a degree is, and pairs of faces.

    Squares are counted from south to north and from west to east. From 20 on, a square
    may be on either of a pair, and ``SEVERAL`` is the sign for more than two.
    """
    lat, lng = np.radians(np.mgrid[-89.5:91, -179.5:181]).reshape(2, -1)
    middles = np.column_stack(
        [np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)]
    )
    nearness = middles @ centers.T
    face = nearness.argmax(axis=1)
    lead = nearness.max(axis=1, keepdims=True) - nearness
    apart = np.linalg.norm(centers[:, None] - centers, axis=-1)
    possible = lead <= apart[face] * HALF_SQUARE
    many = possible.sum(axis=1)
    pairs = np.argwhere(np.triu((apart > 0) & (apart < 0.8)))
    squares = np.where(many == 1, face, SEVERAL)
    for number, pair in enumerate(pairs.tolist()):
        squares[(many == 2) & possible[:, pair].all(axis=1)] = 20 + number
    return squares.astype(np.int8), np.ascontiguousarray(pairs)


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Floats = vectors / length
    return unit


def _axes(center: Floats, corner: Floats) -> Floats:
    """Return what measures steps along i and j on a face's plane, for even and odd.

    The axis i points to a corner of the face, which is two steps away at resolution 0.
    """
    height = float(center @ corner)
    step = float(np.sqrt(1 - height * height)) / height / 2
    east = _unit(corner - height * center)
    north = np.cross(center, east)
    rows = []
    for turn in (0.0, ODD_TURN):
        x = np.cos(turn) * east + np.sin(turn) * north
        y = np.cos(turn) * north - np.sin(turn) * east
        rows.append([(x + y / np.sqrt(3)) / step, 2 * y / np.sqrt(3) / step])
    return np.array(rows)


def _generations() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the digits on the way up one to four generations, and the way up."""
    digits = np.zeros((2, 5, 49, 49), dtype=np.int32)
    back = np.zeros((2, 5, 5), dtype=np.int32)
    for odd in range(2):
        for count in range(1, 5):
            digits[odd, count], matrix = _climb(odd, count)
            inverse = pow(7**count, -1, 2**32)
            inverse -= 2**32 if inverse >= 2**31 else 0
            back[odd, count] = [*matrix.ravel().tolist(), inverse]
    return digits, back


def _climb(odd: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    grid = np.stack(np.meshgrid(range(49), range(49), indexing="ij"), axis=-1)
    start, packed = grid.copy(), np.zeros((49, 49), dtype=np.int64)
    down, up = np.eye(2, dtype=np.int64), np.eye(2, dtype=np.int64)
    for step in range(count):
        here = DOWN[(odd + step) % 2]
        # 7 times its inverse
        way = np.array([[here[1, 1], -here[0, 1]], [-here[1, 0], here[0, 0]]])
        for digit, unit in enumerate(UNITS):
            above = (start - unit) @ way.T
            fits = (above % 7 == 0).all(axis=-1)
            packed[fits] |= digit << (3 * step)
            grid[fits] = above[fits] // 7
        start = grid.copy()
        down, up = down @ here, way @ up
    whole = np.stack(np.meshgrid(range(49), range(49), indexing="ij"), axis=-1)
    rest = whole - start @ down.T + 64
    return packed | rest[..., 0] << 12 | rest[..., 1] << 19, up


def sample(corners: Floats) -> tuple[Floats, Floats]:
    """Return places all over the sphere and along the edges of its faces.

    On either side of an edge, a face has slivers of cells that are mostly on the other.
    """
    count = 5_000
    height = 1 - (2 * np.arange(count) + 1) / count
    turn = np.arange(count) * (np.pi * (3 - np.sqrt(5)))
    flat = np.sqrt(1 - height * height)
    found = [np.column_stack([flat * np.cos(turn), flat * np.sin(turn), height])]
    share = np.linspace(0, 1, 62)[1:-1, None]
    for one, other in np.argwhere(np.triu(corners @ corners.T, 1) > 0.4).tolist():
        edge = _unit(corners[one] * (1 - share) + corners[other] * share)
        across = np.cross(corners[one], corners[other])
        found += [edge + across * off for off in (-1e-2, -1e-4, 1e-4, 1e-2)]
    x, y, z = _unit(np.concatenate(found)).T
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(z))


def learn(
    tables: Tables,
    faces: NDArray[np.int32],
    first: NDArray[np.int32],
    digits: NDArray[np.uint64],
    ids: NDArray[np.uint64],
    resolution: int,
) -> None:
    """Fill in which base cell is where on each face, and how it is turned there."""
    base = (ids >> np.uint64(45)) & np.uint64(127)
    named = (ids >> np.uint64(3 * (15 - resolution))) & np.uint64(8**resolution - 1)
    lead, named_lead = _leading(digits, resolution), _leading(named, resolution)
    place = (faces, first[:, 0] + REACH, first[:, 1] + REACH)
    tables.base[place] = base.astype(np.int32)
    turn = (ROUND[named_lead] - ROUND[lead]) % 6
    seen = lead > 0
    face, a, b = (axis[seen] for axis in place)
    tables.turns[face, a, b, lead[seen]] = turn[seen]


def settle(tables: Tables) -> None:
    """Say of each place how all its digits turn, also those that were not seen."""
    for face, a, b in np.argwhere(tables.base >= 0).tolist():
        place = (face, a, b)
        row = tables.turns[place]
        known = {lead: int(row[lead]) for lead in range(1, 7) if row[lead] != 7}
        base = int(tables.base[place])
        if base in PENTAGONS:
            row[:7] = _pentagon(known)
            tables.base[place] = base << 3 | PENTAGON
        else:
            tables.base[place] = base << 3 | known.popitem()[1]


def _pentagon(known: dict[int, int]) -> list[int]:
    """Return the turns of a pentagon's sectors that explain those known.

    H3 leaves out the sector of digit 1: what falls in it is turned out of it first, by
    a sixth either way, and whenever a turn leads there, one more is made.
    """
    for first in (1, 5):
        for times in range(6):
            row = [0, *(_sector(lead, first, times) for lead in range(1, 7))]
            if all(row[lead] == turn for lead, turn in known.items()):
                return row
    raise LookupError(f"no turns of a pentagon are {known}")


def _sector(lead: int, first: int, times: int) -> int:
    turn = first if lead == 1 else 0
    for _ in range(times):
        turn += 1
        turn += (ROUND[lead] + turn) % 6 == ROUND[1]
    return int(turn % 6)


# A digit's direction in sixths of a turn, counterclockwise from the axis i (digit 4).
ROUND = np.array([0, 4, 2, 3, 0, 5, 1])
PENTAGON = -1024  # a place with this bit is negative
PENTAGONS = frozenset({4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117})


def _leading(digits: NDArray[np.uint64], resolution: int) -> NDArray[np.int64]:
    lead = np.zeros(len(digits), dtype=np.int64)
    for place in range(resolution):
        digit = (digits >> np.uint64(3 * place)) & np.uint64(7)
        lead = np.where(digit > 0, digit, lead).astype(np.int64)
    return lead
