"""Where the benchmarks keep the compiled kernel: beside what the tools keep."""

from pathlib import Path

from geopush.bench.matching import have_kernel
from zones import Kernel, load_kernel

DIRECTORY = Path(__file__).parent.parent / ".bench_cache" / "kernel"


def compile_kernel() -> None:
    """Compile the kernel if it is not there; without a compiler there is no contest."""
    if not have_kernel(DIRECTORY):
        raise SystemExit("the benchmarks need numba: pip install 'geopush[fast]'")


def load() -> Kernel | None:
    """Return the compiled kernel."""
    return load_kernel(str(DIRECTORY))
