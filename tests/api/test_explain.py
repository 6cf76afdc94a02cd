"""Why, over HTTP: explanations, previews and sentences; nothing is written."""

import pytest

from geopush.core.access import Role
from tests.api.conftest import Door

CAFE = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [4.8952, 52.3702]},
    "properties": {"name": "Corner Café", "radius": 150, "tags": ["cafe"]},
}
OFFER = {
    "name": "Ice cream",
    "category": "promo",
    "status": "live",
    "trigger": {"on": ["enter"], "zones": {"tags": ["cafe"]}},
    "message": {
        "title": {"en": "Hello {{ customer.first_name }}", "nl": "Dag"},
        "body": {"en": "At {{ zone.name }}", "nl": "Bij {{ zone.name }}"},
    },
}
QUESTION = {
    "customer_id": "ann",
    "offer_id": "ice",
    "longitude": 4.8951,
    "latitude": 52.3703,
}
PREVIEW = "/v1/offers/ice/preview"


@pytest.fixture(autouse=True)
async def town(api: Door) -> None:
    """A café, an offer, and Ann with a phone, who agreed to everything but pushes."""
    consents = {"location": True, "profiling": True}
    phone = {
        "app": "demo",
        "platform": "ios",
        "timezone": "UTC",
        "language": "nl",
        "customer_id": "ann",
        "consents": consents,
    }
    ann = {"attributes": {"first_name": "Ann"}, "test": False}
    for role, method, path, body in (
        (Role.MANAGER, "PUT", "/v1/zones/cafe", CAFE),
        (Role.MARKETER, "PUT", "/v1/offers/ice", OFFER),
        (Role.CRM, "POST", "/v1/devices", phone),
        (Role.CRM, "PATCH", "/v1/customers/ann", ann),
    ):
        answer = await api.ask(method, path, role, json=body)
        assert answer.status_code in (200, 201), answer.text


async def explained(
    api: Door, role: Role = Role.CRM, language: str = "", **more: object
) -> dict[str, object]:
    headers = {"Accept-Language": language}
    answer = await api.ask(
        "POST", "/v1/explain", role, json=QUESTION | more, headers=headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_explanation_names_the_gates_up_to_the_one_that_is_shut(
    api: Door,
) -> None:
    said = await explained(api)
    (one,) = said["candidates"]
    assert [gate["gate"] for gate in one["gates"]][-2:] == [
        "location_consent",
        "push_consent",
    ]
    assert (one["zone_id"], one["reason"]) == ("cafe", "no_consent")
    assert one["sentence"] == "Not sent: no consent to messages of this kind."


async def test_an_explanation_writes_nothing(api: Door) -> None:
    tables = "decision", "outbox", "transition", "presence", "visit"
    before = await api.parts.profiles.find("ann")
    await explained(api)
    for table in tables:
        assert await api.parts.pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert await api.parts.profiles.find("ann") == before


@pytest.mark.parametrize(
    ("language", "begins"),
    [
        ("nl", "Niet verstuurd"),
        ("fr, de-AT;q=0.8, en;q=0.5", "Nicht gesendet"),
        ("de;q=0.1, nl-BE", "Niet verstuurd"),
        ("de;q=0", "Not sent"),
        ("*, ;;q=x, q=1", "Not sent"),
    ],
)
async def test_sentences_are_in_the_language_of_the_reader(
    api: Door, language: str, begins: str
) -> None:
    (one,) = (await explained(api, language=language))["candidates"]
    assert one["sentence"].startswith(begins)


async def test_the_language_can_be_asked_for(api: Door) -> None:
    headers = {"Accept-Language": "en"}
    answer = await api.ask(
        "POST", "/v1/explain?language=de", Role.CRM, json=QUESTION, headers=headers
    )
    assert answer.json()["candidates"][0]["sentence"].startswith("Nicht gesendet")


async def test_a_marketer_may_only_ask_about_test_customers(api: Door) -> None:
    refused = await api.ask("POST", "/v1/explain", Role.MARKETER, json=QUESTION)
    assert refused.status_code == 404
    preview = {"customer_id": "ann"}
    refused = await api.ask("POST", PREVIEW, Role.MARKETER, json=preview)
    assert refused.status_code == 404
    await api.ask("PATCH", "/v1/customers/ann", Role.CRM, json={"test": True})
    assert (await explained(api, Role.MARKETER))["candidates"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"customer_id": "bob"}, 404),
        ({"offer_id": "tea"}, 404),
        ({"at": "0001-01-01T00:00:00+14:00"}, 422),
        ({"at": "9999-12-31T23:59:59-14:00"}, 422),
        ({"latitude": 91}, 400),
        ({"extra": 1}, 400),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    api: Door, changed: dict[str, object], status: int
) -> None:
    answer = await api.ask("POST", "/v1/explain", Role.CRM, json=QUESTION | changed)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("asked", "title", "body"),
    [
        ({"zone_id": "cafe", "customer_id": "ann"}, "Dag", "Bij Corner Café"),
        (
            {"zone_id": "cafe", "customer_id": "ann", "language": "en"},
            "Hello Ann",
            "At Corner Café",
        ),
        (
            {"values": {"customer.first_name": "Bob", "zone.name": "X"}},
            "Hello Bob",
            "At X",
        ),
    ],
)
async def test_a_preview_shows_how_it_would_read(
    api: Door, asked: dict[str, object], title: str, body: str
) -> None:
    answer = await api.ask("POST", PREVIEW, Role.CRM, json=asked)
    assert answer.status_code == 200, answer.text
    message = answer.json()["message"]
    assert (message["title"], message["body"]) == (title, body)


async def test_a_preview_says_which_value_is_missing(api: Door) -> None:
    answer = await api.ask("POST", PREVIEW, Role.MARKETER, json={"zone_id": "cafe"})
    said = answer.json()
    assert (said["message"], said["reason"]) == (None, "missing_value")
    assert said["field"] == "customer.first_name"
    assert said["sentence"] == (
        "Not sent: a value that the words need is missing: customer.first_name."
    )


async def test_a_preview_of_what_is_not_there_is_refused(api: Door) -> None:
    for path, asked in (
        ("/v1/offers/tea/preview", {}),
        (PREVIEW, {"zone_id": "bar"}),
        (PREVIEW, {"customer_id": "bob"}),
    ):
        answer = await api.ask("POST", path, Role.CRM, json=asked)
        assert answer.status_code == 404


async def test_no_place_comes_into_the_log(
    api: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    await explained(api)
    await api.ask("POST", "/v1/explain", Role.CRM, json=QUESTION | {"latitude": 99.375})
    out, err = capsys.readouterr()
    assert not any(place in out + err for place in ("4.8951", "52.3703", "99.375"))
