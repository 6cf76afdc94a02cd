"""The service begins with plain loops and goes on with compiled ones."""

import asyncio
import json
import logging
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from geopush.app.kernel import COMPILE, speed_up
from geopush.flows.publish import Publish
from geopush.flows.refresh import Refresh
from geopush.metrics import Metrics
from geopush.store.pool import Pool
from tests.clock import HandClock
from tests.kernels import TOP
from zones import Kernel, Point, Zone, ZoneId, circle

PATIENCE = 60.0  # seconds that a child may take to begin or to end
HOLDS = "import sys, time; line = open(sys.argv[1], 'w'); line.write('x'); line.flush()"
WAITS = f"{HOLDS}; time.sleep(600)"
# waits to be let go on, and then does what the compiler does: leaves all loops
COPIES = """
import shutil, sys
open(sys.argv[1]).readline()
shutil.copytree(sys.argv[2], sys.argv[3], dirs_exist_ok=True)
"""


class Watched:
    """A catalog with a zone, and what is told of its kernel."""

    def __init__(self, refresh: Refresh, log: pytest.LogCaptureFixture) -> None:
        self.refresh = refresh
        self.metrics = Metrics()
        self._log = log

    @property
    def is_ready(self) -> bool:
        """What operators see."""
        return b"geopush_kernel_ready 1.0" in self.metrics.render()

    @property
    def told(self) -> list[str]:
        """What was logged of the kernel."""
        events = [one.getMessage() for one in self._log.records]
        return [one for one in events if one.startswith("kernel.")]

    @property
    def why(self) -> str:
        """The reason in the last line that was logged."""
        return str(self._log.records[-1].__dict__["fields"]["why"])

    def inside(self) -> list[str]:
        """The zones that cover the middle of Amsterdam."""
        index = self.refresh.catalog.zones
        found = index.covering(np.array([4.9]), np.array([52.37]))
        return [index.zone(number).zone_id for number in found.numbers.tolist()]


@pytest.fixture
async def watched(
    pool: Pool, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> Watched:
    caplog.set_level(logging.INFO, logger="geopush")
    refresh = Refresh(pool)
    dam = Zone(ZoneId("dam"), circle(Point(4.9, 52.37), 100))
    await Publish(pool, refresh, clock).save_zone(dam)
    return Watched(refresh, caplog)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[int]:
    """The end to read of a line that a child holds, as long as it lives."""
    os.mkfifo(tmp_path / "line")
    reading = os.open(tmp_path / "line", os.O_RDONLY | os.O_NONBLOCK)
    yield reading
    os.close(reading)


def hears(line: int) -> bytes:
    """Wait until something comes: a letter, or nothing when the other end is gone."""
    ready, _, _ = select.select([line], [], [], PATIENCE)
    assert ready, "nobody said anything"
    return os.read(line, 1)


async def test_pings_are_matched_before_the_kernel_is_there_and_the_same_after(
    watched: Watched, kernel: Kernel, kernel_dir: Path, tmp_path: Path
) -> None:
    go, empty = tmp_path / "go", tmp_path / "kernel"
    os.mkfifo(go)
    gate = os.open(go, os.O_RDWR)
    compiler = (sys.executable, "-c", COPIES, str(go), str(kernel_dir))
    swapping = asyncio.create_task(
        speed_up(watched.refresh, watched.metrics, empty, program=compiler)
    )
    plain = watched.refresh.catalog
    assert (watched.inside(), watched.is_ready) == (["dam"], False)
    os.write(gate, b"go on\n")
    await swapping
    os.close(gate)
    assert (watched.inside(), watched.is_ready) == (["dam"], True)
    assert watched.refresh.catalog is not plain
    assert watched.told == ["kernel.ready"]


async def test_what_is_kept_is_used_at_once(
    watched: Watched, kernel: Kernel, kernel_dir: Path
) -> None:
    nobody = (sys.executable, "-c", "raise SystemExit('nobody is to compile')")
    await speed_up(watched.refresh, watched.metrics, kernel_dir, program=nobody)
    assert (watched.inside(), watched.is_ready) == (["dam"], True)


def test_the_compiler_leaves_alone_what_is_kept_already(
    kernel: Kernel, kernel_dir: Path
) -> None:
    before = sorted(kernel_dir.iterdir())
    subprocess.run([*COMPILE, kernel_dir], cwd=TOP, check=True, timeout=PATIENCE)
    assert sorted(kernel_dir.iterdir()) == before


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise SystemExit('no room on the disk')", "no room on the disk"),
        ("import os; os.abort()", "it ended with -6"),
        ("pass", "it is not there"),
    ],
)
async def test_a_compiler_that_fails_leaves_the_plain_loops_and_is_told_of_once(
    watched: Watched, tmp_path: Path, code: str, why: str
) -> None:
    pytest.importorskip("numba")
    broken = (sys.executable, "-c", code)
    await speed_up(watched.refresh, watched.metrics, tmp_path / "k", program=broken)
    assert (watched.inside(), watched.is_ready) == (["dam"], False)
    assert watched.told == ["kernel.not_compiled"]
    assert why in watched.why


async def test_a_compiler_that_hangs_is_ended(
    watched: Watched, tmp_path: Path, line: int
) -> None:
    pytest.importorskip("numba")
    hanging = (sys.executable, "-c", WAITS, str(tmp_path / "line"))
    await speed_up(
        *(watched.refresh, watched.metrics, tmp_path / "k"),
        program=hanging,
        patience=0.1,
    )
    while os.read(line, 1):  # blocks, and so fails, if somebody still holds the line
        pass
    assert (watched.inside(), watched.is_ready) == (["dam"], False)
    assert watched.told == ["kernel.not_compiled"]
    assert "longer than" in watched.why


async def test_a_service_that_stops_ends_its_compiler(
    watched: Watched, tmp_path: Path, line: int
) -> None:
    pytest.importorskip("numba")
    waiting = (sys.executable, "-c", WAITS, str(tmp_path / "line"))
    swapping = asyncio.create_task(
        speed_up(watched.refresh, watched.metrics, tmp_path / "k", program=waiting)
    )
    assert await asyncio.to_thread(hears, line) == b"x"
    swapping.cancel()
    await asyncio.gather(swapping, return_exceptions=True)
    assert hears(line) == b""


def test_a_service_that_is_killed_takes_its_compiler_along(
    tmp_path: Path, line: int
) -> None:
    code = (
        "import asyncio, sys; from geopush.app.kernel import _compile;"
        "asyncio.run(_compile(sys.argv[1:], 600))"
    )
    waiting = (sys.executable, "-c", WAITS, str(tmp_path / "line"))
    with subprocess.Popen([sys.executable, "-c", code, *waiting], cwd=TOP) as parent:
        try:
            assert hears(line) == b"x"
        finally:
            parent.kill()
    assert hears(line) == b""


async def test_without_numba_the_plain_loops_stay_and_it_is_told_once(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    await speed_up(watched.refresh, watched.metrics, tmp_path / "k")
    assert (watched.inside(), watched.is_ready) == (["dam"], False)
    assert watched.told == ["kernel.absent"]
    assert "geopush[fast]" in json.dumps(watched.why)
