"""A device that sends more than its quota is told when to come back, and it alone."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from geopush.core.quota import Quota
from tests.api.conftest import Door
from tests.api.test_pings import FAR, PING, Phone, at, registered
from tests.clock import HandClock

MESSAGE = str(UUID(int=1))


@pytest.fixture
def quota() -> Quota:
    """Three at once, and one in six seconds from then on."""
    return Quota(per_minute=10, burst=3)


@pytest.fixture
async def phone(api: Door) -> AsyncIterator[Phone]:
    """A phone that speaks to the front, and to Litestar alone."""
    token = await registered(api)
    transport = httpx.ASGITransport(app=api.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://plain") as plain:
        yield Phone(api, plain, token)


def refused(answer: httpx.Response) -> int:
    """In how many seconds to come back, as a problem says it."""
    assert answer.status_code == 429, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "over_quota"
    return int(answer.headers["retry-after"])


async def test_over_quota_nothing_is_stored_and_the_time_that_is_told_is_right(
    phone: Phone, clock: HandClock
) -> None:
    for second in range(3):
        assert (await phone.post(at(second))).status_code == 202
    kept = "SELECT version FROM customer"
    before = await phone.door.parts.pool.fetchval(kept)
    clock.step(timedelta(seconds=0.5))
    wait = refused(await phone.post(at(3)))
    assert wait == 6
    assert await phone.door.parts.pool.fetchval(kept) == before
    clock.step(timedelta(seconds=wait - 1))
    assert refused(await phone.post(at(3))) == 1
    clock.step(timedelta(seconds=1))
    assert (await phone.post(at(3))).json()["accepted"] == 1


async def test_both_servers_of_the_route_spend_the_same_quota(phone: Phone) -> None:
    for post in (phone.post, phone.post_plainly, phone.post):
        assert (await post(PING)).status_code == 202
    answers = [await phone.post(PING), await phone.post_plainly(PING)]
    assert [refused(one) for one in answers] == [6, 6]
    assert answers[0].json() == answers[1].json()


async def test_every_ping_of_a_batch_counts_whether_it_fits_or_not(
    phone: Phone,
) -> None:
    batch = {"pings": [at(0), {"latitude": 1}, *(at(n) for n in range(1, 9))]}
    answer = await phone.post(batch)
    assert (answer.json()["accepted"], len(answer.json()["rejected"])) == (9, 1)
    assert refused(await phone.post(PING)) == (10 - 3 + 1) * 6


async def test_bodies_that_are_refused_are_spent_as_well(phone: Phone) -> None:
    codes = [(await phone.post(b"{")).status_code for _ in range(4)]
    assert codes == [400, 400, 400, 429]


async def test_one_that_is_over_its_quota_costs_no_other_anything(
    phone: Phone,
) -> None:
    other = {"Authorization": f"Bearer {await registered(phone.door, 'phone-2')}"}
    for second in range(3):
        await phone.post(at(second))
    for second in range(3):
        refused(await phone.post(at(second)))
        answer = await phone.post({**FAR, **at(second)}, **other)
        assert answer.json()["accepted"] == 1


async def test_all_that_a_phone_sends_is_of_one_quota(phone: Phone) -> None:
    opened = {"message_id": MESSAGE, "kind": "opened", "at": PING["recorded_at"]}
    ask, shown = phone.door.client.request, phone.headers
    answers = [
        await ask("POST", "/v1/receipts", headers=shown, json={"receipts": [opened]}),
        await ask("GET", "/v1/me", headers=shown),
        await ask("GET", "/v1/me/inbox", headers=shown),
    ]
    assert [one.status_code for one in answers] == [202, 200, 200]
    for method, path in (
        ("GET", "/v1/me"),
        ("POST", "/v1/receipts"),
        ("POST", "/v1/pings"),
    ):
        refused(await ask(method, path, headers=shown, content=b"{}"))


async def test_every_receipt_counts(phone: Phone) -> None:
    body = {"receipts": [{"message_id": MESSAGE}] * 5}
    answer = await phone.door.client.post(
        "/v1/receipts", headers=phone.headers, json=body
    )
    assert (answer.status_code, len(answer.json()["rejected"])) == (202, 5)
    assert refused(await phone.post(PING)) == (5 - 3 + 1) * 6


async def test_who_is_refused_is_counted_without_saying_who(phone: Phone) -> None:
    for _ in range(5):
        await phone.post(PING)
    metrics = (await phone.door.ask("GET", "/metrics")).text
    assert 'geopush_over_quota_total{what="pings"} 2.0' in metrics
    assert "phone-1" not in metrics
