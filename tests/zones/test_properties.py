"""The settings of a zone, as the properties of its feature say them."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.zones.geojson import collection, feature
from zones import Code, Parsed, Zone, parse_zones

PLACE = "$.features[0].properties"


def parsed(**properties: object) -> Parsed:
    return parse_zones(collection(feature(**properties)))


def the_zone(**properties: object) -> Zone:
    found = parsed(**properties)
    assert found.problems == ()
    [zone] = found.zones
    return zone


def test_a_zone_without_properties_leaves_all_to_the_deployment() -> None:
    zone = the_zone()
    assert (zone.name, zone.group, zone.tags, zone.enabled) == ("", None, (), True)
    assert zone.dwell_seconds is zone.approach_meters is zone.timezone is None
    assert zone.opening_hours is zone.muted_until is None
    assert zone.metadata == {}


def test_every_setting_is_read() -> None:
    zone = the_zone(
        name="Dam 1",
        group="amsterdam",
        tags=["restaurant", "terrace", "restaurant"],
        dwell_seconds=300,
        approach_meters=250,
        min_confidence=2,
        exit_confirmations=3,
        timezone="Europe/Amsterdam",
        opening_hours={"mon": [["09:00", "18:00"]]},
        muted_until="2026-12-24T00:00:00+01:00",
        enabled=False,
        metadata={"seats": 40},
    )
    assert (zone.name, zone.group) == ("Dam 1", "amsterdam")
    assert zone.tags == ("restaurant", "terrace")
    assert (zone.dwell_seconds, zone.approach_meters) == (300, 250.0)
    assert (zone.min_confidence, zone.exit_confirmations) == (2, 3)
    assert zone.timezone == "Europe/Amsterdam"
    assert zone.opening_hours is not None
    assert zone.muted_until == datetime(2026, 12, 23, 23, tzinfo=UTC)
    assert zone.muted_until.utcoffset() == timedelta(0)
    assert zone.enabled is False
    assert zone.metadata == {"seats": 40}


@pytest.mark.parametrize(
    ("name", "value", "path", "code"),
    [
        ("name", 5, "name", Code.BAD_PROPERTY),
        ("name", "x" * 301, "name", Code.BAD_PROPERTY),
        ("name", "a\0b", "name", Code.BAD_PROPERTY),
        ("group", "", "group", Code.BAD_PROPERTY),
        ("tags", "restaurant", "tags", Code.BAD_PROPERTY),
        ("tags", ["a", 2], "tags[1]", Code.BAD_PROPERTY),
        ("tags", ["a"] * 65, "tags", Code.BAD_PROPERTY),
        ("dwell_seconds", 0, "dwell_seconds", Code.BAD_PROPERTY),
        ("dwell_seconds", "300", "dwell_seconds", Code.BAD_PROPERTY),
        ("dwell_seconds", 1.5, "dwell_seconds", Code.BAD_PROPERTY),
        ("approach_meters", -1, "approach_meters", Code.BAD_PROPERTY),
        ("approach_meters", 10**400, "approach_meters", Code.BAD_PROPERTY),
        ("min_confidence", 4, "min_confidence", Code.BAD_PROPERTY),
        ("exit_confirmations", 0, "exit_confirmations", Code.BAD_PROPERTY),
        ("enabled", "yes", "enabled", Code.BAD_PROPERTY),
        ("timezone", "Mars/Olympus", "timezone", Code.UNKNOWN_TIMEZONE),
        ("timezone", "../../etc/passwd", "timezone", Code.UNKNOWN_TIMEZONE),
        ("muted_until", "tomorrow", "muted_until", Code.BAD_PROPERTY),
        ("muted_until", "2026-12-24T00:00:00", "muted_until", Code.BAD_PROPERTY),
        ("muted_until", "0001-01-01T00:00:00+10:00", "muted_until", Code.BAD_PROPERTY),
        ("opening_hours", "always", "opening_hours", Code.BAD_OPENING_HOURS),
        ("metadata", [], "metadata", Code.BAD_METADATA),
        ("metadata", {"a": [1]}, "metadata.a", Code.BAD_METADATA),
        ("metadata", {"a": 2**63}, "metadata.a", Code.BAD_METADATA),
        ("metadata", {"a": "\0"}, "metadata.a", Code.BAD_METADATA),
        ("metadata", {"x" * 65: 1}, "metadata." + "x" * 64, Code.BAD_METADATA),
        ("metadata", dict.fromkeys(map(str, range(17))), "metadata", Code.BAD_METADATA),
    ],
)
def test_a_bad_property_is_refused_by_its_name(
    name: str, value: object, path: str, code: Code
) -> None:
    [problem] = parsed(**{name: value}).problems
    assert (problem.path, problem.code) == (f"{PLACE}.{path}", code)


def test_all_bad_properties_come_at_once() -> None:
    problems = parsed(name=1, tags=2, enabled=3, metadata=4, opening_hours=5).problems
    assert len(problems) == 5


def test_null_is_as_good_as_nothing() -> None:
    assert the_zone(name=None, enabled=None, opening_hours=None) == the_zone()


def test_other_properties_are_kept_in_the_metadata_where_they_fit() -> None:
    found = parsed(manager="Kim", floor=2, address={"street": "Dam"}, metadata={"a": 1})
    [zone] = found.zones
    assert zone.metadata == {"a": 1, "manager": "Kim", "floor": 2}
    [warning] = found.warnings
    assert (warning.path, warning.code) == (f"{PLACE}.address", Code.PROPERTY_DROPPED)
    assert found.problems == ()


def test_the_metadata_has_room_for_sixteen_and_says_what_it_leaves_out() -> None:
    found = parsed(metadata={f"m{n}": n for n in range(15)}, one=1, two=2)
    [zone] = found.zones
    assert len(zone.metadata) == 16
    assert [warning.path for warning in found.warnings] == [f"{PLACE}.two"]


def test_what_the_metadata_says_goes_before_other_properties() -> None:
    found = parsed(metadata={"floor": 1}, floor=2)
    assert found.zones[0].metadata == {"floor": 1}
    assert [warning.path for warning in found.warnings] == [f"{PLACE}.floor"]


def test_properties_that_are_no_object_are_refused() -> None:
    found = parse_zones(collection({**feature(), "properties": [1]}))
    [problem] = found.problems
    assert (problem.path, problem.code) == (PLACE, Code.WRONG_TYPE)
