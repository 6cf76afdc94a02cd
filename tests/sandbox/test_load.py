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


async def test_google_takes_whatever_comes(where: Where) -> None:
    await send(our_fcm(where), 100)
    # It asks for its token as it blocks, so not where the stand-in answers.
    await send(await asyncio.to_thread(bare_fcm, where), 100)


async def test_google_waits_for_nobody_who_blocks(where: Where) -> None:
    sending = plain_fcm(where)
    await asyncio.to_thread(asyncio.run, send(sending, 1))


async def test_answers_come_as_late_as_was_asked_for(tmp_path: Path) -> None:
    async with serving(tmp_path, latency=3600) as found:
        sending = our_apns(Where(tmp_path, **found))
        waiting = asyncio.create_task(sending.send(1))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
        waiting.cancel()
        await asyncio.wait([waiting])
        await sending.close()
