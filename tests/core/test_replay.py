"""The same day is decided the same way, byte for byte, in any process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.history import day, digest_of

HERE = Path(__file__).parents[2]
SEED = 7


def in_a_process(hash_seed: str) -> str:
    """The digest of the day, where sets and dicts of texts have another order."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.core.history", str(SEED)],
        capture_output=True,
        text=True,
        check=True,
        cwd=HERE,
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(HERE)},
    )
    return ran.stdout.strip()


@pytest.mark.slow
def test_a_day_has_the_same_digest_whatever_the_hashes_of_a_process_are() -> None:
    digests = [in_a_process("1"), in_a_process("4294967295"), digest_of(SEED)]
    assert digests == [digests[0]] * 3
    assert digests[0].startswith("sha256:")


@pytest.mark.slow
def test_another_day_has_another_digest() -> None:
    assert digest_of(SEED + 1) != digest_of(SEED)


def test_a_day_has_decisions_of_many_kinds() -> None:
    made = [one for _, changes in day(SEED) for one in changes]
    assert len({one.reason for change in made for one in change.decided}) >= 8
    assert sum(len(change.messages) for change in made) >= 5
