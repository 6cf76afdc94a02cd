"""Whatever is sent, reading it gives zones and problems, never an exception."""

import json
import math
from functools import partial

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.zones.geojson import collection, feature
from zones import ZoneId, build_index, parse_zone, parse_zones, to_feature

# the same examples every time, however slow the machine is
examples = partial(
    settings,
    parent=settings(
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    ),
)

number = st.one_of(
    st.floats(),
    st.integers(-400, 400),
    st.floats(-180, 180).map(lambda x: round(x, 1)),
    st.just(10**400),
)
scalar = st.one_of(st.none(), st.booleans(), number, st.text(max_size=5))
anything = st.recursive(
    scalar,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=5), inner, max_size=4),
    ),
    max_leaves=15,
)
position = st.one_of(st.lists(number, min_size=2, max_size=3), anything)
ring = st.one_of(st.lists(position, max_size=6), anything)
polygon = st.one_of(st.lists(ring, max_size=3), anything)
coordinates = st.one_of(position, polygon, st.lists(polygon, max_size=3), anything)
kinds = st.sampled_from(["Point", "Polygon", "MultiPolygon", "LineString", None])
geometry = st.one_of(
    st.fixed_dictionaries({"type": kinds, "coordinates": coordinates}), anything
)
names = st.sampled_from([
    "name", "group", "tags", "dwell_seconds", "approach_meters", "min_confidence",
    "exit_confirmations", "timezone", "opening_hours", "muted_until", "enabled",
    "metadata", "radius", "zone_id", "else",
])  # fmt: skip
properties = st.one_of(st.dictionaries(names, anything, max_size=5), anything)
features = st.one_of(
    st.fixed_dictionaries({
        "type": st.just("Feature"), "id": scalar, "geometry": geometry,
        "properties": properties,
    }),
    anything,
)  # fmt: skip
collections = st.one_of(
    st.fixed_dictionaries({
        "type": st.just("FeatureCollection"),
        "features": st.lists(features, max_size=4),
    }),
    anything,
)  # fmt: skip


@pytest.mark.slow
@examples(max_examples=50)
@given(collections)
def test_any_json_is_read_or_refused(value: object) -> None:
    parsed = parse_zones(json.dumps(value).encode())
    assert len(parsed.zones) == parsed.total or parsed.problems
    assert all(
        problem.path.startswith("$") and problem.text for problem in parsed.problems
    )
    msgspec.json.encode(parsed.problems)
    for zone in parsed.zones:
        msgspec.json.encode(to_feature(zone))
    build_index(parsed.zones)


@examples(max_examples=40)
@given(st.one_of(features, st.binary(max_size=30)))
def test_any_feature_is_read_or_refused(value: object) -> None:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    parsed = parse_zone(body, ZoneId("a"))
    assert len(parsed.zones) == (0 if parsed.problems else 1)


corner = st.tuples(
    st.floats(-180, 180).map(lambda x: round(x, 2)),
    st.floats(-90, 90).map(lambda y: round(y, 2)),
)


@examples(max_examples=50)
@given(st.lists(corner, min_size=3, max_size=6))
def test_a_ring_anywhere_is_a_sound_zone_or_a_problem(ring: list[list[float]]) -> None:
    shape = {"type": "Polygon", "coordinates": [ring]}
    parsed = parse_zones(collection(feature(shape)))
    assert len(parsed.zones) + len(parsed.problems) == 1
    for zone in parsed.zones:
        west, _, east, _ = zone.area.geometry.bounds
        assert zone.area.geometry.is_valid
        assert -180 <= west <= east <= 180
        assert math.isfinite(zone.area.area_km2)
