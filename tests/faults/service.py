"""A real service as a process of its own, that may be killed and started again."""

import asyncio
import json
import os
import signal
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx

from geopush.sandbox import Sandbox

WAKING = 60.0  # seconds that a start may take on a busy machine
LOOK = 0.05


class Service:
    """``geopush serve`` with an embedded database, pointed at stand-ins of ours."""

    def __init__(self, folder: Path, street: Sandbox) -> None:
        self.data = folder / "data"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = _environment(self.data, self.port, street)
        self._process: asyncio.subprocess.Process | None = None
        self._log = folder / "service.log"

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "geopush", "serve"),
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        await self.ready()

    async def ready(self) -> None:
        """Wait until it says that it is ready."""
        async with asyncio.timeout(WAKING), httpx.AsyncClient() as client:
            while True:
                assert self.runs(), self._log.read_text()[-2000:]
                try:
                    answer = await client.get(f"{self.url}/readyz")
                    if answer.status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(LOOK)

    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The process, while it runs."""
        assert self._process is not None
        return self._process.pid

    async def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> int:
        """End it politely; return its exit code."""
        assert self._process is not None
        if self.runs():
            self._process.send_signal(signal.SIGTERM)
        return await self._process.wait()

    def kill_postgres(self) -> int:
        """Kill the postmaster; return the id it had."""
        pid_file = self.data / "postgres" / "data" / "postmaster.pid"
        pid = int(pid_file.read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        return pid

    async def command(self, *arguments: str) -> str:
        """Run another ``geopush`` command on the same data."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "geopush", *arguments),
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
        )
        printed, _ = await process.communicate()
        assert process.returncode == 0
        return printed.decode().strip()

    @property
    def dsn(self) -> str:
        """Where its database answers."""
        address = json.loads((self.data / "postgres" / "address.json").read_text())
        return f"postgresql:///geopush?host={address['sockets']}&user=geopush"


def now() -> datetime:
    """The machine's time, as the service sees it."""
    return datetime.now(UTC)


def _environment(data: Path, port: int, street: Sandbox) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "GEOPUSH_DATA_DIR": str(data),
        "GEOPUSH_PORT": str(port),
        "GEOPUSH_COMPILED": "false",
        "GEOPUSH_ONE_MESSAGE_SECONDS": "0",
        "GEOPUSH_SEND_SECONDS": "2",  # so claims of the dead lapse after six
        "GEOPUSH_APNS_KEY_FILE": str(street.p8_file),
        "GEOPUSH_APNS_KEY_ID": street.key_id,
        "GEOPUSH_APNS_TEAM_ID": street.team_id,
        "GEOPUSH_APNS_TOPIC": "com.demo",
        "GEOPUSH_APNS_URL": street.apns_url,
        "GEOPUSH_APNS_CA": str(street.ca_file),
        "GEOPUSH_FCM_SERVICE_ACCOUNT_FILE": str(street.service_account_file),
        "GEOPUSH_FCM_PROJECT": street.project_id,
        "GEOPUSH_FCM_URL": street.fcm_url,
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
