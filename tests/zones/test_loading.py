"""The compiled loops are got from where they are kept; all works without them."""

import subprocess
import sys

import numpy as np
import pytest

import zones
from tests.zones.kinds import Compiled, Kind, build_index, kernel
from tests.zones.worlds import places, world

USES_ALL = """
import sys
import numpy as np
from tests.zones.worlds import places, world
from zones import Point, build_index, load_kernel, rehearse

kernel = load_kernel(sys.argv[1])
rehearse(kernel)
index = build_index(world(1, 40), kernel=kernel)
index = index.with_changes(world(2, 5), ["z7"])
index.covering(*places(world(1, 40), 1))
index.covering(np.zeros(1), np.zeros(1))
index.nearness(Point(4.9, 52.37))
print(sum(sum(loop.stats.cache_hits.values()) for loop in kernel))
print(sum(sum(loop.stats.cache_misses.values()) for loop in kernel))
"""


def run(*arguments: str, root: str) -> str:
    """Run Python in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout


def test_what_one_process_compiled_the_next_does_not_compile(
    pytestconfig: pytest.Config,
) -> None:
    pytest.importorskip("numba")
    assert kernel() is not None
    root, directory = str(pytestconfig.rootpath), Compiled.directory
    assert run("-m", "zones.kernel", directory, root=root) == ""
    hits, misses = run("-c", USES_ALL, directory, root=root).split()
    assert int(hits) >= 7
    assert int(misses) == 0


def test_without_a_compiler_the_answers_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    loops = zones.load_kernel("nowhere")
    assert loops is None
    some = world(4, 40)
    plain = zones.build_index(some, zones.IndexKind.CELLS, loops)
    found = plain.covering(*places(some, 4))
    right = build_index(some, Kind.SCAN).covering(*places(some, 4))
    assert all(map(np.array_equal, found, right))
