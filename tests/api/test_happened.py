"""Messages and decisions over HTTP: filtered, the newest first, in pieces."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from geopush.core.access import Role
from geopush.core.decision import Gate, Reason
from geopush.core.message import Content
from geopush.core.ping import customer_key
from tests.api.conftest import Door
from tests.api.phones import a_phone

MESSAGES, DECISIONS = "/v1/messages", "/v1/decisions"
GATES = [
    Gate("push_consent", True, "push_marketing"),
    Gate("caps", 3, 3, Reason.CAPPED),
]


async def add_message(
    api: Door, number: int, *, inbox: bool = False, **more: str
) -> None:
    """A message of so many minutes after now."""
    at = api.parts.clock() + timedelta(minutes=number)
    customer = more.get("customer_id", "ann")
    await api.parts.pool.execute(
        "INSERT INTO outbox VALUES ($1, $2, $3, $4, $5, 'park', $6, 'why', $7, $7, $7,"
        " $7, 'at_most_once', 1, NULL, NULL, $8, false, '', $9)",
        customer_key(customer).bucket,
        UUID(int=number),
        customer,
        more.get("device_id", "phone-1"),
        more.get("offer_id", "ice"),
        more.get("state", "queued"),
        at,
        msgspec.json.encode(Content("Ice", "Cold ice")),
        inbox,
    )


async def add_decision(
    api: Door, number: int, weather: bytes | None = None, **more: str
) -> None:
    """A decision of so many minutes after now."""
    customer = more.get("customer_id", "ann")
    await api.parts.pool.execute(
        "INSERT INTO decision VALUES ($1, $2, $3, 'phone-1', $4, 'park', 'enter:1', $5,"
        " $6, $7, $8, $9)",
        customer_key(customer).bucket,
        UUID(int=number),
        customer,
        more.get("offer_id", "ice"),
        api.parts.clock() + timedelta(minutes=number),
        more.get("verdict", "withheld"),
        more.get("reason", "capped"),
        msgspec.json.encode(GATES),
        weather,
    )


async def numbers(api: Door, path: str) -> list[int]:
    """The numbers of the things listed there."""
    answer = await api.ask("GET", path, Role.CRM)
    assert answer.status_code == 200, answer.text
    key = "message_id" if path.startswith(MESSAGES) else "decision_id"
    return [UUID(one[key]).int for one in answer.json()["items"]]


async def test_a_message_says_what_became_of_it(api: Door) -> None:
    await add_message(api, 1, state="accepted")
    answer = await api.ask("GET", MESSAGES, Role.OPERATOR)
    assert answer.json() == {
        "items": [
            {
                "message_id": str(UUID(int=1)),
                "customer_id": "ann",
                "device_id": "phone-1",
                "offer_id": "ice",
                "zone_id": "park",
                "state": "accepted",
                "reason": "why",
                "decided_at": "2026-07-04T12:01:00Z",
                "changed_at": "2026-07-04T12:01:00Z",
                "due": "2026-07-04T12:01:00Z",
                "expires_at": "2026-07-04T12:01:00Z",
                "delivery": "at_most_once",
                "attempts": 1,
                "title": "Ice",
                "body": "Cold ice",
            }
        ],
        "next_cursor": None,
    }


async def test_a_decision_shows_its_gates_with_what_they_saw(api: Door) -> None:
    await add_decision(api, 1)
    await add_decision(api, 2, verdict="decided", reason="decided")
    answer = await api.ask("GET", DECISIONS, Role.CRM)
    second, first = answer.json()["items"]
    assert first["gates"] == [
        {"gate": "push_consent", "value": True, "threshold": "push_marketing"},
        {"gate": "caps", "value": 3, "threshold": 3, "reason": "capped"},
    ]
    assert (first["verdict"], first["reason"]) == ("withheld", "capped")
    assert (first["message_id"], second["message_id"]) == (None, second["decision_id"])
    assert first["sentence"] == (
        "Not sent: there was enough of it already: 3 of 3 messages."
    )


async def test_a_decision_is_told_in_the_language_of_the_reader(api: Door) -> None:
    await add_decision(api, 1)
    headers = {"Accept-Language": "nl-NL, en;q=0.8"}
    for path, begins in ((DECISIONS, "Niet"), (DECISIONS + "?language=de", "Nicht")):
        answer = await api.ask("GET", path, Role.CRM, headers=headers)
        (one,) = answer.json()["items"]
        assert one["sentence"].startswith(begins)


async def test_a_decision_shows_the_weather_it_was_made_in(api: Door) -> None:
    seen = {
        "observed_at": "2026-07-04T11:40:00Z",
        "temperature_c": 24.0,
        "sky": "clear",
    }
    await add_decision(api, 1, msgspec.json.encode(seen))
    await add_decision(api, 2)
    answer = await api.ask("GET", DECISIONS, Role.CRM)
    second, first = answer.json()["items"]
    assert (first["weather"], second["weather"]) == (seen, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1]),
        ("?customer_id=bob", [2]),
        ("?device_id=phone-2", [3]),
        ("?offer_id=tea", [2]),
        ("?state=queued", [3, 1]),
        ("?customer_id=ann&state=queued", [3, 1]),
        ("?customer_id=nobody", []),
        ("?since=2026-07-04T12:02:00Z", [3, 2]),
        ("?until=2026-07-04T12:02:00Z", [1]),
        ("?since=2026-07-04T14:02:00%2B02:00&until=2026-07-04T12:03:00Z", [2]),
    ],
)
async def test_messages_are_filtered(api: Door, query: str, found: list[int]) -> None:
    await add_message(api, 1)
    await add_message(api, 2, customer_id="bob", offer_id="tea", state="unknown")
    await add_message(api, 3, device_id="phone-2")
    assert await numbers(api, MESSAGES + query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [2, 1]),
        ("?customer_id=ann", [1]),
        ("?offer_id=tea", [2]),
        ("?since=2026-07-04T12:02:00Z", [2]),
        ("?until=2026-07-04T12:02:00Z", [1]),
    ],
)
async def test_decisions_are_filtered(api: Door, query: str, found: list[int]) -> None:
    await add_decision(api, 1)
    await add_decision(api, 2, customer_id="bob", offer_id="tea")
    assert await numbers(api, DECISIONS + query) == found


@pytest.mark.parametrize("path", [MESSAGES, DECISIONS])
async def test_what_happened_before_somebody_was_named_is_listed_as_theirs(
    api: Door, path: str
) -> None:
    anonymous = await a_phone(api, None)
    before = (await anonymous.ask("GET", "/v1/me")).json()["customer_id"]
    add = add_message if path == MESSAGES else add_decision
    await add(api, 1, customer_id=before, state="accepted")
    await a_phone(api, "ann")
    await add(api, 2, customer_id="ann")
    await add(api, 3, customer_id="bob")
    for name in ("ann", before):
        assert await numbers(api, f"{path}?customer_id={name}") == [2, 1]


@pytest.mark.parametrize("path", [MESSAGES, DECISIONS])
async def test_pieces_of_a_list_fit_together(api: Door, path: str) -> None:
    add = add_message if path == MESSAGES else add_decision
    for number in range(1, 6):
        await add(api, number)
    read, cursor, key = [], "", path.removeprefix("/v1/")[:-1] + "_id"
    for _ in range(3):
        answer = await api.ask("GET", f"{path}?limit=2{cursor}", Role.CRM)
        read += [UUID(one[key]).int for one in answer.json()["items"]]
        cursor = f"&cursor={answer.json()['next_cursor']}"
    assert (read, cursor) == ([5, 4, 3, 2, 1], "&cursor=None")


@pytest.mark.parametrize("path", [MESSAGES, DECISIONS])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "invalid_parameter"),
        ("limit=1001", "invalid_parameter"),
        ("since=yesterday", "invalid_parameter"),
        ("since=2026-07-04T12:00:00", "invalid_parameter"),
        ("since=0001-01-01T00:00:00%2B14:00", "invalid_parameter"),
        ("until=9999-12-31T23:59:59-14:00", "invalid_parameter"),
        ("customer_id=a%00b", "invalid_parameter"),
        ("offer_id=a%20b", "invalid_parameter"),
        ("cursor=nonsense", "invalid_cursor"),
        ("cursor=kqFhoWI=", "invalid_cursor"),
    ],
)
async def test_a_list_refuses_what_it_cannot_read(
    api: Door, path: str, query: str, code: str
) -> None:
    answer = await api.ask("GET", f"{path}?{query}", Role.CRM)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("path", [MESSAGES, DECISIONS])
@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), (Role.SDK, 403), (Role.MARKETER, 403)]
)
async def test_others_do_not_read_what_happened(
    api: Door, path: str, role: Role | None, status: int
) -> None:
    assert (await api.ask("GET", path, role)).status_code == status
