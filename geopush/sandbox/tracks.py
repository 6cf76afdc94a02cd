"""How a phone moves and what it notices of that: streets, paces, fixes that jitter."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import cos, hypot, pi, radians, sin
from random import Random

from msgspec import Struct

METERS_PER_DEGREE = 111_195.0
AT_LATITUDE = 40.75  # degrees of longitude are as wide as here in all of the city
METERS_PER_DEGREE_EAST = METERS_PER_DEGREE * cos(radians(AT_LATITUDE))
BLOCK_METERS = 350.0  # from one corner at which people turn to the next
SECONDS_BETWEEN_FIXES = (90.0, 140.0)  # while moving, as phones do to spare the battery
ACCURACY_OUTSIDE = (5.0, 25.0)
ACCURACY_INSIDE = (15.0, 60.0)


class Place(Struct, frozen=True):
    """A point of the city."""

    longitude: float
    latitude: float


class Fix(Struct, frozen=True, omit_defaults=True):
    """Where a phone believes it is."""

    at: datetime
    longitude: float
    latitude: float
    accuracy: float
    speed: float | None = None


def moved(place: Place, *, east: float, north: float) -> Place:
    """The place so many meters to the east and north."""
    return Place(
        longitude=place.longitude + east / METERS_PER_DEGREE_EAST,
        latitude=place.latitude + north / METERS_PER_DEGREE,
    )


def meters_between(one: Place, other: Place) -> float:
    """How far apart two places of the city are."""
    return hypot(*_offset(one, other))


def along_streets(start: Place, end: Place, bearing: float) -> list[Place]:
    """The corners of a way that keeps to streets, avenues running at the bearing."""
    east, north = _offset(start, end)
    up = (sin(radians(bearing)), cos(radians(bearing)))
    along = east * up[0] + north * up[1]
    across = east * up[1] - north * up[0]
    steps = max(1, round((abs(along) + abs(across)) / 2 / BLOCK_METERS))
    corners = [start]
    for step in range(steps):
        for a, c in ((step + 1, step), (step + 1, step + 1)):
            far, wide = along * a / steps, across * c / steps
            corners.append(
                moved(
                    start,
                    east=far * up[0] + wide * up[1],
                    north=far * up[1] - wide * up[0],
                )
            )
    return [*corners[:-1], end]


def go(rng: Random, way: Sequence[Place], at: datetime, pace: float) -> list[Fix]:
    """The fixes of going all the way at a pace in meters a second."""
    fixes: list[Fix] = []
    left = rng.uniform(*SECONDS_BETWEEN_FIXES) * pace
    gone = 0.0
    for start, end in pairwise(way):
        length = meters_between(start, end)
        while left <= length:
            place = _between(start, end, left / length)
            when = at + timedelta(seconds=(gone + left) / pace)
            fixes.append(_fix(rng, place, when, ACCURACY_OUTSIDE, pace))
            left += rng.uniform(*SECONDS_BETWEEN_FIXES) * pace
        left -= length
        gone += length
    return fixes


def seconds_to_go(way: Sequence[Place], pace: float) -> float:
    """How long the way takes at a pace in meters a second."""
    return sum(meters_between(one, other) for one, other in pairwise(way)) / pace


def stay(
    rng: Random,
    place: Place,
    at: datetime,
    until: datetime,
    minutes: tuple[float, float],
) -> list[Fix]:
    """The sparse fixes of staying inside somewhere, so many minutes apart."""
    fixes = []
    at += timedelta(seconds=rng.uniform(5, 60))
    while at < until:
        fixes.append(_fix(rng, place, at, ACCURACY_INSIDE, 0.0))
        at += timedelta(minutes=rng.uniform(*minutes))
    return fixes


def _fix(
    rng: Random,
    place: Place,
    at: datetime,
    accuracies: tuple[float, float],
    pace: float,
) -> Fix:
    accuracy = rng.uniform(*accuracies)
    direction = rng.uniform(0, 2 * pi)
    off = min(abs(rng.gauss(0, accuracy / 2)), accuracy)
    seen = moved(place, east=off * sin(direction), north=off * cos(direction))
    knows_speed = rng.random() < 0.8
    return Fix(
        at=at.replace(microsecond=at.microsecond // 1000 * 1000),
        longitude=round(seen.longitude, 6),
        latitude=round(seen.latitude, 6),
        accuracy=round(accuracy, 1),
        speed=round(pace * rng.uniform(0.8, 1.2), 2) if knows_speed else None,
    )


def _between(start: Place, end: Place, share: float) -> Place:
    return Place(
        longitude=start.longitude + (end.longitude - start.longitude) * share,
        latitude=start.latitude + (end.latitude - start.latitude) * share,
    )


def _offset(one: Place, other: Place) -> tuple[float, float]:
    east = (other.longitude - one.longitude) * METERS_PER_DEGREE_EAST
    north = (other.latitude - one.latitude) * METERS_PER_DEGREE
    return east, north
