"""geopush simulate: an offer tried over a walk through the sample city."""

import json
from pathlib import Path

import pytest

from geopush.sandbox import city
from tests.cli.command import Terminal

CITY = Path(city.__file__).parent


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    """Past a restaurant of the city, in at noon of a warm day and out again."""
    first = json.loads((CITY / "zones.geojson").read_text())["features"][0]
    longitude, latitude = first["geometry"]["coordinates"]
    rows = [
        f"2023-05-31T{at}-04:00,{latitude + off},{longitude},10"
        for at, off in (
            ("12:00:00", 0.01),
            ("12:05:00", 0),
            ("12:15:00", 0.01),
            ("12:16:00", 0.01),
            ("12:30:00", 0),
        )
    ]
    path = tmp_path / "walk.csv"
    path.write_text("\n".join(["time,lat,lon,accuracy", *rows, ""]))
    return path


def arguments(walk: Path, *more: str) -> list[str | Path]:
    files: list[str | Path] = ["simulate", "--track", walk]
    for option, name in (
        ("--zones", "zones.geojson"),
        ("--offers", "offers.json"),
        ("--weather", "weather.json"),
    ):
        files += [option, CITY / name]
    return [*files, "--timezone", "America/New_York", *more]


def sent(told: object) -> list[str]:
    assert isinstance(told, dict)
    return [
        one["offer_id"]
        for step in told["steps"]
        for one in step["decided"]
        if one["verdict"] == "decided"
    ]


def test_a_walk_past_a_restaurant_is_told_line_by_line(
    terminal: Terminal, walk: Path
) -> None:
    done = terminal.geopush(*arguments(walk))
    assert (done.code, done.err) == (0, "")
    assert "2023-05-31 12:05:00  enter 1212 E Gun Hill Rd (ping 2)" in done.out
    assert "decided   ice-cream-in-the-sun: “Ice cream weather”" in done.out
    assert "withheld  ice-cream-in-the-sun: capped" in done.out
    assert "5 pings (0 not taken)" in done.out


def test_the_same_is_told_to_machines(terminal: Terminal, walk: Path) -> None:
    done = terminal.geopush(*arguments(walk, "--json"))
    assert done.code == 0
    assert sent(done.json()).count("ice-cream-in-the-sun") == 1


def test_without_consent_nothing_is_sent(terminal: Terminal, walk: Path) -> None:
    asked = arguments(walk, "--json", "--without", "push_marketing")
    told = terminal.geopush(*asked).json()
    assert "ice-cream-in-the-sun" not in sent(told)


def test_a_file_that_cannot_be_read_ends_it_with_1_and_names_the_place(
    terminal: Terminal, walk: Path
) -> None:
    walk.write_text("time,lat,lon\nnoon,52,4\n")
    done = terminal.geopush(*arguments(walk))
    assert (done.code, done.out) == (1, "")
    assert "walk.csv: line 2, time" in done.err
