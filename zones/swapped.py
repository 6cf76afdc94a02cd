"""Latitude written before longitude, where that too is a place on the Earth.

Numbers alone cannot tell. But many zones say in which time zone they are, and tzdata
knows the main place of each.
"""

import re
from functools import cache
from importlib.resources import files

import numpy as np

from zones.errors import Code, Problem
from zones.geometry import Area, Point
from zones.rings import SWAPPED
from zones.sphere import great_circle

FAR = 5_000_000.0  # meters from the main place; no time zone on land reaches as far
NEAR = 2_500_000.0  # meters; most time zones lie within
ICE = -60.0  # degrees; no town lies south of it, and few beyond as much in the north

_PLACE = re.compile(r"([+-]\d\d)\d*([+-]\d{3})")


def note_swapped(
    area: Area,
    timezone: str | None,
    path: str,
    problems: list[Problem],
    warnings: list[Problem],
) -> None:
    """Refuse a zone that is in its time zone only when turned; warn where it may be."""
    west, south, *_ = area.geometry.bounds
    here = area.center or Point(west, south)
    if abs(here.longitude) > 90:
        return
    turned = Point(here.latitude, here.longitude)
    at = here.longitude, here.latitude
    home = None if timezone is None else _main_places().get(timezone)
    if home is None:
        if here.latitude < ICE < turned.latitude < -ICE:
            text = "This zone is in the Antarctic."
            warning = Problem(path, Code.SWAPPED_COORDINATES, text, at, SWAPPED)
            warnings.append(warning)
    elif _apart(here, home) > FAR and _apart(turned, home) < NEAR:
        text = f"This is far from {timezone}, and would be there when turned."
        problems.append(Problem(path, Code.SWAPPED_COORDINATES, text, at, SWAPPED))


def _apart(one: Point, other: Point) -> float:
    there = np.array([other.longitude]), np.array([other.latitude])
    return float(great_circle(one.longitude, one.latitude, *there)[0])


@cache
def _main_places() -> dict[str, Point]:
    """The main place of each time zone, which tzdata writes as +5222+00454."""
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = (row.split("\t") for row in table.splitlines() if not row.startswith("#"))
    return {name: _point(place) for _, place, name, *_ in rows}


def _point(place: str) -> Point:
    """Whole degrees are near enough."""
    latitude, longitude = _PLACE.findall(place)[0]
    return Point(float(longitude), float(latitude))
