"""geopush bench: an operator's zones measured; what is told, not how fast it was."""

import json
from pathlib import Path

import pytest

from tests.cli.command import Terminal
from zones import Kernel

SHORT = ("--seconds", "0", "--pings", "300")


def square(zone_id: str, west: float, south: float) -> dict[str, object]:
    east, north = west + 0.01, south + 0.01
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "id": zone_id,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"name": zone_id},
    }


@pytest.fixture
def stores(tmp_path: Path) -> Path:
    """Three zones, two of them one over the other."""
    squares = [square("a", 4.9, 52.3), square("b", 4.905, 52.3), square("c", 5.0, 52.4)]
    path = tmp_path / "stores.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": squares}))
    return path


def figures(told: object) -> dict[str, dict[str, object]]:
    assert isinstance(told, dict)
    return {one["index"]: one for one in told["indexes"]}


def test_zones_are_measured_and_no_answer_is_wrong(
    terminal: Terminal, stores: Path
) -> None:
    asked = ("bench", "--zones", stores, *SHORT, "--without-kernel", "--json")
    done = terminal.geopush(*asked)
    assert (done.code, done.err) == (0, "")
    told = done.json()
    assert isinstance(told, dict)
    assert (told["zones"], told["vertices"], told["compared"]) == (3, 15, 300)
    assert told["zones_per_ping"] > 0.5
    plain = figures(told)["without kernel"]
    assert plain["wrong"] == 0
    rates = plain["pings_per_second"]
    assert isinstance(rates, dict)
    assert sorted(rates, key=int) == ["1", "256", "4096"]


def test_the_compiled_kernel_is_measured_beside_the_plain_loops(
    terminal: Terminal, stores: Path, kernel: Kernel, kernel_dir: Path
) -> None:
    terminal.set(GEOPUSH_KERNEL_DIR=str(kernel_dir))
    done = terminal.geopush("bench", "--zones", stores, *SHORT, "--json")
    assert done.code == 0
    assert [one["wrong"] for one in figures(done.json()).values()] == [0, 0]


def test_people_get_a_table_and_a_picture(terminal: Terminal, stores: Path) -> None:
    picture = stores.with_name("rates.png")
    asked = ("--without-kernel", "--plot", picture)
    done = terminal.geopush("bench", "--zones", stores, *SHORT, *asked)
    assert done.code == 0
    assert "stores.geojson: 3 zones with 15 vertices" in done.out
    assert "16,384 a call" in done.out
    assert f"The picture is in {picture}" in done.out
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no GeoJSON at all", "stores.geojson: "),
        ('{"type": "FeatureCollection", "features": [{"type": "Feature"}]}', "to mend"),
        ('{"type": "FeatureCollection", "features": []}', "there are no zones in"),
    ],
)
def test_a_file_that_holds_no_good_zones_ends_it_with_1(
    terminal: Terminal, stores: Path, text: str, said: str
) -> None:
    stores.write_text(text)
    done = terminal.geopush("bench", "--zones", stores, *SHORT)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("name", "said"),
    [("rates.txt", "should end with"), ("nowhere/rates.png", "there is no directory")],
)
def test_a_picture_that_cannot_be_drawn_is_refused_before_measuring(
    terminal: Terminal, stores: Path, name: str, said: str
) -> None:
    picture = stores.parent / name
    done = terminal.geopush("bench", "--zones", stores, "--plot", picture)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
