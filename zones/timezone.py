"""Time zones by name, from the tzdata package alone, so that every machine agrees."""

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


def time_zone(name: str) -> ZoneInfo | None:
    """Return the time zone of an IANA name, or none if there is no such zone."""
    return _load(name) if name in _names() else None


@cache
def _names() -> frozenset[str]:
    listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split())


@cache
def _load(name: str) -> ZoneInfo:
    place = files("tzdata.zoneinfo").joinpath(*name.split("/"))
    with place.open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
