"""From GeoJSON positions to arrays of numbers, every bad position named.

Nothing here needs shapely: counts and numbers are checked before it sees any of them.
"""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from zones.errors import Code, Problem, is_full

Floats = NDArray[np.float64]
Pair = tuple[float, float]

SWAPPED = "Did you swap longitude and latitude? GeoJSON has longitude first."


def count_vertices(polygon: object) -> int:
    """Return how many positions a polygon seems to have, whatever it is made of."""
    if not isinstance(polygon, list):
        return 0
    return sum(len(ring) for ring in polygon if isinstance(ring, list))


def read_rings(raw: object, path: str, problems: list[Problem]) -> list[Floats] | None:
    """Return the rings of a polygon, or none if any is bad."""
    if not isinstance(raw, list):
        problems.append(_wrong(path, "a list of rings"))
        return None
    if not raw:
        problems.append(Problem(path, Code.EMPTY, "This polygon has no rings."))
        return None
    rings = [_read_ring(ring, f"{path}[{i}]", problems) for i, ring in enumerate(raw)]
    good = [ring for ring in rings if ring is not None]
    return good if len(good) == len(rings) else None


def read_position(raw: object, path: str, problems: list[Problem]) -> Pair | None:
    """Return one position as longitude and latitude, or none if it is bad."""
    pair, fault = _check(raw, path)
    if fault is not None:
        problems.extend(_as_swapped([raw], [fault]))
        return None
    return pair


def _read_ring(raw: object, path: str, problems: list[Problem]) -> Floats | None:
    if not isinstance(raw, list):
        problems.append(_wrong(path, "a list of positions"))
        return None
    if not raw:
        problems.append(Problem(path, Code.EMPTY, "This ring has no positions."))
        return None
    ring = _read_at_once(raw)
    if ring is None:
        problems.extend(_faults(raw, path))
        return None
    if len(set(map(tuple, ring.tolist()))) < 3:
        text = "A ring needs three different positions and the first again."
        at = float(ring[0, 0]), float(ring[0, 1])
        problems.append(Problem(path, Code.TOO_FEW_POSITIONS, text, at))
        return None
    return ring


def _read_at_once(raw: list[object]) -> Floats | None:
    """Return the ring when every position is good; that is the usual case."""
    try:
        positions = msgspec.convert(raw, list[list[float]])
        flat = [(position[0], position[1]) for position in positions]
    except (msgspec.ValidationError, IndexError):
        return None
    ring = np.array(flat, dtype=np.float64)
    good = (np.abs(ring[:, 0]) <= 180) & (np.abs(ring[:, 1]) <= 90)
    return ring if good.all() else None


def _faults(raw: list[object], path: str) -> list[Problem]:
    found: list[Problem] = []
    for i, position in enumerate(raw):
        _, fault = _check(position, f"{path}[{i}]")
        if fault is not None:
            found.append(fault)
        if is_full(found):
            break
    return _as_swapped(raw, found)


def _check(raw: object, path: str) -> tuple[Pair | None, Problem | None]:
    pair = _pair(raw)
    if pair is None:
        return None, _wrong(path, "a longitude and a latitude, both numbers")
    if not all(map(math.isfinite, pair)):
        return None, Problem(path, Code.NOT_A_NUMBER, "This is not a finite number.")
    longitude, latitude = pair
    if abs(longitude) > 180:
        text = f"Longitude {longitude:g} is outside -180 to 180."
        mend = _how_to_mend(longitude)
        return None, Problem(path, Code.OUT_OF_RANGE, text, pair, mend)
    if abs(latitude) > 90:
        text = f"Latitude {latitude:g} is outside -90 to 90."
        return None, Problem(path, Code.OUT_OF_RANGE, text, pair)
    return pair, None


def _how_to_mend(longitude: float) -> str:
    if abs(longitude) >= 540:
        return "Are these meters of another system? Degrees (WGS 84) are needed."
    turned = longitude - math.copysign(360, longitude)
    return f"Longitudes run from -180 to 180: write {turned:g}."


def _as_swapped(raw: list[object], found: list[Problem]) -> list[Problem]:
    """Say once that all are swapped, when that explains everything that is wrong."""
    if not found or any(problem.code != Code.OUT_OF_RANGE for problem in found):
        return found
    pairs = [_pair(position) for position in raw]
    if any(pair is None or abs(pair[0]) > 90 or abs(pair[1]) > 180 for pair in pairs):
        return found
    text = "The latitudes are outside -90 to 90 and would fit as longitudes."
    first = found[0]
    return [Problem(first.path, Code.SWAPPED_COORDINATES, text, first.at, SWAPPED)]


def _pair(raw: object) -> Pair | None:
    try:
        numbers = msgspec.convert(raw, list[float | int])
    except msgspec.ValidationError:
        return None
    return None if len(numbers) < 2 else (_float(numbers[0]), _float(numbers[1]))


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _wrong(path: str, wanted: str) -> Problem:
    return Problem(path, Code.WRONG_TYPE, f"This should be {wanted}.")
