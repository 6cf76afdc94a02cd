"""The fields that conditions and templates may ask for, and what sort each is."""

import re
from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum, auto

from geopush.core.cap import Scope
from geopush.core.schedule import Day
from geopush.core.weather import Sky


class FieldKind(StrEnum):
    """What sort of value a field has."""

    NUMBER = auto()
    FLAG = auto()
    TEXT = auto()
    SKY = auto()
    DAY = auto()
    WORDS = auto()
    ANY = auto()


SKIES = tuple(str(sky) for sky in Sky)
DAYS = tuple(str(day) for day in Day)

# The words a field can have, where these are a closed list.
CHOICES: dict[FieldKind, tuple[str, ...]] = {FieldKind.SKY: SKIES, FieldKind.DAY: DAYS}

# How many messages the customer was decided within so long, of a scope of caps.
COUNTERS: dict[str, tuple[Scope, timedelta]] = {
    f"counters.{scope}_{name}": (scope, span)
    for scope in Scope
    for name, span in (("24h", timedelta(hours=24)), ("7d", timedelta(days=7)))
}

FIELDS: dict[str, FieldKind] = {
    "weather.temperature_c": FieldKind.NUMBER,
    "weather.apparent_c": FieldKind.NUMBER,
    "weather.humidity_pct": FieldKind.NUMBER,
    "weather.precipitation_mm_h": FieldKind.NUMBER,
    "weather.snow_cm_h": FieldKind.NUMBER,
    "weather.cloud_cover_pct": FieldKind.NUMBER,
    "weather.wind_ms": FieldKind.NUMBER,
    "weather.gust_ms": FieldKind.NUMBER,
    "weather.uv_index": FieldKind.NUMBER,
    "weather.is_day": FieldKind.FLAG,
    "weather.wmo_code": FieldKind.NUMBER,
    "weather.sky": FieldKind.SKY,
    "zone.open": FieldKind.FLAG,
    "zone.group": FieldKind.TEXT,
    "zone.tags": FieldKind.WORDS,
    "zone.name": FieldKind.TEXT,
    "zone.id": FieldKind.TEXT,
    "time.hour": FieldKind.NUMBER,
    "time.weekday": FieldKind.DAY,
    **dict.fromkeys(COUNTERS, FieldKind.NUMBER),
    "offer.name": FieldKind.TEXT,
    "offer.id": FieldKind.TEXT,
}

# Below these, authors name what the customer or the zone has: any name will do.
OPEN_ROOTS = ("attributes", "customer", "zone.metadata")
_NAME = re.compile(r"[^\x00]{1,128}")


def kind_of(field: str, roots: Collection[str]) -> FieldKind | None:
    """Return the kind of a field below one of the roots, or None for no such field."""
    for root in OPEN_ROOTS:
        name = field.removeprefix(root + ".")
        if name != field and root in roots:
            return FieldKind.ANY if _NAME.fullmatch(name) else None
    return FIELDS.get(field) if field.split(".")[0] in roots else None


def known_fields(roots: Collection[str]) -> list[str]:
    """Return the fields below some roots, as shown to somebody who misspelt one."""
    closed = [field for field in FIELDS if field.split(".")[0] in roots]
    return closed + [f"{root}.<name>" for root in OPEN_ROOTS if root in roots]
