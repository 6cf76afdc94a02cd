"""What must run in one process at a time runs where its turn is."""

import asyncio

import pytest

from geopush.flows.loops import LOOK_AGAIN, Loops
from geopush.store.turns import taking_turns
from tests.waiting import PATIENCE, until


async def test_only_one_process_has_its_turn(database_url: str) -> None:
    async with taking_turns(database_url) as ours, taking_turns(database_url) as theirs:
        assert await ours()
        assert await ours()
        assert not await theirs()


async def test_the_turn_passes_on_when_a_process_ends(database_url: str) -> None:
    async with taking_turns(database_url) as theirs:
        async with taking_turns(database_url) as ours:
            assert await ours()
        await until(theirs)  # the server hears of the end a little later


async def test_a_loop_that_fails_keeps_no_other_from_running() -> None:
    async def broken() -> int:
        raise RuntimeError("it is broken")

    async def working() -> int:
        return 3

    loops = Loops("nowhere", {"broken": broken, "working": working})
    assert await loops.run_once() == 3


@pytest.mark.parametrize(
    ("done", "pings_wait", "rests"),
    [(0, False, LOOK_AGAIN), (0, True, LOOK_AGAIN), (3, False, 0.0), (3, True, 0.5)],
)
async def test_while_pings_wait_loops_work_half_of_the_time(
    done: int, pings_wait: bool, rests: float
) -> None:
    now = 0.0

    async def loop() -> int:
        nonlocal now
        now += 0.5
        return done

    loops = Loops("nowhere", {"loop": loop}, lambda: pings_wait, lambda: now)
    assert await loops.turn() == rests


async def test_loops_run_until_they_are_stopped(database_url: str) -> None:
    ran = asyncio.Event()

    async def loop() -> int:
        ran.set()
        return 0

    loops = Loops(database_url, {"loop": loop})
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        group.create_task(loops.run())
        await ran.wait()
        await loops.stop()


async def test_without_a_database_loops_still_stop() -> None:
    loops = Loops("postgresql://nobody@127.0.0.1:1/none", {})
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        group.create_task(loops.run())
        await asyncio.sleep(0)
        await loops.stop()
