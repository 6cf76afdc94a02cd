"""The properties of a GeoJSON feature that are a zone's settings."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from zones.errors import Code, Problem
from zones.hours import OpeningHours, parse_opening_hours
from zones.metadata import add_others, read_metadata
from zones.timezone import time_zone
from zones.zone import Scalar

NO_NUL = "^[^\\x00]*$"  # databases take no NUL in a text
Label = Annotated[str, Meta(min_length=1, max_length=128, pattern=NO_NUL)]


class Typed(Struct, frozen=True):
    """The properties whose types say all there is to say about them."""

    name: Annotated[str, Meta(max_length=300, pattern=NO_NUL)] = ""
    group: Label | None = None
    tags: Annotated[tuple[Label, ...], Meta(max_length=64)] = ()
    dwell_seconds: Annotated[int, Meta(ge=1, le=7 * 86_400)] | None = None
    approach_meters: Annotated[float, Meta(gt=0, le=50_000)] | None = None
    min_confidence: Annotated[int, Meta(ge=1, le=3)] | None = None
    exit_confirmations: Annotated[int, Meta(ge=1, le=10)] | None = None
    timezone: str | None = None
    muted_until: Annotated[datetime, Meta(tz=True)] | None = None
    enabled: bool = True


class Settings(Struct, frozen=True):
    """All that the properties of a feature say of its zone, its id and radius aside."""

    typed: Typed
    opening_hours: OpeningHours | None
    metadata: dict[str, Scalar]


# what is read here or with the geometry; all else goes to the metadata
KNOWN = {*Typed.__struct_fields__, "zone_id", "opening_hours", "metadata"}


def read_settings(
    properties: Mapping[str, object],
    path: str,
    problems: list[Problem],
    warnings: list[Problem],
) -> Settings:
    """Return the settings of a zone, every bad property named."""
    typed = _read_typed(properties, path, problems)
    raw_hours = properties.get("opening_hours")
    hours = None
    if raw_hours is not None:
        hours = parse_opening_hours(raw_hours, f"{path}.opening_hours", problems)
    raw_metadata = properties.get("metadata")
    metadata = read_metadata(raw_metadata, f"{path}.metadata", problems)
    others = {key: value for key, value in properties.items() if key not in KNOWN}
    return Settings(typed, hours, add_others(metadata, others, path, warnings))


def _read_typed(
    properties: Mapping[str, object], path: str, problems: list[Problem]
) -> Typed:
    good: dict[str, object] = {}
    for name in Typed.__struct_fields__:
        value = properties.get(name)
        if value is None:
            continue
        fault = _fault(name, value, path)
        if fault is None:
            good[name] = value
        else:
            problems.append(fault)
    typed = msgspec.convert(good, Typed)
    return msgspec.structs.replace(
        typed,
        tags=tuple(dict.fromkeys(typed.tags)),
        muted_until=_utc(typed.muted_until),
    )


def _fault(name: str, value: object, path: str) -> Problem | None:
    try:
        typed = msgspec.convert({name: value}, Typed)
        _utc(typed.muted_until)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$")
        place = place.rstrip("`") or f".{name}"
        return Problem(f"{path}{place}", Code.BAD_PROPERTY, f"{text}.")
    except OverflowError:
        return Problem(
            f"{path}.{name}", Code.BAD_PROPERTY, "This time is out of range."
        )
    if name == "timezone" and time_zone(str(value)) is None:
        text = f"There is no time zone {value!s:.40}."
        mend = "Use an IANA name, like Europe/Amsterdam."
        return Problem(f"{path}.{name}", Code.UNKNOWN_TIMEZONE, text, suggestion=mend)
    return None


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
