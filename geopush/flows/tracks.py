"""Recorded tracks: from GPX, GeoJSON, CSV or lines of JSON to pings, or to problems."""

import csv
from collections.abc import Callable
from enum import StrEnum, auto
from pathlib import PurePath

import msgspec

from geopush.core.ping import Ping
from geopush.flows.track_geojson import ACCURACY, TIME, read_geojson
from geopush.flows.track_gpx import read_gpx
from geopush.flows.track_point import MOST_BYTES, Fix, Reading, pick
from zones import Problem

LONGITUDE = ("longitude", "lon", "lng", "long")
LATITUDE = ("latitude", "lat")
BOM = b"\xef\xbb\xbf"


class TrackFormat(StrEnum):
    """What a track can be written in."""

    GPX = auto()
    GEOJSON = auto()
    CSV = auto()
    NDJSON = auto()


ENDINGS = {
    ".gpx": TrackFormat.GPX,
    ".geojson": TrackFormat.GEOJSON,
    ".csv": TrackFormat.CSV,
    ".tsv": TrackFormat.CSV,
    ".ndjson": TrackFormat.NDJSON,
    ".jsonl": TrackFormat.NDJSON,
}


def read_track(
    body: bytes, name: str, written_in: TrackFormat | None = None
) -> tuple[Ping, ...] | list[Problem]:
    """Return the pings of a track in order of time, or all that is wrong with it.

    ``name`` is the file's: its ending says the format, unless that is given; where
    neither does, the first letters of the file do.
    """
    reading = Reading(name)
    if len(body) > MOST_BYTES:
        reading.note("", "too_large", f"has more than {MOST_BYTES} bytes; shorten it")
    else:
        READERS[written_in or format_of(body, name)](body, reading)
    return reading.finish()


def format_of(body: bytes, name: str) -> TrackFormat:
    """Return what a file is written in, by its ending or else by how it begins."""
    ending = PurePath(name).suffix.lower()
    if ending in ENDINGS:
        return ENDINGS[ending]
    start = body.removeprefix(BOM).lstrip()[:4096]
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return TrackFormat.GPX
    if not start.startswith(b"{"):
        return TrackFormat.CSV
    is_geojson = b'"Feature' in start
    return TrackFormat.GEOJSON if is_geojson else TrackFormat.NDJSON


def _read_csv(body: bytes, reading: Reading) -> None:
    try:
        lines = body.removeprefix(BOM).decode().splitlines()
    except UnicodeDecodeError as error:
        place = f"byte {error.start}"
        reading.note(place, "unreadable", "is no UTF-8; save the file as UTF-8")
        return
    head = lines[0] if lines else ""
    rows = csv.DictReader(lines, delimiter=max(",;\t", key=head.count))
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    if not _has_columns(names, reading):
        return
    rows.fieldnames = names
    try:
        for row in rows:
            reading.take(_fix(row), f"line {rows.line_num}")
            if reading.is_full:
                return
    except csv.Error as error:
        reading.note(f"line {rows.line_num}", "unreadable", f"is no CSV: {error}")


def _has_columns(names: list[str], reading: Reading) -> bool:
    needed = (LATITUDE, LONGITUDE, TIME)
    for known in needed:
        if not set(known) & set(names):
            text = f"has no column {known[0]}; name one so, or {', '.join(known[1:])}"
            reading.note("line 1", "missing", text)
    return not reading.problems


def _read_ndjson(body: bytes, reading: Reading) -> None:
    for number, line in enumerate(body.removeprefix(BOM).splitlines(), 1):
        if reading.is_full:
            return
        if line.strip():
            _read_line(line, f"line {number}", reading)


def _read_line(line: bytes, place: str, reading: Reading) -> None:
    try:
        value: object = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reading.note(place, "unreadable", f"is no JSON: {error}; one ping a line")
        return
    if isinstance(value, dict):
        reading.take(_fix(value), place)
    else:
        reading.note(place, "wrong_type", "should be one ping, an object")


def _fix(values: dict[str, object]) -> Fix:
    return Fix(
        longitude=pick(values, LONGITUDE),
        latitude=pick(values, LATITUDE),
        at=pick(values, TIME),
        accuracy=pick(values, ACCURACY),
    )


READERS: dict[TrackFormat, Callable[[bytes, Reading], None]] = {
    TrackFormat.GPX: read_gpx,
    TrackFormat.GEOJSON: read_geojson,
    TrackFormat.CSV: _read_csv,
    TrackFormat.NDJSON: _read_ndjson,
}
