"""The door as a whole: every error is a problem, and the documentation is offline."""

import msgspec
from msgspec.structs import replace

from tests.api.conftest import Door


async def test_an_unknown_address_is_a_problem(api: Door) -> None:
    answer = await api.ask("GET", "/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:geopush:problem:not_found",
        "code": "not_found",
        "title": "There is no such thing",
        "status": 404,
        "detail": "There is no such thing.",
        "instance": "/v1/nothing",
    }


async def test_a_wrong_method_says_which_are_right(api: Door) -> None:
    answer = await api.ask("DELETE", "/healthz")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.json()["code"] == "method_not_allowed"


async def test_the_schema_is_open_and_the_page_loads_nothing_from_elsewhere(
    api: Door,
) -> None:
    schema = await api.ask("GET", "/schema/openapi.json")
    page = await api.ask("GET", "/schema")
    assert schema.json()["openapi"].startswith("3.1")
    assert page.status_code == 200
    assert "http" not in page.text
    assert "'self'" in page.headers["content-security-policy"]
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js"):
        asset = await api.ask("GET", f"/schema/assets/{name}")
        assert asset.status_code == 200


async def test_a_page_that_is_not_there_is_a_problem_too(api: Door) -> None:
    for path in ("/schema/nothing", "/schema/assets/nothing.js"):
        answer = await api.ask("GET", path)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"


async def test_it_is_alive_and_ready(api: Door) -> None:
    for path in ("/healthz", "/readyz"):
        answer = await api.ask("GET", path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_gateway_in_trouble_is_told_and_makes_it_no_less_ready(
    api: Door,
) -> None:
    api.parts.troubles = lambda: {"demo/ios": "paused: unavailable"}
    answer = await api.ask("GET", "/readyz")
    assert answer.status_code == 200
    assert answer.json()["troubles"] == {"demo/ios": "paused: unavailable"}


async def test_all_readers_of_json_schemas_understand_ours(api: Door) -> None:
    answer = await api.ask("GET", "/schema/openapi.json")
    schema = answer.json()
    assert "oneOf" not in msgspec.json.encode(schema["components"]).decode()
    assert r"\Z" not in answer.text
    gate = schema["components"]["schemas"]["Gate"]["properties"]
    kinds = [one.get("type") for one in gate["value"]["anyOf"]]
    assert {"number", "integer"} <= set(kinds)


async def test_every_route_documents_its_problems(api: Door) -> None:
    schema = (await api.ask("GET", "/schema/openapi.json")).json()
    operations = [
        (f"{method} {path}", operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    ]
    assert len(operations) > 15
    for name, operation in operations:
        answers = operation["responses"]
        if "security" in operation:
            assert {"401", "403"} <= answers.keys(), name
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= answers.keys(), name
        for status, answer in answers.items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], name


async def test_metrics_take_their_own_token(api: Door) -> None:
    told = await api.ask("GET", "/metrics")
    assert told.status_code == 200
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    knobs = replace(api.parts.knobs, metrics_token="t")
    vars(api.parts)["knobs"] = knobs
    for shown, status in (("", 401), ("Bearer x", 401), ("Bearer t", 200)):
        answer = await api.ask("GET", "/metrics", headers={"Authorization": shown})
        assert answer.status_code == status


async def test_what_is_not_ready_says_why(api: Door) -> None:
    vars(api.parts)["checks"] = {"database": lambda: "gone", "loops": lambda: None}
    answer = await api.ask("GET", "/readyz")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "database: gone"
    assert answer.headers["retry-after"] == "1"
    assert (await api.ask("GET", "/healthz")).status_code == 200
