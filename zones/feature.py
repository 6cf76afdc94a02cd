"""From one GeoJSON feature to a zone, or to all that is wrong with it."""

import re
from collections.abc import Mapping

from msgspec import Struct

from zones.errors import Code, Problem
from zones.geometry import Area
from zones.limits import Limits
from zones.properties import Settings, read_settings
from zones.shapes import read_area
from zones.swapped import note_swapped
from zones.zone import Zone, ZoneId

ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
LONGITUDE_FIRST = re.compile(
    r"(.*[:/])?(CRS:?84|EPSG[:/]([^:/]*[:/])?4326)", re.IGNORECASE
)


class Context(Struct, frozen=True):
    """What one feature needs to know of the upload it is in, and where faults go."""

    limits: Limits
    id_map: Mapping[str, str]
    group: str | None
    problems: list[Problem]
    warnings: list[Problem]


class Read(Struct, frozen=True):
    """One feature: its zone, if it is good, and its id, if that can be read."""

    path: str
    zone_id: ZoneId | None
    zone: Zone | None


def read_feature(
    raw: object,
    path: str,
    context: Context,
    wanted: ZoneId | None,
    plain: Area | None = None,
) -> Read:
    """Return the zone of a feature; ``wanted`` is the id that it must have.

    ``plain`` is its area, if nothing is odd about that.
    """
    problems = context.problems
    before = len(problems)
    if not isinstance(raw, dict) or raw.get("type") != "Feature":
        text = "This should be a Feature."
        problems.append(Problem(f"{path}.type", Code.WRONG_TYPE, text))
        return Read(path, wanted, None)
    properties = _properties(raw, path, context)
    zone_id = _read_id(raw, properties, path, wanted, problems)
    area = plain
    if not is_known_crs(raw, path, problems):
        area = None
    elif area is None:
        place, radius = f"{path}.geometry", properties.get("radius")
        area = read_area(raw.get("geometry"), radius, place, context.limits, problems)
    if area is not None and area.radius is not None:
        properties.pop("radius")
    place = f"{path}.properties"
    settings = read_settings(properties, place, problems, context.warnings)
    group = _group(settings.typed.group, place, context)
    if area is not None:
        timezone, place = settings.typed.timezone, f"{path}.geometry"
        note_swapped(area, timezone, place, problems, context.warnings)
    if zone_id is None or area is None or len(problems) > before:
        return Read(path, zone_id, None)
    return Read(path, zone_id, _zone(zone_id, area, group, settings))


def _zone(zone_id: ZoneId, area: Area, group: str | None, settings: Settings) -> Zone:
    typed = settings.typed
    return Zone(
        zone_id=zone_id,
        area=area,
        name=typed.name,
        group=group,
        tags=typed.tags,
        dwell_seconds=typed.dwell_seconds,
        approach_meters=typed.approach_meters,
        min_confidence=typed.min_confidence,
        exit_confirmations=typed.exit_confirmations,
        timezone=typed.timezone,
        opening_hours=settings.opening_hours,
        muted_until=typed.muted_until,
        enabled=typed.enabled,
        metadata=settings.metadata,
    )


def _properties(
    feature: Mapping[str, object], path: str, context: Context
) -> dict[str, object]:
    """Return the properties under our names; our own name goes before a mapped one."""
    raw = feature.get("properties")
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        text = "Properties are an object or null."
        problem = Problem(f"{path}.properties", Code.WRONG_TYPE, text)
        context.problems.append(problem)
        return {}
    properties = dict(raw)
    for ours, theirs in context.id_map.items():
        if properties.get(ours) is None and theirs in properties:
            properties[ours] = properties.pop(theirs)
    return properties


def _read_id(
    feature: Mapping[str, object],
    properties: Mapping[str, object],
    path: str,
    wanted: ZoneId | None,
    problems: list[Problem],
) -> ZoneId | None:
    place, raw = f"{path}.id", feature.get("id")
    if raw is None and properties.get("zone_id") is not None:
        place, raw = f"{path}.properties.zone_id", properties["zone_id"]
    if raw is None:
        if wanted is None:
            text = "This feature has no id."
            mend = "Give it an id, a property zone_id, or say which property it is."
            problems.append(Problem(place, Code.ID_MISSING, text, suggestion=mend))
        return wanted
    said = str(raw) if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
    if not ID.fullmatch(said):
        text = "An id is 1 to 128 of the characters A-Z a-z 0-9 . _ : -"
        problems.append(Problem(place, Code.ID_INVALID, text))
        return wanted
    if wanted is not None and said != wanted:
        text = f"The id here is {said}, but the zone is {wanted}."
        problems.append(Problem(place, Code.ID_DIFFERS, text))
        return wanted
    return ZoneId(said)


def _group(said: str | None, path: str, context: Context) -> str | None:
    if context.group is None:
        return said
    if said not in (None, context.group):
        text = f"This zone is of the group {said}, the upload of {context.group}."
        context.problems.append(Problem(f"{path}.group", Code.GROUP_DIFFERS, text))
    return context.group


def is_known_crs(
    value: Mapping[str, object], path: str, problems: list[Problem]
) -> bool:
    """Tell whether the coordinates are longitude and latitude, in WGS 84."""
    crs = value.get("crs")
    if crs is None:
        return True
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and LONGITUDE_FIRST.fullmatch(name):
        return True
    text = f"Coordinates in {name!s:.80} are not taken."
    mend = "Transform them to WGS 84 longitude and latitude (CRS84, EPSG:4326)."
    problems.append(Problem(f"{path}.crs", Code.UNKNOWN_CRS, text, suggestion=mend))
    return False
