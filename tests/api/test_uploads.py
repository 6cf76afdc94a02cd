"""Many zones at once: all or none, in part, and in place of a group."""

from geopush.core.access import Role
from tests.api.conftest import Door
from tests.api.rings import circle, collection, inside

M = Role.MANAGER


async def test_an_upload_is_compared_with_what_is_there(api: Door) -> None:
    first = collection(circle(4.9, "a"), circle(5.0, "b"))
    made = (await api.ask("POST", "/v1/zones/import", M, json=first)).json()
    assert (made["created"], made["updated"], made["unchanged"]) == (2, 0, 0)
    second = collection(circle(4.9, "a"), circle(5.1, "b"), circle(5.2, "c"))
    changed = (await api.ask("POST", "/v1/zones/import", M, json=second)).json()
    counts = [changed[name] for name in ("created", "updated", "unchanged", "removed")]
    assert counts == [1, 1, 1, 0]
    assert inside(api, 5.1) == ["b"]


async def test_an_upload_with_a_problem_changes_nothing(api: Door) -> None:
    bad = collection(circle(4.9, "a"), circle(95, radius=1), circle(5.0, "a"))
    answer = await api.ask("POST", "/v1/zones/import", M, json=bad)
    assert answer.status_code == 422
    codes = {one["code"] for one in answer.json()["problems"]}
    assert codes == {"id_missing", "id_repeated", "radius_out_of_range"}
    assert api.parts.refresh.catalog.zones.zones == ()


async def test_a_partial_upload_takes_what_is_good(api: Door) -> None:
    mixed = collection(circle(4.9, "a"), circle(5.0, "b", radius=1))
    answer = await api.ask("POST", "/v1/zones/import?partial=true", M, json=mixed)
    said = answer.json()
    assert answer.status_code == 200
    assert (said["created"], said["rejected"], said["problems_total"]) == (1, 1, 1)
    assert inside(api, 4.9) == ["a"]


async def test_a_dry_run_says_what_would_happen_and_does_nothing(api: Door) -> None:
    upload = collection(circle(4.9, "a"))
    said = await api.ask("POST", "/v1/zones/import?dry_run=true", M, json=upload)
    assert said.json()["created"] == 1
    assert inside(api, 4.9) == []


async def test_a_property_can_be_the_id(api: Door) -> None:
    upload = collection(circle(4.9, STORE_NO="s1", NAAM="Shop"))
    path = "/v1/zones/import?map=zone_id:STORE_NO,name:NAAM"
    answer = await api.ask("POST", path, M, json=upload)
    assert answer.json()["created"] == 1
    shop = (await api.ask("GET", "/v1/zones/s1", M)).json()
    assert shop["properties"]["name"] == "Shop"


async def test_replace_removes_only_in_its_group_and_only_what_was_allowed(
    api: Door,
) -> None:
    four = [circle(4.9 + n / 10, f"a{n}", group="a") for n in range(4)]
    others = circle(6.0, "b0", group="b")
    await api.ask("POST", "/v1/zones/import", M, json=collection(*four, others))
    path = "/v1/zones/import?mode=replace&group=a"
    refused = await api.ask("POST", path, M, json=collection(four[0]))
    assert (refused.status_code, refused.json()["code"]) == (409, "would_remove")
    half = await api.ask("POST", path, M, json=collection(*four[:2]))
    assert half.json()["removed"] == 2
    allowed = await api.ask("POST", f"{path}&allow_removed=2", M, json=collection())
    assert allowed.json()["removed"] == 2
    listed = (await api.ask("GET", "/v1/zones", M)).json()["features"]
    assert [one["id"] for one in listed] == ["b0"]


async def test_the_zone_of_a_rejected_feature_stays(api: Door) -> None:
    await api.ask(
        "POST",
        "/v1/zones/import",
        M,
        json=collection(circle(4.9, "a", group="g"), circle(5.0, "b", group="g")),
    )
    path = "/v1/zones/import?mode=replace&group=g&partial=true&allow_removed=9"
    upload = collection(circle(4.9, "a"), circle(5.0, "b", radius=1))
    assert (await api.ask("POST", path, M, json=upload)).json()["removed"] == 0
    assert inside(api, 5.0) == ["b"]


async def test_replace_takes_a_group(api: Door) -> None:
    answer = await api.ask(
        "POST", "/v1/zones/import?mode=replace", M, json=collection()
    )
    assert answer.status_code == 400


async def test_a_key_of_a_group_uploads_only_into_it(api: Door) -> None:
    await api.ask("PUT", "/v1/zones/theirs", M, json=circle(4.9, group="b"))
    key = await api.key(M, group="a")
    bound = {"headers": {"Authorization": f"Bearer {key}"}}
    for upload, path in (
        (collection(circle(5.0, "x", group="b")), "/v1/zones/import"),
        (collection(circle(5.0, "theirs")), "/v1/zones/import"),
        (collection(circle(5.0, "x")), "/v1/zones/import?group=b"),
    ):
        answer = await api.ask("POST", path, json=upload, **bound)
        assert answer.status_code == 403
    both = collection(circle(5.0, "theirs"), circle(5.0, "mine"))
    partial = await api.ask("POST", "/v1/zones/import?partial=1", json=both, **bound)
    said = partial.json()
    assert (said["created"], said["rejected"]) == (1, 1)
    assert said["problems"][0]["code"] == "out_of_reach"
    assert inside(api, 4.9) == ["theirs"]


async def test_an_upload_sent_again_under_its_key_gets_the_same_answer(
    api: Door,
) -> None:
    upload = collection(circle(4.9, "a"))
    headers = {"Idempotency-Key": "one"}
    path = "/v1/zones/import"
    first = await api.ask("POST", path, M, json=upload, headers=headers)
    again = await api.ask("POST", path, M, json=upload, headers=headers)
    assert first.json()["created"] == 1
    assert again.json() == first.json()
    other = await api.ask("POST", path, M, json=collection(), headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_many_problems_are_counted_and_a_hundred_shown(api: Door) -> None:
    upload = collection(*(circle(4.9, f"z{n}", radius=1) for n in range(150)))
    answer = (await api.ask("POST", "/v1/zones/import", M, json=upload)).json()
    assert (len(answer["problems"]), answer["problems_total"]) == (100, 150)
