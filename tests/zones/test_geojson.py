"""Uploads: all problems at once, each at its place; ids; limits; never an exception."""

import msgspec
import pytest

from tests.zones.geojson import collection, feature, polygon
from zones import Code, Limits, ZoneId, parse_zone, parse_zones


def found(body: bytes, **settings: object) -> list[tuple[str, str]]:
    problems = parse_zones(body, **settings).problems
    return [(problem.path, problem.code) for problem in problems]


def test_all_problems_of_an_upload_come_at_once() -> None:
    body = collection(
        feature(polygon([]), "a"),
        feature(zone_id="b", name=5, timezone="Mars/Olympus"),
        feature(zone_id=None),
        feature(zone_id="d"),
        "no feature",
    )
    parsed = parse_zones(body)
    assert [(problem.path, problem.code) for problem in parsed.problems] == [
        ("$.features[0].geometry.coordinates[0]", Code.EMPTY),
        ("$.features[1].properties.name", Code.BAD_PROPERTY),
        ("$.features[1].properties.timezone", Code.UNKNOWN_TIMEZONE),
        ("$.features[2].id", Code.ID_MISSING),
        ("$.features[4].type", Code.WRONG_TYPE),
    ]
    assert [zone.zone_id for zone in parsed.zones] == ["d"]
    assert (parsed.total, parsed.rejected) == (5, ("a", "b"))


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        (b"", "$", Code.UNREADABLE),
        (b"{", "$", Code.UNREADABLE),
        (b"\xff\xfe", "$", Code.UNREADABLE),
        (b"[" * 100_000 + b"]" * 100_000, "$", Code.UNREADABLE),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "$", Code.UNREADABLE),
        (b'{"type": NaN}', "$", Code.UNREADABLE),
        (b'{"type": 1e400}', "$", Code.UNREADABLE),
        (b'{"type": ' + b"9" * 5_000 + b"}", "$", Code.UNREADABLE),
        (b'{"type": "\\ud800"}', "$", Code.UNREADABLE),
        (b"null", "$.type", Code.WRONG_TYPE),
        (b"[]", "$.type", Code.WRONG_TYPE),
        (msgspec.json.encode(feature()), "$.type", Code.WRONG_TYPE),
        (b'{"type": "FeatureCollection"}', "$.features", Code.WRONG_TYPE),
        (
            b'{"type": "FeatureCollection", "features": {}}',
            "$.features",
            Code.WRONG_TYPE,
        ),
    ],
)
def test_what_is_no_collection_is_one_problem(
    body: bytes, path: str, code: Code
) -> None:
    parsed = parse_zones(body)
    assert [(problem.path, problem.code) for problem in parsed.problems] == [
        (path, code)
    ]
    assert parsed.zones == ()


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e400"])
def test_numbers_that_are_none_are_found_in_their_place(number: bytes) -> None:
    good = collection(feature(zone_id="b"), feature())
    body = good.replace(b"4.1", number)
    expected = [
        (f"$.features[{i}].geometry.coordinates[0][{j}]", Code.NOT_A_NUMBER)
        for i in (0, 1)
        for j in (1, 2)
    ]
    assert found(body) == expected
    assert parse_zones(body).zones == ()


def test_nothing_is_taken_from_what_is_not_json() -> None:
    body = collection(feature(), feature(polygon([[0, 0], [7.5, 1]]), "b"))
    parsed = parse_zones(body.replace(b"7.5", b"NaN"))
    assert parsed.zones == ()
    assert parsed.rejected == ("a", "b")


def test_an_empty_collection_is_no_problem() -> None:
    parsed = parse_zones(collection())
    assert (parsed.zones, parsed.problems, parsed.total) == ((), (), 0)


def test_a_byte_order_mark_and_a_bbox_make_no_fuss() -> None:
    body = b"\xef\xbb\xbf" + collection({**feature(), "bbox": [1, 2, 3, 4]}, bbox=[])
    assert len(parse_zones(body).zones) == 1


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", True),
        ("EPSG:4326", True),
        ("urn:ogc:def:crs:EPSG::4326", True),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", True),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", True),
        ("EPSG:28992", False),
        ("EPSG:14326", False),
        ("urn:ogc:def:crs:EPSG::3857", False),
        (4326, False),
    ],
)
def test_only_degrees_are_taken(name: object, taken: bool) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    expected = [] if taken else [("$.crs", Code.UNKNOWN_CRS)]
    assert found(collection(feature(), crs=crs)) == expected


def test_a_crs_within_a_feature_is_looked_at() -> None:
    body = collection({**feature(), "crs": {"properties": {"name": "EPSG:3857"}}})
    assert found(body) == [("$.features[0].crs", Code.UNKNOWN_CRS)]


@pytest.mark.parametrize(
    ("zone_id", "code"),
    [
        (None, Code.ID_MISSING),
        ("", Code.ID_INVALID),
        ("a b", Code.ID_INVALID),
        ("café", Code.ID_INVALID),
        ("a\n", Code.ID_INVALID),
        ("x" * 129, Code.ID_INVALID),
        (True, Code.ID_INVALID),
        (1.5, Code.ID_INVALID),
        ([], Code.ID_INVALID),
    ],
)
def test_a_bad_id_is_refused(zone_id: object, code: Code) -> None:
    assert found(collection(feature(zone_id=zone_id))) == [("$.features[0].id", code)]


