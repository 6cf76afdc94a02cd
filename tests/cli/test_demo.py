"""geopush demo, as a stranger types it, with fewer people."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, bare_environment

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.slow
def test_the_books_of_the_demo_balance_and_it_draws_a_map(tmp_path: Path) -> None:
    picture = tmp_path / "day.png"
    done = subprocess.run(
        [*COMMAND, "demo", "--walkers", "20", "--json", "--picture", picture],
        env=bare_environment(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["walkers"], told["balanced"], told["imbalances"]) == (20, True, [])
    assert told["arrived"] == told["messages"]["accepted"] > 0
    assert picture.read_bytes().startswith(PNG)
    assert picture.stat().st_size > 50_000
