"""The compiled loops of matching: kept from an earlier start, or compiled beside us."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path

import zones
from geopush import log
from geopush.flows.refresh import Refresh
from geopush.metrics import Metrics
from geopush.store.programs import attended

PATIENCE = 900.0  # seconds; compiling takes half a minute of a core
NICENESS = 10  # pings go first
TAIL = 500  # characters of what a child said that are told
SOURCES = Path(zones.__file__).parent.parent
COMPILE = (sys.executable, "-m", "zones.kernel")


async def speed_up(
    refresh: Refresh,
    metrics: Metrics,
    directory: Path,
    *,
    program: tuple[str, ...] = COMPILE,
    patience: float = PATIENCE,
) -> None:
    """Match with compiled loops once they are there; say once how it went.

    Until then, and if it fails, the plain ones give the same answers, slower.
    """
    if not zones.has_compiler():
        log.warning("kernel.absent", why="numba is not installed: geopush[fast] has it")
        return
    try:
        kernel = await asyncio.to_thread(_load, directory)
        if kernel is None:
            wrong = await _compile([*program, str(directory)], patience)
            kernel = await asyncio.to_thread(_load, directory)
            if kernel is None:
                log.warning("kernel.not_compiled", why=wrong or "it is not there")
                return
        await refresh.use(kernel)
    except Exception as error:  # whatever it is, the plain loops go on
        log.failed("kernel.failed", error)
        return
    metrics.kernel_ready.set(1)
    log.info("kernel.ready")


def _load(directory: Path) -> zones.Kernel | None:
    """Load what is kept, and use it once: loops are read when they are first called."""
    kernel = zones.kept_kernel(str(directory))
    if kernel is not None:
        zones.rehearse(kernel)
    return kernel


async def _compile(command: list[str], patience: float) -> str | None:
    """Compile in a child, which ends when we do; return what went wrong, if anything.

    It is started where our own sources are, so that it compiles these and no others.
    """
    child = await asyncio.create_subprocess_exec(
        *attended(command, signal.SIGKILL, os.getuid(), os.getgid()),
        cwd=SOURCES,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, child.pid, NICENESS)
        async with asyncio.timeout(patience):
            _, said = await child.communicate()
    except TimeoutError:
        return f"it took longer than {patience:.0f} seconds"
    finally:
        await _end(child)
    if child.returncode == 0:
        return None
    return f"it ended with {child.returncode}: {said.decode(errors='replace')[-TAIL:]}"


async def _end(child: Process) -> None:
    if child.returncode is None:
        child.kill()
        await child.wait()
