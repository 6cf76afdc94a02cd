"""Buttons on the inbox page: one tap, and geopush is told."""

import re

import httpx
import pytest

from geopush.sandbox.inbox import Extras, Push
from tests.sandbox.build import Stage
from tests.sandbox.listener import Listener

BUTTONS = [{"id": "like", "text": "I like it"}, {"id": "snooze", "text": "Not today"}]
PUSH = Push(
    address="phone",
    platform="ios",
    app="demo",
    title="Sun!",
    extras=Extras("m-1", None, BUTTONS, "gp_rt_1"),
)
LIKED = {"message_id": "m-1", "button": "like"}


@pytest.fixture(autouse=True)
def heard(stage: Stage, listener: Listener) -> None:
    stage.sandbox.reporter.base_url = listener.url
    stage.sandbox.inbox.record(PUSH)


async def tap(
    stage: Stage, client: httpx.AsyncClient, form: dict[str, str]
) -> httpx.Response:
    return await client.post(f"{stage.sandbox.inbox_url}/taps", data=form)


async def pressed(stage: Stage, client: httpx.AsyncClient) -> int:
    accept = {"Accept": "text/html"}
    response = await client.get(stage.sandbox.inbox_url, headers=accept)
    return len(re.findall('<button[^>]* aria-pressed="true"', response.text))


async def test_a_tap_is_told_with_the_token_of_the_message(
    stage: Stage, client: httpx.AsyncClient, listener: Listener
) -> None:
    await tap(stage, client, LIKED)
    said = {"kind": "answered", "at": "2026-07-01T12:00:00Z", **LIKED}
    assert listener.told == [("Bearer gp_rt_1", {"receipts": [said]})]


async def test_after_a_tap_the_page_shows_which_button_it_was(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    assert await pressed(stage, client) == 0
    response = await tap(stage, client, LIKED)
    assert (response.status_code, response.headers["Location"]) == (303, "/inbox")
    assert await pressed(stage, client) == 1


async def test_an_emptied_inbox_forgets_the_taps(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    await tap(stage, client, LIKED)
    await client.delete(stage.sandbox.inbox_url)
    stage.sandbox.inbox.record(PUSH)
    assert await pressed(stage, client) == 0


async def test_a_tap_that_geopush_does_not_take_is_not_shown(
    stage: Stage, client: httpx.AsyncClient, listener: Listener
) -> None:
    listener.status = 403
    response = await tap(stage, client, LIKED)
    assert (response.status_code, response.json()["code"]) == (502, "not_taken")
    assert await pressed(stage, client) == 0


@pytest.mark.parametrize(
    "form", [{}, {"message_id": "m-1"}, {**LIKED, "button": "x"}, {"button": "like"}]
)
async def test_a_button_that_nobody_has_cannot_be_tapped(
    stage: Stage, client: httpx.AsyncClient, listener: Listener, form: dict[str, str]
) -> None:
    response = await tap(stage, client, form)
    assert (response.status_code, listener.told) == (404, [])


async def test_without_a_geopush_that_listens_a_tap_is_refused(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    stage.sandbox.reporter.base_url = None
    response = await tap(stage, client, LIKED)
    assert (response.status_code, response.json()["code"]) == (409, "nobody_to_tell")
