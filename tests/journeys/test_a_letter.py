"""A message that came to nothing: an operator finds it, tries it again or drops it."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine

import pytest

from geopush.app.server import serve_beside
from geopush.sandbox.rules import Gateway, Rule
from tests.cli.command import Done, Terminal
from tests.journeys.town import DA_MARIO, Town

FOREIGN = Rule(gateway=Gateway.APNS, status=400, reason="DeviceTokenNotForTopic")
Typing = Callable[..., Coroutine[None, None, Done]]


@pytest.fixture
async def type_in(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Typing]:
    """Type ``geopush messages`` at a desk, where the service is to be reached."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    terminal = Terminal(monkeypatch, capsys)
    asked = {"role": "crm", "name": "desk"}
    key = str((await town.asked("POST", "/v1/keys", "operator", asked))["key"])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        there = ("--url", f"http://127.0.0.1:{listening.getsockname()[1]}")
        async with serve_beside(town.house.front, listening):

            async def type_in(*words: str) -> Done:
                line = ("messages", *words, *there, "--key", key)
                return await asyncio.to_thread(terminal.geopush, *line)

            yield type_in
    root.handlers = handlers
    root.setLevel(level)


async def refused(town: Town) -> str:
    """Have a message refused; return its id."""
    anna = await town.meets()
    town.street.rules.add([FOREIGN])
    await anna.goes_to(DA_MARIO)
    await town.delivers()
    town.street.rules.clear()
    (message,) = (await town.asked("GET", "/v1/messages", "crm"))["items"]
    return str(message["message_id"])


async def test_a_refused_message_is_found_tried_again_and_arrives(
    town: Town, type_in: Typing
) -> None:
    message_id = await refused(town)
    listed = await type_in("list", "--state", "rejected")
    assert message_id in listed.out
    assert "rejected (device_token_not_for_topic)  ice-cream" in listed.out
    assert "queued (retried)" in (await type_in("retry", message_id)).out
    await town.delivers()
    assert [one.message_id for one in town.street.inbox.received()] == [message_id]
    told = (await type_in("list", "--json")).json()
    assert [one["state"] for one in told["items"]] == ["accepted"]
    late = await type_in("drop", message_id)
    assert (late.code, late.err.split(":")[0]) == (1, "409 wrong_state")


async def test_a_refused_message_is_dropped_for_good(
    town: Town, type_in: Typing
) -> None:
    message_id = await refused(town)
    assert (await type_in("drop", message_id, "--json")).json()["state"] == "withdrawn"
    late = await type_in("retry", message_id)
    assert (late.code, late.err.split(":")[0]) == (1, "409 wrong_state")
    await town.delivers()
    assert town.street.inbox.received() == []