@pytest.mark.parametrize(
    ("feature_id", "property_id", "mapped", "zone_id"),
    [
        ("a", "b", "c", "a"),
        (None, "b", "c", "b"),
        (None, None, "c", "c"),
        (12, None, None, "12"),
        (None, 13, None, "13"),
        (None, None, 14, "14"),
    ],
)
def test_the_id_is_looked_for_in_three_places(
    feature_id: object, property_id: object, mapped: object, zone_id: str
) -> None:
    body = collection(
        feature(zone_id=feature_id)
        | {"properties": {"zone_id": property_id, "STORE_NO": mapped}}
    )
    [zone] = parse_zones(body, id_map={"zone_id": "STORE_NO"}).zones
    assert zone.zone_id == zone_id


def test_an_id_given_twice_is_a_problem_and_neither_is_taken() -> None:
    body = collection(feature(), feature(zone_id="b"), feature(polygon([]), "a"))
    parsed = parse_zones(body)
    assert [zone.zone_id for zone in parsed.zones] == ["b"]
    assert parsed.rejected == ("a",)
    assert parsed.problems[-1].path == "$.features[2].id"
    assert parsed.problems[-1].code == Code.ID_REPEATED
    assert "$.features[0]" in parsed.problems[-1].text


def test_their_properties_are_read_under_our_names() -> None:
    body = collection(feature(NAAM="Dam", REGIO="west", name=None))
    [zone] = parse_zones(body, id_map={"name": "NAAM", "group": "REGIO"}).zones
    assert (zone.name, zone.group, zone.metadata) == ("Dam", "west", {})


def test_a_map_to_an_unknown_property_is_a_problem() -> None:
    assert found(collection(), id_map={"nmae": "X"}) == [("map", Code.UNKNOWN_PROPERTY)]


def test_the_group_of_an_upload_is_the_group_of_its_zones() -> None:
    body = collection(feature(), feature(zone_id="b", group="north"))
    parsed = parse_zones(body, group="south")
    assert [(zone.zone_id, zone.group) for zone in parsed.zones] == [("a", "south")]
    [problem] = parsed.problems
    assert (problem.path, problem.code) == (
        "$.features[1].properties.group",
        Code.GROUP_DIFFERS,
    )


def test_one_feature_has_the_id_it_is_put_at() -> None:
    body = msgspec.json.encode(feature(zone_id=None))
    [zone] = parse_zone(body, ZoneId("here")).zones
    assert zone.zone_id == "here"
    body = msgspec.json.encode(feature(zone_id="there"))
    [problem] = parse_zone(body, ZoneId("here")).problems
    assert (problem.path, problem.code) == ("$.id", Code.ID_DIFFERS)


def test_one_feature_is_no_collection() -> None:
    [problem] = parse_zone(collection(feature()), ZoneId("a")).problems
    assert (problem.path, problem.code) == ("$.type", Code.WRONG_TYPE)


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b'{"type": NaN}', b'"\\ud800"'])
def test_one_feature_that_cannot_be_read_is_one_problem(body: bytes) -> None:
    [problem] = parse_zone(body, ZoneId("a")).problems
    assert (problem.path, problem.code) == ("$", Code.UNREADABLE)


def test_a_single_feature_has_paths_from_the_root() -> None:
    body = msgspec.json.encode(feature(polygon([[0, 0], [1, 99], [1, 1], [0, 0]])))
    [problem] = parse_zone(body, ZoneId("a")).problems
    assert problem.path == "$.geometry.coordinates[0][1]"


@pytest.mark.parametrize(
    ("limits", "path", "code"),
    [
        (Limits(bytes_per_upload=100), "$", Code.TOO_LARGE),
        (Limits(vertices_per_upload=9), "$.features", Code.TOO_LARGE),
        (
            Limits(vertices_per_polygon=4),
            "$.features[0].geometry.coordinates",
            Code.TOO_MANY_VERTICES,
        ),
        (Limits(area_km2=70), "$.features[0].geometry", Code.AREA_TOO_LARGE),
    ],
)
def test_limits_are_settings(limits: Limits, path: str, code: Code) -> None:
    body = collection(feature(), feature(zone_id="b"))
    assert found(body, limits=limits)[0] == (path, code)
    assert found(body) == []


@pytest.mark.parametrize("item", [b"[]", b"{}", b"1"])
def test_a_list_too_long_to_unpack_is_refused_unread(item: bytes) -> None:
    body = b"[" + b",".join([item] * 250_000) + b"]"
    assert found(body, limits=Limits(vertices_per_upload=1)) == [("$", Code.TOO_LARGE)]


def test_reading_stops_when_there_are_more_problems_than_anybody_reads() -> None:
    problems = parse_zones(collection(*[1] * 20_000)).problems
    assert len(problems) == 10_001
    assert problems[-1].code == Code.TOO_MANY_PROBLEMS


def test_a_ring_of_nothing_but_bad_positions_ends_soon() -> None:
    ring = [[0, "x"]] * 4_999
    features = [feature(polygon(ring), f"z{n}") for n in range(20)]
    assert 10_000 <= len(parse_zones(collection(*features)).problems) < 20_000
