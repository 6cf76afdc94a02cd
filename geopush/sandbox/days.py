"""Where a day takes somebody: home, work, lunch, a walk, and back, past restaurants."""

from datetime import datetime, timedelta
from math import cos, pi, sin
from random import Random

from geopush.sandbox.city import City, Restaurant
from geopush.sandbox.city.outline import covers
from geopush.sandbox.tracks import (
    Fix,
    Place,
    along_streets,
    go,
    meters_between,
    moved,
    seconds_to_go,
    stay,
)

BEARINGS = {"Manhattan": 29.0, "Brooklyn": -10.0, "Bronx": 15.0}  # of the avenues
WALKS_UP_TO_METERS = 1800.0
WALKING, RIDING = (1.2, 1.5), (4.0, 8.0)  # meters a second
AT_HOME, AT_A_TABLE = (40.0, 80.0), (3.0, 5.0)  # minutes between fixes
TRIES = 60  # at finding a dry place; most need two

Span = tuple[float, float]


class Borough:
    """The restaurants and the dry land of a borough."""

    def __init__(self, city: City, name: str) -> None:
        self.restaurants = [one for one in city.restaurants if one.borough == name]
        self.bearing = BEARINGS.get(name, 0.0)
        self._land = [
            (_box(rings[0]), rings)
            for district in city.districts
            if district.borough == name
            for rings in district.polygons
        ]

    def has(self, place: Place) -> bool:
        """Whether the place is on the borough's land."""
        at = (place.longitude, place.latitude)
        return any(
            west <= at[0] <= east and south <= at[1] <= north and covers(rings, at)
            for (west, south, east, north), rings in self._land
        )

    def door(self, rng: Random) -> Place:
        """Any restaurant's door."""
        return _door(rng.choice(self.restaurants))

    def nearest_door(self, place: Place) -> Place:
        """The door of the restaurant nearest to a place."""
        doors = map(_door, self.restaurants)
        return min(doors, key=lambda door: meters_between(door, place))

    def somewhere(self, rng: Random, around: Place, meters: Span) -> Place:
        """A place so far from another that one can go there along dry streets."""
        for _ in range(TRIES):
            far, direction = rng.uniform(*meters), rng.uniform(0, 2 * pi)
            place = moved(around, east=far * sin(direction), north=far * cos(direction))
            if all(map(self.has, along_streets(around, place, self.bearing)[1:])):
                return place
        return around


def plan_day(
    rng: Random, borough: Borough, start: datetime, end: datetime
) -> list[Fix]:
    """All fixes of one person's phone from start to end, in order."""
    lunch = borough.door(rng)
    work = borough.somewhere(rng, lunch, (250, 900))
    home = borough.somewhere(rng, work, (900, 3500))
    day = _Day(rng, borough.bearing, home, (start, end))
    if rng.random() < 0.8:
        day.go(work, leave=(0.0, 0.13))
    if rng.random() < 0.75:
        day.visit(lunch, back=work, leave=(0.16, 0.3), minutes=(12, 35))
    if rng.random() < 0.4:
        stroll = borough.nearest_door(work)
        day.visit(stroll, back=work, leave=(0.42, 0.54), minutes=(0, 6))
    day.go(home, leave=(0.58, 0.78))
    if rng.random() < 0.3:
        supper = borough.nearest_door(home)
        day.visit(supper, back=home, leave=(0.8, 0.9), minutes=(15, 40))
    return day.finish()


class _Day:
    """A day as far as it is planned: where somebody is by now, and the fixes so far."""

    def __init__(
        self,
        rng: Random,
        bearing: float,
        place: Place,
        span: tuple[datetime, datetime],
    ) -> None:
        self._rng, self._bearing, self._place = rng, bearing, place
        self._start, self._end = span
        self._at = self._start
        self._fixes: list[Fix] = []

    def go(self, to: Place, *, leave: Span) -> None:
        """Stay until some share of the day is over, then go."""
        share = self._rng.uniform(*leave)
        self._stay(self._start + (self._end - self._start) * share, AT_HOME)
        self._move(to)

    def visit(self, to: Place, *, back: Place, leave: Span, minutes: Span) -> None:
        """Go somewhere, stay for some minutes, and go back."""
        self.go(to, leave=leave)
        over = self._at + timedelta(minutes=self._rng.uniform(*minutes))
        self._stay(over, AT_A_TABLE)
        self._move(back)

    def finish(self) -> list[Fix]:
        self._stay(self._end, AT_HOME)
        return [fix for fix in self._fixes if fix.at < self._end]

    def _move(self, to: Place) -> None:
        if to == self._place:
            return
        way = along_streets(self._place, to, self._bearing)
        walks = meters_between(self._place, to) <= WALKS_UP_TO_METERS
        pace = self._rng.uniform(*(WALKING if walks else RIDING))
        self._fixes += go(self._rng, way, self._at, pace)
        self._at += timedelta(seconds=seconds_to_go(way, pace))
        self._place = to

    def _stay(self, until: datetime, minutes: Span) -> None:
        if until <= self._at:
            return
        self._fixes += stay(self._rng, self._place, self._at, until, minutes)
        self._at = until


def _door(restaurant: Restaurant) -> Place:
    return Place(longitude=restaurant.longitude, latitude=restaurant.latitude)


def _box(ring: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    longitudes, latitudes = zip(*ring, strict=True)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)
