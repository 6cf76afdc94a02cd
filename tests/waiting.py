"""Waiting for what others bring about, for as long as a busy machine may need."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 60.0  # seconds; a test that waits so long has failed
LOOK = 0.01  # seconds from one look to the next


async def until(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until something holds that nobody tells of."""
    async with asyncio.timeout(PATIENCE):
        while not await _now(holds()):  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(LOOK)


async def _now(answer: bool | Awaitable[bool]) -> bool:
    return answer if isinstance(answer, bool) else await answer
