"""The inbox as a page: what each phone shows, and all that arrived."""

import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256

import httpx
import pytest

from geopush.sandbox.inbox import Extras, Push
from geopush.sandbox.page import MOST_LINES, MOST_PHONES
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
MODULE = '<script type="module">(.*?)</script>'
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
    return re.findall(r'<h3 dir="auto">(.*?)</h3>', text)


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
    buttons = re.findall(r"<button.*?>(.*?)</button>", await page(stage, client))
    assert buttons == ["I like it"]


async def test_the_phone_that_got_something_last_comes_first(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    for name in ("first", "second", "third", "first"):
        push = Push(address=name, platform="ios", app="demo", title=name)
        stage.sandbox.inbox.record(push)
        stage.clock.step(timedelta(seconds=1))
    text = await page(stage, client)
    assert re.findall(r'<code title="(.*?)">', text) == ["first", "third", "second"]


async def test_of_many_phones_and_pushes_the_latest_are_shown(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    for number in range(MOST_PHONES + 1):
        address = f"phone-{number}"
        push = Push(address=address, platform="ios", app="demo", title=address)
        stage.sandbox.inbox.record(push)
        stage.clock.step(timedelta(seconds=1))
    for _ in range(MOST_LINES + 1):
        stage.sandbox.inbox.record(SILENT)
    text = await page(stage, client)
    assert "102 phones, 101 shown, 152 arrived" in text
    assert text.count('<section class="phone"') == MOST_PHONES
    assert "phone-1<" not in text
    assert listed(text).count("no words (silent)") == MOST_LINES
    assert "and 1 before" in text


async def test_what_runs_on_the_page_is_what_its_policy_names(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    accept = {"Accept": "text/html"}
    response = await client.get(stage.sandbox.inbox_url, headers=accept)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    for kind, pattern in (("style", "<style>(.*?)</style>"), ("script", MODULE)):
        (inline,) = re.findall(pattern, response.text, re.DOTALL)
        digest = b64encode(sha256(inline.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "://" not in response.text


async def test_what_a_push_says_is_never_markup(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    stage.sandbox.inbox.record(WICKED)
    text = await page(stage, client)
    assert shown(text) == ["&lt;script&gt;alert(1)&lt;/script&gt;"]
    assert text.count("<script") == 1
    assert "<b>" not in text


async def test_an_empty_inbox_is_a_page_too(
    stage: Stage, client: httpx.AsyncClient
) -> None:
    assert "0 phones" in await page(stage, client)
