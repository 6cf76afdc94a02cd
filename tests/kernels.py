"""The compiled loops for tests: compiled once, whoever of all workers comes first."""

import subprocess
import sys
from pathlib import Path

import zones

TOP = Path(__file__).parent.parent
LONGEST = 600  # seconds; on a busy machine, behind another worker


def compile_into(directory: str) -> None:
    """Compile as the service does, or wait for who is at it."""
    subprocess.run(
        [sys.executable, "-m", "zones.kernel", directory],
        cwd=TOP,
        check=True,
        timeout=LONGEST,
    )


def load_compiled(directory: str) -> zones.Kernel:
    """Return the loops, compiled first where they are not."""
    kernel = zones.kept_kernel(directory)
    if kernel is None:
        compile_into(directory)
        kernel = zones.kept_kernel(directory)
    assert kernel is not None
    return kernel
