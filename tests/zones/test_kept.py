"""Compiled loops are loaded where they were compiled for this very machine only."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernels import TOP
from zones import Kernel, kept_kernel

kept = pytest.importorskip("zones.kernel.kept", exc_type=ImportError)


@pytest.fixture
def copy(kernel: Kernel, kernel_dir: Path, tmp_path: Path) -> Path:
    """A directory with the loops of this edition, and where in it they are."""
    name = kept.edition()
    return shutil.copytree(kernel_dir / name, tmp_path / "kept" / name)


@pytest.mark.slow
def test_what_was_compiled_is_loaded_and_nothing_is_compiled_again(copy: Path) -> None:
    before = sorted(copy.iterdir())
    asked = (
        "import sys, zones; kernel = zones.kept_kernel(sys.argv[1]);"
        "zones.rehearse(kernel);"
        "print(sum(sum(one.stats.cache_misses.values()) for one in kernel))"
    )
    assert _python(asked, str(copy.parent)) == "0"
    assert sorted(copy.iterdir()) == before


def test_loops_are_loaded_from_where_nobody_may_write(copy: Path) -> None:
    for one in (*copy.iterdir(), copy, copy.parent):
        one.chmod(one.stat().st_mode & ~0o222)
    assert kept_kernel(str(copy.parent)) is not None
    copy.parent.chmod(0o700)
    copy.chmod(0o700)


def test_loops_of_another_edition_are_left_alone(copy: Path) -> None:
    copy.rename(copy.with_name("0" * len(copy.name)))
    assert kept_kernel(str(copy.parent)) is None


def test_loops_for_another_processor_are_left_alone(copy: Path) -> None:
    asked = "import sys, zones; print(zones.kept_kernel(sys.argv[1]))"
    assert _python(asked, str(copy.parent), NUMBA_CPU_NAME="generic") == "None"


@pytest.mark.parametrize("harm", ["shorter", "gone", "not complete"])
def test_loops_that_are_not_whole_are_left_alone(copy: Path, harm: str) -> None:
    one = next(copy.glob("*.nbc"))
    if harm == "shorter":
        one.write_bytes(one.read_bytes()[:-1])
    elif harm == "gone":
        one.unlink()
    else:
        (copy / "complete").unlink()
    assert kept_kernel(str(copy.parent)) is None


def test_where_there_is_no_compiler_nothing_is_loaded(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert kept_kernel(str(copy.parent)) is None


def _python(code: str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=TOP,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    return done.stdout.strip()
