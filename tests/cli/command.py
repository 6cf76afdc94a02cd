"""Call the command in this process, or as a process of its own with nothing around."""

import json
import os
import sys
from pathlib import Path

import pytest
from msgspec import Struct

from geopush.cli import main

COMMAND = (sys.executable, "-m", "geopush")
KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH")


class Done(Struct):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> object:
        """What was printed for machines."""
        return json.loads(self.out)


class Terminal:
    """A terminal in which ``geopush`` is typed, in its own environment."""

    def __init__(
        self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]
    ) -> None:
        self._patch = patch
        self._capture = capture
        for name in [one for one in os.environ if one.startswith(("GEOPUSH_", "GP_"))]:
            patch.delenv(name)

    def set(self, **environment: str) -> None:
        """Set what commands find in their environment."""
        for name, value in environment.items():
            self._patch.setenv(name, value)

    def geopush(self, *arguments: str | Path) -> Done:
        """Type a command, and see what it prints and how it ends."""
        self._patch.setattr(sys, "argv", ["geopush", *map(str, arguments)])
        self._capture.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        printed = self._capture.readouterr()
        code = end.value.code
        assert code is None or isinstance(code, int)
        return Done(code or 0, printed.out, printed.err)


def bare_environment(home: Path, **settings: str) -> dict[str, str]:
    """What a process needs to run, and the settings that are given; nothing else."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    plain = {"GEOPUSH_COMPILED": "false"}  # or each service would begin to compile
    return kept | {"HOME": str(home)} | plain | settings
