"""The same request sent again: done once, answered twice."""

from datetime import timedelta

import pytest

from geopush.core.access import Role
from geopush.store import idempotency
from geopush.store.idempotency import Slot
from tests.api.conftest import Door
from tests.clock import HandClock

OP = Role.OPERATOR
PATH = "/v1/zones/import"
EMPTY: dict[str, object] = {"type": "FeatureCollection", "features": []}
AGAIN = {"Idempotency-Key": "again"}


async def kept(api: Door) -> int:
    """How many answers are kept."""
    count: int = await api.parts.pool.fetchval("SELECT count(*) FROM idempotency")
    return count


async def test_a_refusal_is_kept_like_any_answer(api: Door) -> None:
    bad = {"type": "FeatureCollection", "features": [1]}
    first = await api.ask("POST", PATH, OP, json=bad, headers=AGAIN)
    again = await api.ask("POST", PATH, OP, json=bad, headers=AGAIN)
    assert (first.status_code, again.status_code) == (422, 422)
    assert again.json() == first.json()
    assert again.headers["content-type"] == "application/problem+json"


async def test_a_request_that_still_runs_is_not_started_twice(api: Door) -> None:
    await api.ask("POST", PATH, OP, json=EMPTY, headers=AGAIN)
    await api.parts.pool.execute("UPDATE idempotency SET status = NULL")
    answer = await api.ask("POST", PATH, OP, json=EMPTY, headers=AGAIN)
    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency_key_in_flight"
    assert answer.headers["retry-after"] == "1"


async def test_what_died_while_running_can_be_sent_again(
    api: Door, clock: HandClock
) -> None:
    await api.ask("POST", PATH, OP, json=EMPTY, headers=AGAIN)
    await api.parts.pool.execute("UPDATE idempotency SET status = NULL")
    clock.step(idempotency.ABANDONED + timedelta(seconds=1))
    answer = await api.ask("POST", PATH, OP, json=EMPTY, headers=AGAIN)
    assert answer.status_code == 200


async def test_an_answer_is_kept_for_a_day(api: Door, clock: HandClock) -> None:
    bad = {"type": "FeatureCollection", "features": [1]}
    await api.ask("POST", PATH, OP, json=bad, headers=AGAIN)
    clock.step(idempotency.KEPT)
    used = await api.ask("POST", PATH, OP, json=EMPTY, headers=AGAIN)
    assert used.json()["code"] == "idempotency_key_reused"
    clock.step(timedelta(seconds=1))
    free = await api.ask("POST", PATH, OP, json=EMPTY, headers=AGAIN)
    assert free.status_code == 200


async def test_answers_that_are_over_are_cleared_away_by_new_ones(
    api: Door, clock: HandClock
) -> None:
    for key in ("one", "two"):
        headers = {"Idempotency-Key": key}
        await api.ask("POST", PATH, OP, json=EMPTY, headers=headers)
    clock.step(idempotency.KEPT + timedelta(seconds=1))
    await api.ask("POST", PATH, OP, json=EMPTY, headers=AGAIN)
    assert await kept(api) == 1


async def test_the_keys_of_others_are_not_in_the_way(api: Door) -> None:
    bad = {"type": "FeatureCollection", "features": [1]}
    await api.ask("POST", PATH, OP, json=bad, headers=AGAIN)
    other = await api.ask("POST", PATH, Role.MANAGER, json=EMPTY, headers=AGAIN)
    assert other.status_code == 200


async def test_another_address_is_another_request(api: Door) -> None:
    await api.ask("POST", PATH, OP, json=EMPTY, headers=AGAIN)
    path = f"{PATH}?dry_run=true"
    other = await api.ask("POST", path, OP, json=EMPTY, headers=AGAIN)
    assert other.status_code == 409


async def test_a_fault_of_ours_is_not_kept(
    api: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(upload: object) -> None:
        raise RuntimeError(upload)

    with monkeypatch.context() as patch:
        patch.setattr(api.parts.publish, "import_zones", broken)
        first = await api.ask("POST", PATH, OP, json=EMPTY, headers=AGAIN)
    assert first.status_code == 500
    assert first.json()["detail"] == "The fault is ours; it was written down."
    assert await kept(api) == 0
    again = await api.ask("POST", PATH, OP, json=EMPTY, headers=AGAIN)
    assert again.status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
async def test_a_key_that_cannot_be_one_is_refused(api: Door, key: str) -> None:
    headers = {"Idempotency-Key": key}
    answer = await api.ask("POST", PATH, OP, json=EMPTY, headers=headers)
    assert answer.status_code == 400


async def test_of_two_that_begin_together_one_goes_on(
    api: Door, clock: HandClock
) -> None:
    slot = Slot("c", "k")
    async with api.parts.pool.acquire() as one, api.parts.pool.acquire() as other:
        first = await idempotency.begin(one, slot, b"h", clock())
        second = await idempotency.begin(other, slot, b"h", clock())
    assert first is None
    assert second is not None
    assert second.status is None
