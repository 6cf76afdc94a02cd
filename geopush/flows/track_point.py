"""One point of a recorded track: from what a file calls it to a ping or a problem."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from geopush.core.ping import Moment, Ping
from zones import Problem

MOST_BYTES = 32 * 1024 * 1024
MOST_POINTS = 100_000
MOST_PROBLEMS = 100  # nobody mends more at a time


class Fix(Struct, frozen=True):
    """A point as a file has it: text or numbers, perhaps wrong, perhaps missing."""

    longitude: object = None
    latitude: object = None
    at: object = None
    accuracy: object = None


class Reading:
    """A track as far as it was read: its pings, and what is wrong with the rest."""

    def __init__(self, name: str) -> None:
        self.pings: list[Ping] = []
        self.problems: list[Problem] = []
        self._name = name

    def take(self, fix: Fix, place: str) -> None:
        """Take a point in, or note what is wrong with it."""
        longitude = self._degrees(fix.longitude, 180, f"{place}, longitude")
        latitude = self._degrees(fix.latitude, 90, f"{place}, latitude")
        at = self._moment(fix.at, f"{place}, time")
        if longitude is None or latitude is None or at is None:
            return
        accuracy = _number(fix.accuracy)
        self.pings.append(
            Ping(
                latitude=latitude,
                longitude=longitude,
                recorded_at=at,
                accuracy=accuracy if accuracy and 0 < accuracy < 1e6 else None,
            )
        )

    def note(self, place: str, code: str, text: str) -> None:
        """Note what is wrong, where in the file, and how to mend it."""
        path = f"{self._name}: {place}" if place else self._name
        self.problems.append(Problem(path, code, text))

    @property
    def is_full(self) -> bool:
        """Whether reading on would help nobody."""
        return len(self.problems) >= MOST_PROBLEMS or len(self.pings) > MOST_POINTS

    def finish(self) -> tuple[Ping, ...] | list[Problem]:
        """Return the pings in the order of their times, or all that is wrong."""
        if len(self.pings) > MOST_POINTS:
            text = f"has more than {MOST_POINTS:,} points; try a shorter track"
            self.note("", "too_large", text)
        if not self.pings and not self.problems:
            self.note("", "empty", "has no points; a track needs at least one")
        if self.problems:
            return self.problems[:MOST_PROBLEMS]
        return tuple(sorted(self.pings, key=lambda ping: ping.recorded_at))

    def _degrees(self, value: object, most: int, place: str) -> float | None:
        number = _number(value)
        if value is None or value == "":
            self.note(place, "missing", "is missing; a point needs it in degrees")
        elif number is None:
            self.note(place, "wrong_type", f"{_shown(value)} is no number of degrees")
        elif not -most <= number <= most:
            text = f"{_shown(value)} is not from -{most} to {most}; are longitude and"
            self.note(place, "out_of_range", f"{text} latitude swapped?")
            return None
        return number

    def _moment(self, value: object, place: str) -> Moment | None:
        if value is None or value == "":
            text = "is missing; every point needs the time at which it was recorded"
            self.note(place, "missing", text)
            return None
        try:
            return msgspec.convert(value, Moment, strict=False)
        except (msgspec.ValidationError, OverflowError):
            text = f"{_shown(value)} is no time with an offset, such as"
            self.note(place, "wrong_type", f"{text} 2026-07-04T12:41:05+02:00")
            return None


def pick(values: Mapping[str, object], names: tuple[str, ...]) -> object:
    """Return the first value that is there under one of the names."""
    found = (values[name] for name in names if values.get(name) not in (None, ""))
    return next(found, None)


def _number(value: object) -> float | None:
    """Return the number, if it is one that has an end; yes and no are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def _shown(value: object) -> str:
    return f"{value!r:.60}"
