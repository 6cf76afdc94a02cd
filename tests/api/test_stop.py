"""Stop, for ever, over HTTP."""

import pytest

from geopush.core.access import Role
from tests.api.conftest import Door

ANN, NOON = "/v1/customers/ann", "2026-07-04T12:00:00Z"


async def test_a_customer_who_wants_no_more_is_shown_so(api: Door) -> None:
    await api.ask("PUT", ANN, Role.CRM, json={})
    answer = await api.ask("POST", f"{ANN}/stop", Role.CRM)
    assert answer.status_code == 200
    assert answer.json() == {"customer_id": "ann", "stopped_at": NOON}
    read = await api.ask("GET", ANN, Role.CRM)
    assert read.json()["stopped_at"] == NOON


async def test_what_was_read_of_them_may_be_put_back_and_starts_nothing(
    api: Door,
) -> None:
    await api.ask("PUT", ANN, Role.CRM, json={})
    await api.ask("POST", f"{ANN}/stop", Role.CRM)
    read = (await api.ask("GET", ANN, Role.CRM)).json()
    put = await api.ask("PUT", ANN, Role.CRM, json=read)
    assert put.json() == read
    del read["stopped_at"]
    put = await api.ask("PUT", ANN, Role.CRM, json=read)
    assert put.json()["stopped_at"] == NOON


async def test_nobody_need_be_known_to_be_stopped(api: Door) -> None:
    answer = await api.ask("POST", f"{ANN}/stop", Role.CRM)
    assert answer.status_code == 200
    assert (await api.ask("GET", ANN, Role.CRM)).status_code == 404
    put = await api.ask("PUT", ANN, Role.CRM, json={})
    assert (put.status_code, put.json()["stopped_at"]) == (201, NOON)


@pytest.mark.parametrize("role", [None, Role.SDK, Role.MARKETER, Role.MANAGER])
async def test_others_stop_nobody(api: Door, role: Role | None) -> None:
    answer = await api.ask("POST", f"{ANN}/stop", role)
    assert answer.status_code == (401 if role is None else 403)
