"""An index that changes while others read: what a change costs, and what they see."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest

import zones
from tests.zones.kinds import Kind, build_index, kernel
from zones import IndexKind, Point, Zone, ZoneId, ZoneIndex, circle

HERE = np.full(300, 4.9), np.full(300, 52.37)
THERE = 5.9, 52.37
GENERATIONS = 150


def disk(zone_id: str, lon: float, lat: float) -> Zone:
    return Zone(ZoneId(zone_id), circle(Point(lon, lat), 100.0))


def pair(generation: int) -> list[Zone]:
    """Return two zones over one place, of which there is never but one pair."""
    return [disk(f"{side}-{generation}", 4.9, 52.37) for side in ("left", "right")]


def mixed(index: ZoneIndex) -> Iterator[set[str]]:
    """Yield what covers a place, where that is not just one whole pair."""
    offsets, numbers = index.covering(*HERE)
    for start, end in {*zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)}:
        names = {index.zone(number).zone_id for number in numbers[start:end].tolist()}
        generations = {name.partition("-")[2] for name in names}
        if (len(names), len(generations)) != (2, 1):
            yield names


def test_who_reads_in_another_thread_sees_each_change_whole_or_not_at_all(
    kind: Kind,
) -> None:
    index = build_index(pair(0), kind)
    latest, ended = [index], Event()

    def read() -> tuple[int, list[set[str]]]:
        reads, wrong = 0, list[set[str]]()
        while not (ended.is_set() and reads):
            wrong += mixed(latest[0])
            reads += 1
        return reads, wrong

    with ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(read) for _ in range(2)]
        try:
            for generation in range(1, GENERATIONS):
                gone = [zone.zone_id for zone in pair(generation - 1)]
                latest[0] = latest[0].with_changes(pair(generation), gone)
        finally:
            ended.set()
    for reader in readers:
        reads, wrong = reader.result()
        assert reads
        assert wrong == []
    assert len(latest[0]) == 2
    assert {zone.zone_id for zone in index.zones} == {"left-0", "right-0"}
    assert list(mixed(index)) == []


def test_a_change_puts_in_what_it_adds_and_nothing_else() -> None:
    pytest.importorskip("numba")
    compiled, put = kernel(), list[int]()
    assert compiled is not None
    put_all = compiled.put_all

    def counting(*arguments: object) -> tuple[int, int, int]:
        covered = arguments[9]
        assert isinstance(covered, np.ndarray)
        put.append(len(covered))
        return put_all(*arguments)

    watched = compiled._replace(put_all=counting)
    some = [disk(f"z{n}", 4.0 + n / 100, 52.0) for n in range(50)]
    index = zones.build_index(some, IndexKind.CELLS, watched)
    put.clear()
    index = index.with_changes([disk("new", *THERE)], [])
    assert put == [1]
    index = index.with_changes([], [ZoneId("z7"), ZoneId("z8")])
    assert put == [1]
    index = index.with_changes([disk("z9", *THERE), disk("z10", *THERE)], [])
    assert put == [1, 2]
    found = index.covering(np.array([THERE[0]]), np.array([THERE[1]])).numbers
    assert [index.zone(n).zone_id for n in found.tolist()] == ["new", "z9", "z10"]


def test_loops_run_without_the_lock_of_the_interpreter() -> None:
    pytest.importorskip("numba")
    compiled = kernel()
    assert compiled is not None
    held = [loop for loop in compiled if not vars(loop)["targetoptions"].get("nogil")]
    assert held == []
