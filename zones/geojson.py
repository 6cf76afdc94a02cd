"""From GeoJSON to zones, with every problem of an upload at once."""

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from zones.decode import decode
from zones.errors import Code, Problem, is_full
from zones.feature import Context, Read, is_known_crs, read_feature
from zones.limits import Limits
from zones.plain import plain_areas
from zones.properties import Typed
from zones.rings import count_vertices
from zones.zone import Zone, ZoneId

DEFAULT_LIMITS = Limits()


class Parsed(Struct, frozen=True):
    """What an upload holds: the good zones, and all that is wrong with the others."""

    zones: tuple[Zone, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    total: int = 0
    rejected: tuple[ZoneId, ...] = ()


def parse_zones(
    body: bytes,
    *,
    limits: Limits = DEFAULT_LIMITS,
    id_map: Mapping[str, str] | None = None,
    group: str | None = None,
) -> Parsed:
    """Return the zones of a FeatureCollection.

    ``id_map`` says which of their properties is which of ours, and ``group`` is the
    one that all of them belong to.
    """
    value, complaint = decode(body, limits)
    if value is None and complaint is not None:
        return Parsed((), (complaint,))
    problems: list[Problem] = []
    context = Context(limits, id_map or {}, group, problems, [])
    _check_map(context.id_map, problems)
    features = _features(value, limits, problems)
    areas = plain_areas(features, limits)
    read = []
    for i, (feature, area) in enumerate(zip(features, areas, strict=True)):
        if is_full(problems):
            text = "There are more problems than are listed; reading stopped here."
            problems.append(Problem(f"$.features[{i}]", Code.TOO_MANY_PROBLEMS, text))
            break
        read.append(read_feature(feature, f"$.features[{i}]", context, None, area))
    return _settled(read, len(features), context, complaint)


def parse_zone(
    body: bytes, zone_id: ZoneId, *, limits: Limits = DEFAULT_LIMITS
) -> Parsed:
    """Return the zone of one Feature that is to have this id."""
    value, complaint = decode(body, limits)
    if value is None and complaint is not None:
        return Parsed((), (complaint,))
    context = Context(limits, {}, None, [], [])
    read = read_feature(value, "$", context, zone_id)
    return _settled([read], 1, context, complaint)


def _check_map(id_map: Mapping[str, str], problems: list[Problem]) -> None:
    ours = {*Typed.__struct_fields__, "zone_id", "radius", "opening_hours"}
    for name in id_map:
        if name not in ours:
            text = f"A zone has no property {name:.64} to map to."
            problems.append(Problem("map", Code.UNKNOWN_PROPERTY, text))


def _features(value: object, limits: Limits, problems: list[Problem]) -> list[object]:
    """Return the features of a collection, or none if it is none or too large."""
    if not isinstance(value, dict) or value.get("type") != "FeatureCollection":
        text = "This should be a FeatureCollection."
        mend = 'Wrap it: {"type": "FeatureCollection", "features": [...]}.'
        problems.append(Problem("$.type", Code.WRONG_TYPE, text, suggestion=mend))
        return []
    if not is_known_crs(value, "$", problems):
        return []
    features = value.get("features")
    if not isinstance(features, list):
        text = "This should be a list of features."
        problems.append(Problem("$.features", Code.WRONG_TYPE, text))
        return []
    count, most = sum(map(_vertices, features)), limits.vertices_per_upload
    if count > most:
        text = f"The upload has {count} vertices; at most {most} are taken."
        mend = "Upload it in parts."
        problems.append(Problem("$.features", Code.TOO_LARGE, text, suggestion=mend))
        return []
    return features


def _vertices(feature: object) -> int:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict):
        return 0
    coordinates = geometry.get("coordinates")
    if geometry.get("type") != "MultiPolygon" or not isinstance(coordinates, list):
        return count_vertices(coordinates)
    return sum(map(count_vertices, coordinates))


def _settled(
    read: list[Read], total: int, context: Context, complaint: Problem | None
) -> Parsed:
    problems = context.problems
    counts = Counter(one.zone_id for one in read if one.zone_id is not None)
    seen: dict[ZoneId, str] = {}
    for one in read:
        if one.zone_id is not None:
            first = seen.setdefault(one.zone_id, one.path)
            if first != one.path:
                problems.append(_repeated(one, first))
    good = [one.zone for one in read if one.zone and counts[one.zone.zone_id] == 1]
    if complaint is not None:
        good = []
        if all(problem.code != Code.NOT_A_NUMBER for problem in problems):
            problems = [complaint]
    kept = {zone.zone_id for zone in good}
    rejected = tuple(zone_id for zone_id in counts if zone_id not in kept)
    return Parsed(
        tuple(good), tuple(problems), tuple(context.warnings), total, rejected
    )


def _repeated(one: Read, first: str) -> Problem:
    text = f"The id {one.zone_id} is also that of {first}."
    return Problem(f"{one.path}.id", Code.ID_REPEATED, text)
