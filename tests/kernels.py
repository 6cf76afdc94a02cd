"""The compiled loops for tests: compiled once, whoever of all workers comes first."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

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


class Compiler:
    """Whether tests may compile; make test-fast does without."""

    allowed = True


def load_compiled(directory: str) -> zones.Kernel:
    """Return the loops; where they are not, compile them, or skip the test."""
    kernel = _kept(directory)
    if kernel is None:
        if not Compiler.allowed:
            pytest.skip("the loops are not compiled yet; make test does that")
        compile_into(directory)
        _kept.cache_clear()
        kernel = _kept(directory)
    assert kernel is not None
    return kernel


@cache
def _kept(directory: str) -> zones.Kernel | None:
    return zones.kept_kernel(directory)
