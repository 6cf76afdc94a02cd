"""A line: who waits together goes together, and nobody waits without bound."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from geopush.core.change import Taken, Upload
from geopush.core.ping import DeviceId
from geopush.errors import Overloaded
from geopush.flows import line as module
from geopush.flows.line import PINGS, UPLOADS, Line, Waiting
from tests.core.world import ANNA, ping


def an_upload(pings: int = 1, device: str = "phone-1") -> Upload:
    numbered = tuple((at, ping(at)) for at in range(pings))
    return Upload(DeviceId(device), ANNA, numbered)


class Flushes:
    """Answers batches one after the other, each when it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[Upload]] = []
        self.open = asyncio.Event()
        self.began = asyncio.Event()
        self.at_once = 0

    async def flush(self, batch: Sequence[Waiting]) -> None:
        self.at_once += 1
        assert self.at_once == 1
        self.batches.append([upload for upload, _ in batch])
        self.began.set()
        await self.open.wait()
        for upload, answer in batch:
            answer.set_result(Taken(len(upload.pings), 0, 0, (), (), ()))
        self.at_once -= 1


async def posted(line: Line, uploads: Sequence[Upload]) -> list[asyncio.Task[object]]:
    """Everything is in the line once this returns."""
    tasks = [asyncio.create_task(line.take(one)) for one in uploads]
    await asyncio.sleep(0)
    return tasks


@contextmanager
def room_for(pings: int) -> Iterator[None]:
    before, module.ROOM = module.ROOM, pings
    yield
    module.ROOM = before


async def test_what_came_during_a_flush_goes_together_into_the_next_in_its_order() -> (
    None
):
    flushes = Flushes()
    line = Line(flushes.flush)
    first = await posted(line, [an_upload()])
    await flushes.began.wait()
    others = [an_upload(device=f"phone-{number}") for number in range(20)]
    second = await posted(line, others)
    assert len(flushes.batches) == 1  # one flush at a time
    flushes.open.set()
    await asyncio.gather(*first, *second)
    assert flushes.batches[1:] == [others]


@pytest.mark.parametrize(
    ("pings", "fit"), [(1, UPLOADS), (100, PINGS // 100), (1_000, PINGS // 1_000)]
)
async def test_a_flush_is_short_however_many_wait(pings: int, fit: int) -> None:
    flushes = Flushes()
    flushes.open.set()
    line = Line(flushes.flush)
    uploads = [an_upload(pings)] * (3 * fit)
    if 3 * fit * pings > module.ROOM:
        uploads = uploads[: module.ROOM // pings]
    await asyncio.gather(*(await posted(line, uploads)))
    assert max(map(len, flushes.batches)) == fit
    assert sum(map(len, flushes.batches)) == len(uploads)


async def test_who_does_not_wait_any_more_is_in_no_flush_and_takes_no_room() -> None:
    flushes = Flushes()
    line = Line(flushes.flush)
    first = await posted(line, [an_upload()])
    await flushes.began.wait()
    with room_for(2):
        gone, stays = await posted(line, [an_upload(), an_upload(device="phone-2")])
        gone.cancel()
        flushes.open.set()
        await asyncio.gather(*first, stays)
        assert flushes.batches[1:] == [[an_upload(device="phone-2")]]
        await asyncio.gather(*(await posted(line, [an_upload(2)])))


@pytest.mark.parametrize("pings", [0, 1, 10])
async def test_a_full_line_turns_away_whatever_comes(pings: int) -> None:
    flushes = Flushes()
    line = Line(flushes.flush)
    waiting = await posted(line, [an_upload()])
    await flushes.began.wait()  # it waits for its answer, but in the line no more
    with room_for(20):
        fit = 20 // max(pings, 1)
        waiting += await posted(line, [an_upload(pings)] * fit)
        assert line.trouble() == "too many pings wait"
        with pytest.raises(Overloaded):
            await line.take(an_upload(pings))
    flushes.open.set()
    await asyncio.gather(*waiting)
    assert line.trouble() is None


async def test_phones_are_told_to_come_back_when_those_who_wait_are_likely_served() -> (
    None
):
    flushes = Flushes()
    line = Line(flushes.flush)
    for _ in range(50):
        line.tempo.note(seconds=3.0)
    waiting = await posted(line, [an_upload()])
    await flushes.began.wait()
    waiting += await posted(line, [an_upload(1_000)] * 12)
    with room_for(12_000), pytest.raises(Overloaded) as full:
        await line.take(an_upload())
    assert full.value.retry_after == 3 * (12_000 // PINGS + 1)
    flushes.open.set()
    await asyncio.gather(*waiting)


async def test_it_is_busy_while_somebody_waits() -> None:
    flushes = Flushes()
    line = Line(flushes.flush)
    assert not line.is_busy
    waiting = await posted(line, [an_upload()])
    assert line.is_busy
    flushes.open.set()
    await asyncio.gather(*waiting)
    await line.drain()
    assert not line.is_busy


async def test_a_line_that_is_drained_says_so_and_takes_nothing_more() -> None:
    flushes = Flushes()
    flushes.open.set()
    line = Line(flushes.flush)
    (taken,) = await posted(line, [an_upload()])
    await line.drain()
    assert taken.result() == Taken(1, 0, 0, (), (), ())
    assert line.trouble() == "the service is stopping"
    with pytest.raises(Overloaded):
        await line.take(an_upload())
