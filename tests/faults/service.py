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

WAKING = 120.0  # seconds that a start may take on a busy machine
PATIENCE = 120.0  # seconds for the last claims to lapse on a busy machine
LOOK = 0.05


class Service:
    """``geopush serve`` with an embedded database, pointed at stand-ins of ours.

    The first in a folder runs the database there, unless somebody does already.
    """

    def __init__(
        self, folder: Path, street: Sandbox, *, role: str = "all", name: str = "service"
    ) -> None:
        self.name = name
        self.data = folder / "data"
        self._place = _keep_port()
        port: int = self._place.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._command = (sys.executable, "-m", "geopush", "serve", "--role", role)
        self._environment = _environment(self.data, port, street)
        self._process: asyncio.subprocess.Process | None = None
        self._log = folder / f"{name}.log"

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
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

    def freeze(self) -> None:
        """Let it stand still, as a machine that is too busy would; it hears nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, not knowing that time has passed."""
        os.kill(self.pid, signal.SIGCONT)

    async def stop(self) -> int:
        """End it politely; return its exit code."""
        self._place.close()
        if self._process is None:
            return 0
        if self.runs():
            self.thaw()
            self._process.send_signal(signal.SIGTERM)
        return await self._process.wait()

    def kill_postgres(self) -> int:
        """Kill the postmaster; return the id it had."""
        pid = self.postgres_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        return pid

    def postgres_pid(self) -> int | None:
        """The postmaster that last took the database; None while none has."""
        pid_file = self.data / "postgres" / "data" / "postmaster.pid"
        try:
            return int(pid_file.read_text().splitlines()[0])
        except (FileNotFoundError, IndexError):
            return None

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
        "GEOPUSH_QUOTA_BURST": "1000000",  # phones here walk for days in minutes
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


def _keep_port() -> socket.socket:
    """Bind a port and never listen on it: nobody else gets it while ours is down."""
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    return place
