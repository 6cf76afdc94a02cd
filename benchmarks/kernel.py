"""Where the benchmarks keep the compiled kernel: beside what the tools keep."""

import subprocess
import sys
from pathlib import Path

from zones import Kernel, load_kernel

DIRECTORY = Path(__file__).parent.parent / ".bench_cache" / "kernel"


def have_kernel() -> None:
    """Compile the kernel if it is not there; it takes half a minute."""
    command = [sys.executable, "-m", "zones.kernel", str(DIRECTORY)]
    subprocess.run(command, check=True)


def load() -> Kernel | None:
    """Return the compiled kernel."""
    return load_kernel(str(DIRECTORY))
