"""The stand-ins in load mode: whatever comes gets the right answer at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks.senders import (
    Sending,
    Where,
    bare_fcm,
    our_apns,
    our_fcm,
    plain_apns,
    plain_fcm,
)
from geopush.sandbox.load import serving


@pytest.fixture
async def where(tmp_path: Path) -> AsyncIterator[Where]:
    async with serving(tmp_path) as found:
        yield Where(tmp_path, **found)


async def send(sending: Sending, count: int) -> None:
    async with asyncio.timeout(60):
        await asyncio.gather(*map(sending.send, range(count)))
    await sending.close()


@pytest.mark.parametrize("make", [our_apns, plain_apns])
async def test_apple_answers_each_request_with_its_id(
    where: Where, make: type[Sending]
) -> None:
    await send(make(where), 300)


@pytest.mark.parametrize("make", [our_fcm, bare_fcm])
async def test_google_takes_whatever_comes(where: Where, make: type[Sending]) -> None:
    await send(make(where), 100)


async def test_google_waits_for_nobody_who_blocks(where: Where) -> None:
    sending = plain_fcm(where)
    await asyncio.to_thread(asyncio.run, send(sending, 1))


async def test_answers_come_as_late_as_was_asked_for(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with serving(tmp_path, latency=0.05) as found:
        started = loop.time()
        await send(our_apns(Where(tmp_path, **found)), 1)
        assert loop.time() - started >= 0.05
