"""From the coordinates of polygons to shapes, cut at the antimeridian."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from zones.antimeridian import EnclosesPole, beside, split, unwrap
from zones.errors import Code, Problem, is_full
from zones.geometry import Shape
from zones.limits import Limits
from zones.rings import count_vertices, read_rings
from zones.soundness import find_flaw

Floats = NDArray[np.float64]

MOST_PARTS = 1_000
POLYGONS_WORTH = 4  # a zone may have the vertices of so many of the largest polygons


def read_polygon(
    raw: object, path: str, limits: Limits, problems: list[Problem]
) -> Shape | None:
    """Return the shape of a Polygon's coordinates, or none if it has none."""
    whole = _read_whole(raw, path, limits, problems)
    if whole is None or not _are_sound([whole], [path], problems):
        return None
    return _as_kept(split(whole), path, limits, problems)


def read_multi_polygon(
    raw: object, path: str, limits: Limits, problems: list[Problem]
) -> Shape | None:
    """Return the shape of a MultiPolygon's coordinates, or none if it has none."""
    fault = _fault_of_list(raw, path, limits)
    if fault is not None or not isinstance(raw, list):
        problems.extend([fault] if fault else [])
        return None
    paths = [f"{path}[{i}]" for i in range(len(raw))]
    wholes = []
    for polygon, place in zip(raw, paths, strict=True):
        if is_full(problems):
            return None
        wholes.append(_read_whole(polygon, place, limits, problems))
    good = [whole for whole in wholes if whole is not None]
    if len(good) < len(wholes) or not _are_sound(good, paths, problems):
        return None
    together = shapely.MultiPolygon([*shapely.get_parts([split(one) for one in good])])
    return _as_kept(together, path, limits, problems)


def _as_kept(
    shape: Shape, path: str, limits: Limits, problems: list[Problem]
) -> Shape | None:
    """Return a shape that, written and read again, is the same; a cut adds vertices."""
    parts = shapely.get_parts(shape)
    largest = int(shapely.get_num_coordinates(parts).max())
    fault = _fault_of_parts(len(parts), path) or _fault_of_count(
        largest, limits.vertices_per_polygon, path
    )
    if fault is not None:
        problems.append(fault)
        return None
    # a shape in one part was looked at before it was cut
    if len(parts) > 1 and not _are_sound([shape], [path], problems):
        return None
    return shapely.orient_polygons(shape)


def _fault_of_list(raw: object, path: str, limits: Limits) -> Problem | None:
    if not isinstance(raw, list):
        return Problem(path, Code.WRONG_TYPE, "This should be a list of polygons.")
    if not raw:
        return Problem(path, Code.EMPTY, "This MultiPolygon has no polygons.")
    most = POLYGONS_WORTH * limits.vertices_per_polygon
    count = sum(map(count_vertices, raw))
    return _fault_of_parts(len(raw), path) or _fault_of_count(count, most, path)


def _fault_of_parts(count: int, path: str) -> Problem | None:
    if count <= MOST_PARTS:
        return None
    text = f"This zone has {count} parts; at most {MOST_PARTS} are taken."
    return Problem(path, Code.TOO_MANY_PARTS, text)


def _fault_of_count(count: int, most: int, path: str) -> Problem | None:
    if count <= most:
        return None
    text = f"There are {count} vertices here; at most {most} are taken."
    mend = "Simplify it: a meter or two is finer than any phone can tell."
    return Problem(path, Code.TOO_MANY_VERTICES, text, suggestion=mend)


def _read_whole(
    raw: object, path: str, limits: Limits, problems: list[Problem]
) -> shapely.Polygon | None:
    """Return one polygon that may run on past the antimeridian, its edges unchecked."""
    fault = _fault_of_count(count_vertices(raw), limits.vertices_per_polygon, path)
    if fault is not None:
        problems.append(fault)
        return None
    rings = read_rings(raw, path, problems)
    if rings is None:
        return None
    try:
        shell, *holes = (unwrap(_close(ring)) for ring in rings)
    except EnclosesPole:
        text = "This ring goes once around the Earth: what is inside is not clear."
        mend = "Around a pole, draw the ring along -180, the pole and 180."
        problems.append(Problem(path, Code.AROUND_POLE, text, suggestion=mend))
        return None
    if np.ptp(shell[:, 0]) > 360:
        text = "This ring goes around the Earth more than once."
        problems.append(Problem(path, Code.TOO_WIDE, text))
        return None
    return shapely.Polygon(shell, [beside(hole, shell) for hole in holes])


def _close(ring: Floats) -> Floats:
    """Repeat the first position at the end: its absence is as harmless as winding."""
    if (ring[0] == ring[-1]).all():
        return ring
    return np.concatenate([ring, ring[:1]])


def _are_sound(
    shapes: Sequence[Shape], paths: Sequence[str], problems: list[Problem]
) -> bool:
    flaws = map(find_flaw, shapes, paths)
    found = [flaw for flaw in flaws if flaw is not None]
    problems.extend(found)
    return not found
