"""``geopush serve`` as a process of its own, until it is told to stop."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.command import COMMAND, bare_environment

PATIENCE = 60  # seconds that a start or a stop may take on a busy machine


class Served:
    """A running service: where it is, and what it wrote down."""

    def __init__(self, process: subprocess.Popen[str], data: Path) -> None:
        self.process = process
        self.data = data
        self._heard: list[dict[str, str]] = []
        self.port = int(self.hear("serving")["port"])
        self.url = f"http://127.0.0.1:{self.port}"

    def hear(self, event: str) -> dict[str, str]:
        """Read the log up to the line that tells of an event, unless that was read."""
        for line in self._heard:
            if line["event"] == event:
                return line
        assert self.process.stderr is not None
        said = []
        for text in self.process.stderr:
            said.append(text)
            line = json.loads(text) if text.startswith("{") else {}
            if "event" in line:
                self._heard.append(line)
            if line.get("event") == event:
                return line
        raise AssertionError("".join(said))

    @property
    def told(self) -> dict[str, object]:
        """What sandbox.json tells."""
        told: dict[str, object] = json.loads((self.data / "sandbox.json").read_text())
        return told

    def key(self, role: str) -> str:
        """The key of a role."""
        keys = self.told["keys"]
        assert isinstance(keys, dict)
        return str(keys[role])

    def postgres(self) -> int:
        """The process id of its Postgres."""
        lines = (self.data / "postgres" / "data" / "postmaster.pid").read_text()
        return int(lines.splitlines()[0])

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop, and wait until it has; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def serving(
    folder: Path,
    *arguments: str,
    command: tuple[str, ...] = COMMAND,
    **settings: str,
) -> Iterator[Served]:
    """Serve from a folder on a port of its choice; it is killed if it still runs."""
    data = folder / "data"
    chosen = {"GEOPUSH_DATA_DIR": str(data), "GEOPUSH_PORT": "0"} | settings
    with subprocess.Popen(
        [*command, "serve", *arguments],
        env=bare_environment(folder, **chosen),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Served(process, data)
        finally:
            process.kill()
