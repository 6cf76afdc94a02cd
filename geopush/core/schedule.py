"""When an offer runs and when a customer wants silence, in the right time zone.

Clock times are those on the wall of that time zone, so a window keeps its hours when
the clocks change. A window that passes midnight belongs to the day it began on. With a
time zone that nobody knows, nothing runs and everything is quiet.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from geopush.core.problems import nearest
from zones import Problem, time_zone

ClockTime = Annotated[
    str,
    Meta(
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)\Z",
        description='a time of day such as "08:30", at most "24:00"',
    ),
]


class Day(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


Days = Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)]

OF_THE_ZONE = "zone"
OF_THE_CUSTOMER = "customer"
_WEEK = tuple(Day)
_ONE_DAY = timedelta(days=1)


class Schedule(Struct, frozen=True, forbid_unknown_fields=True):
    """Dates, days and hours of an offer; ``timezone`` is zone, customer or a name."""

    from_: date | None = field(default=None, name="from")
    to: date | None = None
    days: Days | None = None
    between: tuple[ClockTime, ClockTime] | None = None
    timezone: str = OF_THE_ZONE


class QuietHours(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The hours in which a customer wants to hear nothing."""

    from_: ClockTime = field(name="from")
    to: ClockTime
    days: Days | None = None


def runs_at(schedule: Schedule, now: datetime, zone_tz: str, customer_tz: str) -> bool:
    """Say whether an offer runs now: ``to`` is a day of it, the end of hours is not."""
    local = local_time(
        now, resolve(schedule.timezone, zone_tz=zone_tz, customer_tz=customer_tz)
    )
    if local is None:
        return False
    if schedule.between is None:
        return _has_day(schedule, local.date())
    began = _began(schedule.between, local)
    return began is not None and _has_day(schedule, began)


def is_quiet(quiet: QuietHours, now: datetime, tz: str) -> bool:
    """Say whether now is in a customer's quiet hours."""
    local = local_time(now, tz)
    if local is None:
        return True
    began = _began((quiet.from_, quiet.to), local)
    return began is not None and _is_among(began, quiet.days)


def quiet_until(quiet: QuietHours, now: datetime, tz: str) -> datetime | None:
    """Return the first moment from now on that is not quiet; None if there is none."""
    at = now
    for _ in range(len(_WEEK) + 2):  # hours that follow on one another, day after day
        local = local_time(at, tz)
        if local is None:
            return None
        began = _began((quiet.from_, quiet.to), local)
        if began is None or not _is_among(began, quiet.days):
            return at
        at = _end(quiet, began, local, at)
    return None


def resolve(timezone: str, *, zone_tz: str, customer_tz: str) -> str:
    """Return the name of the time zone that is meant."""
    return {OF_THE_ZONE: zone_tz, OF_THE_CUSTOMER: customer_tz}.get(timezone, timezone)


def local_time(now: datetime, tz: str) -> datetime | None:
    """Return what the clocks show there, or None where nobody knows."""
    known = time_zone(tz)
    return None if known is None else now.astimezone(known)


def check_timezone(timezone: str, path: str, problems: list[Problem]) -> None:
    """Note a time zone that is neither zone, customer nor an IANA name."""
    if timezone in (OF_THE_ZONE, OF_THE_CUSTOMER) or time_zone(timezone) is not None:
        return
    text = f'"{timezone[:60]}" is no time zone; write "zone", "customer" or an IANA'
    meant = nearest(timezone, (OF_THE_ZONE, OF_THE_CUSTOMER))
    text += ' name such as "Europe/Amsterdam"'
    problems.append(Problem(path, "unknown_timezone", text, suggestion=meant))


def check_schedule(schedule: Schedule, path: str, problems: list[Problem]) -> None:
    """Note what is impossible in a schedule that reads well."""
    check_timezone(schedule.timezone, f"{path}.timezone", problems)
    first, last = schedule.from_, schedule.to
    if first is not None and last is not None and first > last:
        text = f"ends on {last}, before it begins on {first}; swap them"
        problems.append(Problem(f"{path}.to", "dates_reversed", text))
    if schedule.between is not None:
        check_hours(schedule.between, f"{path}.between", problems)


def check_hours(between: tuple[str, str], path: str, problems: list[Problem]) -> None:
    """Note hours that are none at all."""
    if between[0] == between[1] or between[0] == "24:00":
        text = 'must begin before it ends; a whole day is from "00:00" to "24:00"'
        problems.append(Problem(path, "empty_hours", text))


def _end(quiet: QuietHours, began: date, local: datetime, after: datetime) -> datetime:
    """When the quiet hours that began on a day are over.

    A clock that is set back shows that time twice; one set forward may skip it.
    """
    hours, minutes = map(int, quiet.to.split(":"))
    passes = quiet.from_ >= quiet.to
    wall = datetime.combine(began, time(0)) + timedelta(
        days=1 if passes else 0, hours=hours, minutes=minutes
    )
    ends = [
        wall.replace(tzinfo=local.tzinfo, fold=fold).astimezone(UTC) for fold in (0, 1)
    ]
    minute, last = min(ends), max(ends)
    while minute < last:
        shown = minute.astimezone(local.tzinfo)
        if minute > after and _began((quiet.from_, quiet.to), shown) is None:
            return minute
        minute += timedelta(minutes=1)
    return last


def _began(between: tuple[str, str], local: datetime) -> date | None:
    """The day on which the window that now lies in began; clock texts sort as times."""
    start, end = between
    clock = f"{local:%H:%M}"
    if start < end:
        return local.date() if start <= clock < end else None
    if clock >= start:
        return local.date()
    return local.date() - _ONE_DAY if clock < end else None


def _has_day(schedule: Schedule, day: date) -> bool:
    return (
        (schedule.from_ is None or day >= schedule.from_)
        and (schedule.to is None or day <= schedule.to)
        and _is_among(day, schedule.days)
    )


def _is_among(day: date, days: tuple[Day, ...] | None) -> bool:
    return days is None or _WEEK[day.weekday()] in days
