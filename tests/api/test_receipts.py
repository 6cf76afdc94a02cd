"""Receipts over HTTP: counted once, by the device or the message's own token."""

from datetime import timedelta
from uuid import UUID

import pytest

from geopush.core.access import Role
from geopush.core.ping import customer_key
from geopush.core.token import DeviceToken, ReceiptToken
from tests.api.conftest import Door
from tests.api.test_happened import add_message
from tests.api.test_offers import put
from tests.people import look_up, settle_in

ONE, TWO = UUID(int=1), UUID(int=2)
NOON = "2026-07-04T12:00:00Z"


def receipt(kind: str = "delivered", number: int = 1, **more: object) -> object:
    return {"message_id": str(UUID(int=number)), "kind": kind, "at": NOON, **more}


def device_token(api: Door, device_id: str = "phone-1") -> str:
    until = int(api.parts.clock().timestamp()) + 3600
    bucket = customer_key("anna").bucket
    token = DeviceToken(device_id, "anna", bucket, "demo", until)
    return api.parts.tokens.sign(token)


def own_token(api: Door, message_id: UUID = ONE) -> str:
    until = int((api.parts.clock() + timedelta(days=7)).timestamp())
    token = ReceiptToken(message_id, customer_key("anna").bucket, until)
    return api.parts.tokens.sign(token)


async def give(api: Door, token: str, *given: object) -> dict[str, object]:
    answer = await api.ask(
        "POST",
        "/v1/receipts",
        json={"receipts": list(given)},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 202, answer.text
    return answer.json()


def counts(accepted: int, repeated: int, unknown: int) -> dict[str, object]:
    together = {"accepted": accepted, "repeated": repeated, "unknown": unknown}
    return {**together, "rejected": []}


@pytest.fixture
async def sent(api: Door) -> Door:
    """Two messages of Anna's that were sent."""
    await settle_in(api.parts.pool)
    await put(api)
    for number in (1, 2):
        await add_message(api, number, customer_id="anna", state="accepted")
    return api


async def test_a_receipt_counts_once(sent: Door) -> None:
    token = device_token(sent)
    both = receipt(), receipt("opened")
    assert await give(sent, token, *both) == counts(2, 0, 0)
    assert await give(sent, token, *both) == counts(0, 2, 0)
    later = receipt(at="2026-07-04T12:01:00Z")
    assert await give(sent, token, later) == counts(0, 1, 0)
    assert await sent.parts.pool.fetchval("SELECT count(*) FROM receipt") == 2


async def test_a_receipt_that_comes_twice_in_one_batch_counts_once(sent: Door) -> None:
    assert await give(sent, device_token(sent), receipt(), receipt()) == counts(1, 1, 0)


async def test_each_button_counts_by_itself(sent: Door) -> None:
    answers = [receipt("answered", button=name) for name in ("yes", "no", "yes")]
    assert await give(sent, device_token(sent), *answers) == counts(2, 1, 0)


async def test_a_conversion_keeps_its_value(sent: Door) -> None:
    bought = receipt("converted", value=12.5, currency="EUR")
    await give(sent, device_token(sent), bought)
    row = await sent.parts.pool.fetchrow("SELECT value, currency FROM receipt")
    assert tuple(row) == (12.5, "EUR")


async def test_a_message_of_another_device_is_unknown(sent: Door) -> None:
    assert await give(sent, device_token(sent, "phone-2"), receipt()) == counts(0, 0, 1)


async def test_a_message_that_never_was_is_unknown(sent: Door) -> None:
    nowhere = receipt(number=99)
    assert await give(sent, device_token(sent), nowhere) == counts(0, 0, 1)


async def test_the_token_of_a_message_is_for_that_message_alone(sent: Door) -> None:
    both = receipt(), receipt(number=2)
    assert await give(sent, own_token(sent), *both) == counts(1, 0, 1)


async def test_the_token_of_a_message_opens_nothing_else(sent: Door) -> None:
    headers = {"Authorization": f"Bearer {own_token(sent)}"}
    for path in ("/v1/pings", "/v1/devices"):
        answer = await sent.ask("POST", path, json={}, headers=headers)
        assert answer.status_code == 401


async def test_the_token_of_a_message_ends(sent: Door) -> None:
    token = own_token(sent)
    sent.parts.clock.step(timedelta(days=7))
    answer = await sent.ask(
        "POST",
        "/v1/receipts",
        json={"receipts": []},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


async def test_a_receipt_for_a_message_sent_before_its_customer_was_known_counts(
    sent: Door,
) -> None:
    other = (customer_key("anna").bucket + 1) % 256
    await sent.parts.pool.execute("UPDATE outbox SET bucket = $1", other)
    assert await give(sent, device_token(sent), receipt()) == counts(1, 0, 0)


async def test_a_key_gives_no_receipts(sent: Door) -> None:
    answer = await sent.ask("POST", "/v1/receipts", Role.OPERATOR, json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("credential", ["", "gp_rt_x", "gp_dt_x", "gp_sk_x"])
async def test_others_give_no_receipts(sent: Door, credential: str) -> None:
    answer = await sent.ask(
        "POST",
        "/v1/receipts",
        json={"receipts": [receipt()]},
        headers={"Authorization": f"Bearer {credential}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_a_bad_receipt_refuses_no_other(sent: Door) -> None:
    bad = receipt("seen"), receipt(at="2026-07-04T12:06:00Z"), {"kind": "opened"}
    answer = await give(sent, device_token(sent), receipt(), *bad)
    assert answer["accepted"] == 1
    assert answer["rejected"] == [
        {"index": 1, "reason": "invalid", "path": "$.receipts[1].kind"},
        {"index": 2, "reason": "in_the_future", "path": "$.receipts[2].at"},
        {"index": 3, "reason": "invalid", "path": "$.receipts[3]"},
    ]


async def test_there_is_a_most_of_receipts_in_a_request(sent: Door) -> None:
    answer = await sent.ask(
        "POST",
        "/v1/receipts",
        json={"receipts": [receipt()] * 201},
        headers={"Authorization": f"Bearer {device_token(sent)}"},
    )
    assert answer.status_code == 413


async def test_a_button_sets_the_preference_once(sent: Door) -> None:
    async def muted() -> tuple[str, ...]:
        known = await sent.parts.profiles.find("anna")
        assert known is not None
        return known.profile.preferences.muted_zones

    tap = receipt("answered", button="mute_zone")
    await give(sent, own_token(sent), tap)
    assert await muted() == ("park",)
    again = {"topics": {}, "muted_zones": []}
    put_back = await sent.ask(
        "PUT",
        "/v1/customers/anna/preferences",
        json=again,
        headers={"Authorization": f"Bearer {sent.keys['crm']}"},
    )
    assert put_back.status_code == 200, put_back.text
    await give(sent, own_token(sent), tap)
    assert await muted() == ()


async def test_what_is_reported_is_kept_with_the_customer_for_stops(
    sent: Door,
) -> None:
    experiment = {"conversion": {"event": "purchase", "within": "PT24H"}}
    offer_id = await sent.parts.pool.fetchval("SELECT offer_id FROM outbox LIMIT 1")
    await put(sent, offer_id, experiment=experiment)
    token = device_token(sent)
    await give(sent, token, receipt("opened"), receipt("converted"))
    kept = (await look_up(sent.parts.pool)).state.reports
    assert {(one.event, one.offer_id) for one in kept} == {
        ("opened", offer_id),
        ("converted", offer_id),
        ("purchase", None),
    }
