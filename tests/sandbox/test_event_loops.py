"""The stand-ins answer in every event loop that the service may run in."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path

import httpx
import pytest
import uvloop

from geopush.sandbox import Sandbox
from geopush.sandbox.clock import SteppedClock
from tests.sandbox.build import APPS, NOON, PHONE, Stage, payload

Run = Callable[[Coroutine[None, None, int]], int]


async def push(directory: Path) -> int:
    """Start the stand-ins, push to Apple's, and return the status."""
    clock = SteppedClock(NOON)
    sandbox = await Sandbox.start(directory, apps=APPS, clock=clock, token_clock=clock)
    trust = ssl.create_default_context(cafile=sandbox.ca_file)
    trust.set_alpn_protocols(["h2"])
    try:
        async with httpx.AsyncClient(
            http2=True, verify=trust, trust_env=False
        ) as client:
            answer = await client.post(
                f"{sandbox.apns_url}/3/device/{PHONE}",
                headers=Stage(sandbox, clock, clock).headers(),
                json=payload(),
            )
            return answer.status_code
    finally:
        await sandbox.stop()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_push_is_answered(run: Run, papers_directory: Path) -> None:
    assert run(push(papers_directory)) == 200
