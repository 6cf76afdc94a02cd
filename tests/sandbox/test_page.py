"""The inbox as a page: what each phone shows, and all that arrived."""

import re

import httpx
import pytest

from geopush.sandbox.inbox import Extras, Push
from tests.sandbox.build import Stage

FIRST = Push(
    address="phone",
    platform="ios",
    app="demo",
    collapse_id="ice",
    title="Sun!",
    body="10% off",
    extras=Extras("m-1", buttons=[{"id": "like", "text": "I like it"}]),
)
LATER = Push(
    address="phone", platform="ios", app="demo", collapse_id="ice", title="More sun!"
)
SILENT = Push(address="tablet", platform="android", app="demo")
WICKED = Push(
    address="<b>phone</b>",
    platform="ios",
    app="demo",
    title="<script>alert(1)</script>",
)


@pytest.fixture
def pushes(stage: Stage) -> list[Push]:
    pushes = [FIRST, FIRST, SILENT, LATER]
    for one in pushes:
        stage.sandbox.inbox.record(one)
    return pushes


async def page(stage: Stage, client: httpx.AsyncClient) -> str:
    accept = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    response = await client.get(stage.sandbox.inbox_url, headers=accept)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return response.text


def shown(text: str) -> list[str]:
    return re.findall(r"<h3>(.*?)</h3>", text)


def listed(text: str) -> list[str]:
    return re.findall(r"<li>\d\d:\d\d:\d\d (.*?)</li>", text)


async def test_a_phone_shows_the_last_of_what_collapses(
    stage: Stage, client: httpx.AsyncClient, pushes: list[Push]
) -> None:
    assert shown(await page(stage, client)) == ["More sun!"]


async def test_whatever_arrived_is_listed_with_what_became_of_it(
    stage: Stage, client: httpx.AsyncClient, pushes: list[Push]
) -> None:
    assert listed(await page(stage, client)) == [
        "More sun!",
        "Sun! (replaced, repeat)",
        "Sun! (replaced)",
        "no words (silent)",
    ]


async def test_buttons_are_shown(stage: Stage, client: httpx.AsyncClient) -> None:
    stage.sandbox.inbox.record(FIRST)
    assert '<span class="button">I like it</span>' in await page(stage, client)


async def test_what_a_push_says_is_never_markup(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    stage.sandbox.inbox.record(WICKED)
    text = await page(stage, client)
    assert shown(text) == ["&lt;script&gt;alert(1)&lt;/script&gt;"]
    assert "<script>" not in text
    assert "<b>" not in text


async def test_an_empty_inbox_is_a_page_too(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    assert "0 phones" in await page(stage, client)
