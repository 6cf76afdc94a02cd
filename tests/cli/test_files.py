"""Files of zones and offers, checked without a service."""

import json
from pathlib import Path

import pytest

from geopush.sandbox import city
from tests.cli.command import Terminal
from tests.journeys.test_a_zone import FOLDED
from tests.journeys.town import ICE_CREAM, RESTAURANT

CITY = Path(city.__file__).parent
SWAPPED = {**RESTAURANT, "geometry": {"type": "Point", "coordinates": [52.37, 104.9]}}


def collection(*features: dict[str, object]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.fixture
def bad_zones(tmp_path: Path) -> Path:
    """A file with one good zone and three that are not."""
    path = tmp_path / "shops.geojson"
    features = (RESTAURANT | {"id": "good"}, FOLDED, SWAPPED | {"id": "swapped"})
    path.write_text(collection(*features, RESTAURANT))
    return path


@pytest.mark.parametrize("name", ["zones.geojson", "districts.geojson"])
def test_the_zones_of_the_sample_city_are_as_they_should_be(
    terminal: Terminal, name: str
) -> None:
    done = terminal.geopush("zones", "validate", CITY / name)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(" zones, all as they should be\n")


def test_all_that_is_wrong_with_zones_is_told_with_its_place_and_a_suggestion(
    terminal: Terminal, bad_zones: Path
) -> None:
    done = terminal.geopush("zones", "validate", bad_zones)
    assert done.code == 1
    *problems, last = done.err.splitlines()
    assert [line.split(" ")[1].split(".")[1].rstrip(":") for line in problems] == [
        "features[1]",
        "features[2]",
        "features[3]",
    ]
    assert problems[0].startswith("shops.geojson: $.features[1].geometry")
    assert " at 4.905, 52.305: " in problems[0]
    assert all(line.endswith(")") for line in problems)
    assert last == "3 to mend"


def test_all_that_is_wrong_with_zones_is_told_to_machines(
    terminal: Terminal, bad_zones: Path
) -> None:
    done = terminal.geopush("zones", "validate", bad_zones, "--json")
    assert done.code == 1
    told = done.json()
    assert isinstance(told, dict)
    codes = [one["code"] for one in told["problems"]]
    assert codes == ["crossing_edges", "swapped_coordinates", "id_missing"]
    assert told["problems"][0]["at"] == [4.905, 52.305]
    assert all(one["suggestion"] for one in told["problems"])


def test_a_file_of_good_zones_is_counted_for_machines(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "shop.geojson"
    path.write_text(collection(RESTAURANT | {"id": "good"}))
    done = terminal.geopush("zones", "validate", path, "--json")
    assert done.code == 0
    assert done.json() == {"zones": 1, "problems": [], "warnings": []}


def test_the_offers_of_the_sample_city_are_as_they_should_be(
    terminal: Terminal,
) -> None:
    done = terminal.geopush("offers", "validate", CITY / "offers.json")
    assert (done.code, done.err) == (0, "")
    assert "ice-cream-in-the-sun: as it should be\n" in done.out


def test_an_offer_on_its_own_goes_by_the_name_of_its_file(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "ice.json"
    path.write_text(json.dumps(ICE_CREAM))
    done = terminal.geopush("offers", "validate", path, "--json")
    assert done.code == 0
    assert done.json() == {"offers": ["ice"], "problems": []}


@pytest.mark.parametrize(
    ("offers", "places"),
    [
        (
            [{"offer_id": "a", **ICE_CREAM, "colour": 1, "priority": 500}],
            ["$[0].colour", "$[0].priority"],
        ),
        ([ICE_CREAM], ["$[0]"]),
        (
            {"offers": [{"offer_id": "a", **ICE_CREAM}] * 2},
            ["$.offers[1].offer_id"],
        ),
        ({"offers": [{"offer_id": "a b", **ICE_CREAM}]}, ["$.offers[0]"]),
    ],
)
def test_all_that_is_wrong_with_offers_is_told_with_its_place(
    terminal: Terminal, tmp_path: Path, offers: object, places: list[str]
) -> None:
    path = tmp_path / "offers.json"
    path.write_text(json.dumps(offers))
    done = terminal.geopush("offers", "validate", path)
    assert done.code == 1
    *problems, last = done.err.splitlines()
    assert [line.split(": ")[1] for line in problems] == places
    assert last == f"{len(places)} to mend"


def test_what_is_no_json_is_no_offer(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "offers.json"
    path.write_text("{")
    done = terminal.geopush("offers", "validate", path, "--json")
    assert done.code == 1
    told = done.json()
    assert isinstance(told, dict)
    assert [one["code"] for one in told["problems"]] == ["unreadable"]


def test_nothing_is_put_into_a_service_if_an_offer_of_the_file_is_bad(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "offers.json"
    path.write_text(
        json.dumps([{"offer_id": "good", **ICE_CREAM}, {"offer_id": "bad"}])
    )
    nowhere = ("--url", "http://127.0.0.1:1", "--key", "gp_sk_x")
    done = terminal.geopush("offers", "apply", path, *nowhere)
    assert (done.code, done.out) == (1, "")
    assert "offers.json: $[1].name" in done.err
    assert "does not answer" not in done.err


@pytest.mark.parametrize("command", ["import", "export", "apply"])
def test_a_service_that_is_not_there_ends_the_command_with_1(
    terminal: Terminal, tmp_path: Path, command: str
) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(ICE_CREAM))
    group = "offers" if command == "apply" else "zones"
    files = () if command == "export" else (path,)
    nowhere = ("--url", "http://127.0.0.1:1", "--key", "gp_sk_x")
    done = terminal.geopush(group, command, *files, *nowhere)
    assert done.code == 1
    assert "does not answer" in done.err
