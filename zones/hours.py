"""Opening hours: when a place is open, in its own wall-clock time."""

import re
from datetime import date, datetime, timedelta

from msgspec import Struct

from zones.errors import Code, Problem

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 24 * 60
MOST_SPANS = 24  # a day
MOST_DATES = 1_000

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


class Span(Struct, frozen=True):
    """From one minute of the day until another, that one excluded.

    A span that closes no later than it opens ends on the next day.
    """

    opens: int
    closes: int

    @property
    def passes_midnight(self) -> bool:
        """Tell whether it ends on the day after it began."""
        return self.closes <= self.opens


Spans = tuple[Span, ...]


class OpeningHours(Struct, frozen=True):
    """The spans that begin on each weekday (Monday first), and on dates that differ."""

    week: tuple[Spans, ...]
    dates: dict[date, Spans] = {}

    def of(self, day: date) -> Spans:
        """Return the spans that begin on a day."""
        return self.dates.get(day, self.week[day.weekday()])


def is_open(hours: OpeningHours, local: datetime) -> bool:
    """Tell whether it is open by the wall clock; what began yesterday counts too."""
    minute = local.hour * 60 + local.minute
    if any(
        span.opens <= minute and (span.passes_midnight or minute < span.closes)
        for span in hours.of(local.date())
    ):
        return True
    if local.date() == date.min:
        return False
    yesterday = hours.of(local.date() - timedelta(days=1))
    return any(span.passes_midnight and minute < span.closes for span in yesterday)


def parse_opening_hours(
    raw: object, path: str, problems: list[Problem]
) -> OpeningHours | None:
    """Return the opening hours, or none when anything of them cannot be read."""
    before = len(problems)
    if not isinstance(raw, dict):
        _complain(path, "Opening hours are an object with weekdays.", problems)
        return None
    week: dict[str, Spans] = {}
    dates: dict[date, Spans] = {}
    for key, value in raw.items():
        if key in DAYS:
            week[key] = _parse_spans(value, f"{path}.{key}", problems)
        elif key == "dates":
            dates = _parse_dates(value, f"{path}.dates", problems)
        else:
            known = ", ".join(DAYS)
            text = f"{key!s:.40} is no weekday; these are: {known}, dates."
            _complain(f"{path}.{key!s:.40}", text, problems)
    if len(problems) > before:
        return None
    return OpeningHours(tuple(week.get(day, ()) for day in DAYS), dates)


def spell_opening_hours(hours: OpeningHours) -> dict[str, object]:
    """Return opening hours as they are written in a zone's properties."""
    days = zip(DAYS, hours.week, strict=True)
    spelt: dict[str, object] = {day: _spell(spans) for day, spans in days if spans}
    if hours.dates:
        spelt["dates"] = {
            day.isoformat(): _spell(spans) for day, spans in hours.dates.items()
        }
    return spelt


def _parse_dates(raw: object, path: str, problems: list[Problem]) -> dict[date, Spans]:
    if not isinstance(raw, dict) or len(raw) > MOST_DATES:
        _complain(path, f"Dates are an object of at most {MOST_DATES} dates.", problems)
        return {}
    parsed: dict[date, Spans] = {}
    for key, value in raw.items():
        place = f"{path}.{key!s:.40}"
        day = _parse_date(key)
        if day is None:
            _complain(place, "A date is written like 2026-12-25.", problems)
            continue
        parsed[day] = _parse_spans(value, place, problems)
    return parsed


def _parse_date(raw: object) -> date | None:
    if not isinstance(raw, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", raw, re.ASCII):
        return None
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def _parse_spans(raw: object, path: str, problems: list[Problem]) -> Spans:
    if not isinstance(raw, list) or len(raw) > MOST_SPANS:
        text = 'A day is a list of spans, like [["09:00", "18:00"]]; empty is closed.'
        _complain(path, text, problems)
        return ()
    spans = [_parse_span(span, f"{path}[{i}]", problems) for i, span in enumerate(raw)]
    return tuple(span for span in spans if span is not None)


def _parse_span(raw: object, path: str, problems: list[Problem]) -> Span | None:
    minutes = [_minute(time) for time in raw] if isinstance(raw, list) else []
    if len(minutes) != 2 or minutes[0] is None or minutes[1] is None:
        text = 'A span is two times of day, like ["09:00", "18:00"].'
        _complain(path, text, problems)
        return None
    opens, closes = minutes[0], minutes[1]
    if opens in (closes, MIDNIGHT):
        text = "A span ends at another time than it begins."
        mend = 'The whole day is ["00:00", "24:00"].'
        problems.append(Problem(path, Code.BAD_OPENING_HOURS, text, suggestion=mend))
        return None
    return Span(opens, closes)


def _minute(raw: object) -> int | None:
    if not isinstance(raw, str) or _CLOCK.fullmatch(raw) is None:
        return None
    hours, minutes = raw.split(":")
    return int(hours) * 60 + int(minutes)


def _spell(spans: Spans) -> list[list[str]]:
    return [[_clock(span.opens), _clock(span.closes)] for span in spans]


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _complain(path: str, text: str, problems: list[Problem]) -> None:
    problems.append(Problem(path, Code.BAD_OPENING_HOURS, text))
