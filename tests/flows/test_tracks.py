"""A track is read from every format alike, or refused with each fault and its place."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from geopush.core.ping import Ping
from geopush.flows import track_point
from geopush.flows.tracks import TrackFormat, format_of, read_track
from zones import Problem

FILES = Path(__file__).parent / "files"
NOON = datetime(2026, 7, 4, 12, tzinfo=timezone(timedelta(hours=2)))
MINUTES = [0, 5, 20, 30, 31, 60, 90]


def read(name: str, body: bytes | None = None) -> tuple[Ping, ...]:
    pings = read_track((FILES / name).read_bytes() if body is None else body, name)
    assert isinstance(pings, tuple), pings
    return pings


def refused(name: str, body: bytes) -> list[Problem]:
    problems = read_track(body, name)
    assert isinstance(problems, list), problems
    return problems


@pytest.mark.parametrize(
    "name", ["walk.gpx", "walk.geojson", "line.geojson", "walk.csv", "walk.ndjson"]
)
def test_every_format_gives_the_same_walk(name: str) -> None:
    pings = read(name)
    assert [one.recorded_at for one in pings] == [
        NOON + timedelta(minutes=minutes) for minutes in MINUTES
    ]
    assert [one.longitude for one in pings[:2]] == [4.905, 4.9]
    assert {one.latitude for one in pings} == {52.37}
    accuracy = None if name == "line.geojson" else 10
    assert {one.accuracy for one in pings} == {accuracy}


def test_points_are_put_in_the_order_of_their_times() -> None:
    lines = (FILES / "walk.ndjson").read_bytes().splitlines()
    assert read("walk.ndjson", b"\n".join(reversed(lines))) == read("walk.ndjson")


@pytest.mark.parametrize(
    ("name", "body", "written_in"),
    [
        ("a.GPX", b"", TrackFormat.GPX),
        ("a.tsv", b"", TrackFormat.CSV),
        ("a.jsonl", b"", TrackFormat.NDJSON),
        ("-", b"<gpx>", TrackFormat.GPX),
        ("a.xml", "﻿<gpx>".encode(), TrackFormat.GPX),
        ("a.json", b'{"type": "FeatureCollection"', TrackFormat.GEOJSON),
        ("a.json", b' {"latitude": 1', TrackFormat.NDJSON),
        ("a.txt", b"time,lat,lon", TrackFormat.CSV),
    ],
)
def test_the_format_is_told_by_the_ending_or_the_first_letters(
    name: str, body: bytes, written_in: TrackFormat
) -> None:
    assert format_of(body, name) is written_in


def test_the_format_may_be_named() -> None:
    body = (FILES / "walk.gpx").read_bytes()
    pings = read_track(body, "walk.csv", TrackFormat.GPX)
    assert pings == read("walk.gpx")


@pytest.mark.parametrize(
    "body",
    [
        b"Recorded_At;Latitude;Lng\n2026-07-04T10:00:00Z;52.37;4.9\n",
        b"\xef\xbb\xbftimestamp\tlat\tlong\r\n2026-07-04T10:00:00Z\t52.37\t4.9\r\n",
        b'time,name,lat,lon\n1783159200,"a, b",52.37,4.9\n',
    ],
    ids=["semicolons", "tabs and a mark of the bytes", "seconds since 1970"],
)
def test_a_table_may_be_written_in_several_ways(body: bytes) -> None:
    (ping,) = read("walk.csv", body)
    assert ping == Ping(52.37, 4.9, datetime(2026, 7, 4, 10, tzinfo=UTC))


def test_a_route_and_waypoints_are_points_too() -> None:
    body = b"""<gpx>
      <wpt lat="1" lon="2"><time>2026-07-04T10:00:00Z</time></wpt>
      <rte><rtept lat="3" lon="4"><time>2026-07-04T11:00:00Z</time></rtept></rte>
    </gpx>"""
    assert [(one.latitude, one.longitude) for one in read("a.gpx", body)] == [
        (1, 2),
        (3, 4),
    ]


GPX_POINT = b'<gpx>\n<trkpt lat="%b" lon="%b"><time>%b</time></trkpt>\n</gpx>'
GOOD_TIME = b"2026-07-04T10:00:00Z"


@pytest.mark.parametrize(
    ("name", "body", "path", "text"),
    [
        (
            "a.gpx",
            GPX_POINT % (b"95", b"4.9", GOOD_TIME),
            "a.gpx: line 2, trkpt, latitude",
            "swapped?",
        ),
        (
            "a.gpx",
            GPX_POINT % (b"52", b"", GOOD_TIME),
            "a.gpx: line 2, trkpt, longitude",
            "is missing",
        ),
        (
            "a.gpx",
            b'<gpx><trkpt lat="1" lon="2"></trkpt></gpx>',
            "a.gpx: line 1, trkpt, time",
            "every point needs the time",
        ),
        (
            "a.gpx",
            GPX_POINT % (b"52", b"4.9", b"2026-07-04T10:00:00"),
            "a.gpx: line 2, trkpt, time",
            "with an offset, such as 2026-07-04T12:41:05+02:00",
        ),
        ("a.gpx", b"<gpx>\n<trk>", "a.gpx: line 2", "export the track again"),
        ("a.gpx", b"", "a.gpx: line 1", "is no XML"),
        (
            "a.gpx",
            b'<?xml version="1.0"?>\n<!DOCTYPE gpx [<!ENTITY a "b">]>\n<gpx>&a;</gpx>',
            "a.gpx: line 2",
            "remove the line that begins with <!DOCTYPE",
        ),
        ("a.csv", b"time,lat\n", "a.csv: line 1", "has no column longitude; name one"),
        ("a.csv", b"", "a.csv: line 1", "has no column latitude"),
        (
            "a.csv",
            b"time,lat,lon\n2026-07-04T10:00:00Z,nan,4.9\n",
            "a.csv: line 2, latitude",
            "'nan' is no number of degrees",
        ),
        (
            "a.csv",
            b"time,lat,lon\n2026-07-04T10:00:00Z,1e400,4.9\n",
            "a.csv: line 2, latitude",
            "'1e400' is no number of degrees",
        ),
        (
            "a.csv",
            b"time,lat,lon\n\xff\n",
            "a.csv: byte 13",
            "save the file as UTF-8",
        ),
        (
            "a.csv",
            b"time,lat,lon\n" + b"x" * 200_000,
            "a.csv: line 1",
            "field larger than field limit",
        ),
        ("a.ndjson", b"{}\n{", "a.ndjson: line 2", "one ping a line"),
        ("a.ndjson", b"[1]", "a.ndjson: line 1", "should be one ping"),
        (
            "a.ndjson",
            b'\n{"latitude": true, "longitude": 4.9, "recorded_at": 1}',
            "a.ndjson: line 2, latitude",
            "True is no number of degrees",
        ),
        ("a.geojson", b"{", "a.geojson: $", "is no JSON that can be read"),
        (
            "a.geojson",
            b'{"type": "Topology"}',
            "a.geojson: $.type",
            "should be a Feature or a FeatureCollection",
        ),
        (
            "a.geojson",
            b'{"type": "Feature", "geometry": {"type": "Polygon"}}',
            "a.geojson: $.geometry.type",
            "use a Point or a LineString",
        ),
        (
            "a.geojson",
            b'{"type": "Feature", "geometry": {"type": "LineString", '
            b'"coordinates": [[1, 2]]}}',
            "a.geojson: $.properties.coordTimes",
            "is missing; a line needs a list with the time",
        ),
        (
            "a.geojson",
            b'{"type": "Feature", "properties": {"times": [1, 2]}, "geometry": '
            b'{"type": "LineString", "coordinates": [[1, 2]]}}',
            "a.geojson: $.properties.coordTimes",
            "has 2 times for 1 positions",
        ),
        (
            "a.geojson",
            b'{"type": "Feature", "properties": {"time": 1}, "geometry": '
            b'{"type": "Point", "coordinates": [1]}}',
            "a.geojson: $, longitude",
            "is missing",
        ),
        ("a.ndjson", b"\n\n", "a.ndjson", "has no points"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_how_to_mend_it(
    name: str, body: bytes, path: str, text: str
) -> None:
    problems = refused(name, body)
    assert [one for one in problems if one.path == path and text in one.text], problems


def test_deeply_nested_json_is_refused() -> None:
    (problem,) = refused("a.geojson", b"[" * 100_000)
    assert problem.code == "unreadable"


def test_all_problems_are_told_at_once_but_no_more_than_help() -> None:
    assert len(refused("a.ndjson", b"1\n2\n3\n")) == 3
    assert len(refused("a.ndjson", b"1\n" * 1000)) == track_point.MOST_PROBLEMS
    gpx = b"<gpx>" + b"<wpt/>" * 1000 + b"</gpx>"
    assert len(refused("a.gpx", gpx)) == track_point.MOST_PROBLEMS


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geopush.flows.tracks.MOST_BYTES", 10)
    (problem,) = refused("walk.csv", b"time,lat,lon")
    assert (problem.path, problem.code) == ("walk.csv", "too_large")


def test_a_track_with_too_many_points_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(track_point, "MOST_POINTS", 3)
    for name in ("walk.gpx", "line.geojson", "walk.csv", "walk.ndjson"):
        (problem,) = refused(name, (FILES / name).read_bytes())
        assert problem.code == "too_large"
