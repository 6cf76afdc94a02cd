"""A zone: what a store manager uploads is what the next ping meets."""

from tests.journeys.town import DA_MARIO, PARK, RESTAURANT, Town

ICE_BAR: dict[str, object] = {
    "type": "Feature",
    "id": "ice-bar",
    "geometry": {"type": "Point", "coordinates": PARK},
    "properties": {"name": "Ice Bar", "radius": 100, "tags": ["restaurant"]},
}
FOLDED: dict[str, object] = {
    "type": "Feature",
    "id": "folded",
    "geometry": {
        "type": "Polygon",
        "coordinates": [
            [[4.9, 52.3], [4.91, 52.31], [4.91, 52.3], [4.9, 52.31], [4.9, 52.3]]
        ],
    },
    "properties": {"name": "Folded"},
}
UNKNOWN_TIMEZONE: dict[str, object] = {
    **ICE_BAR,
    "properties": {"name": "Ice Bar", "radius": 5, "timezone": "Mars/Base"},
}
IMPORT = "/v1/zones/import?mode=merge"


async def test_the_next_ping_meets_a_zone_that_was_just_uploaded(town: Town) -> None:
    anna = await town.meets()
    assert await anna.goes_to(PARK) == []
    upload = {"type": "FeatureCollection", "features": [ICE_BAR]}
    said = await town.asked("POST", IMPORT, "manager", upload)
    assert said["created"] == 1
    assert (await anna.pings(PARK)).json()["inside"] == ["ice-bar"]
    assert await anna.received() == ["24 degrees at Ice Bar"]


async def test_an_upload_with_faults_says_all_of_them_and_changes_nothing(
    town: Town,
) -> None:
    features = [RESTAURANT | {"id": "good"}, FOLDED, UNKNOWN_TIMEZONE]
    upload = {"type": "FeatureCollection", "features": features}
    answer = await town.ask("POST", IMPORT, "manager", upload)
    assert answer.status_code == 422
    problems = answer.json()["problems"]
    assert [one["path"].split(".")[1] for one in problems] == [
        "features[1]",
        "features[2]",
        "features[2]",
    ]
    assert problems[0]["at"] == [4.905, 52.305]
    zones = (await town.asked("GET", "/v1/zones", "manager"))["features"]
    assert [one["id"] for one in zones] == ["da-mario"]


async def test_whoever_is_inside_a_zone_that_goes_has_left_without_an_offer(
    town: Town,
) -> None:
    leaving = {"any": [{"on": ["exit"], "zones": {"tags": ["restaurant"]}}]}
    await town.offers(trigger=leaving)
    anna = await town.meets()
    await anna.goes_to(DA_MARIO)
    await town.ask("DELETE", "/v1/zones/da-mario", "manager")
    assert await anna.goes_to(DA_MARIO) == [("exit", "da-mario")]
    assert await anna.received() == []
    assert await town.decisions() == []
