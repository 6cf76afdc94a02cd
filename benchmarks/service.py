"""``geopush serve`` as a process of its own, with an embedded Postgres."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from geopush.core.access import Role
from geopush.flows.keys import KeyAsked, create_key
from geopush.store.pool import open_pool

LONGEST = 120.0  # seconds for an answer
JSON = "application/json"
PLACE = {"latitude": 40.7, "longitude": -74.0, "accuracy": 10.0}
PHONE = {
    "app": "demo",
    "platform": "ios",
    "timezone": "America/New_York",
    "language": "en",
    "address": {"kind": "apns_token", "value": "ab" * 32},
    "consents": {"location": True, "push_marketing": True},
}


class Service:
    """A service that was started, and its port once it told that it serves."""

    def __init__(self, process: subprocess.Popen[str], data: Path) -> None:
        assert process.stderr is not None
        self.process = process
        self.data = data
        for line in process.stderr:
            told = json.loads(line) if line.startswith("{") else {}
            if told.get("event") == "serving":
                self.port: int = told["port"]
                return
        raise RuntimeError("the service did not start")

    def ask(
        self, path: str, key: str, body: bytes, kind: str = JSON
    ) -> tuple[int, bytes]:
        """Post something, and return status and body of the answer."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
        line.request("POST", path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read()

    def register(self, key: str) -> str:
        """Register a phone that agrees to everything, and return its token."""
        status, body = self.ask("/v1/devices", key, json.dumps(PHONE).encode())
        assert status in (200, 201), body
        token: str = json.loads(body)["token"]
        return token

    def ping(self, token: str) -> int:
        """Tell where the phone is; return the status of the answer."""
        ping = PLACE | {"recorded_at": datetime.now(UTC).isoformat()}
        return self.ask("/v1/pings", token, json.dumps(ping).encode())[0]

    def put_zones(self, key: str, zones: bytes) -> None:
        """Put zones in, as GeoJSON."""
        kind = "application/geo+json"
        status, body = self.ask("/v1/zones/import?mode=merge", key, zones, kind)
        assert status == 200, body[:500]

    def make_key(self) -> str:
        """Make an operator's key in its database, and wait until it is in force."""
        where = json.loads((self.data / "postgres" / "address.json").read_text())
        dsn = f"postgresql:///geopush?host={where['sockets']}&user=geopush"
        key = asyncio.run(_make_key(dsn))
        while not self._knows(key):  # every process follows within a second
            time.sleep(0.02)
        return key

    def _knows(self, key: str) -> bool:
        line = HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)
        headers = {"Authorization": f"Bearer {key}"}
        line.request("GET", "/v1/zones?limit=1", headers=headers)
        return line.getresponse().status == 200


@contextmanager
def serving(data: Path, **settings: str) -> Iterator[Service]:
    """Serve from a directory until the block is left."""
    chosen = {"GEOPUSH_DATA_DIR": str(data), "GEOPUSH_PORT": "0"} | settings
    with subprocess.Popen(
        [sys.executable, "-m", "geopush", "serve"],
        env=_environment(chosen),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Service(process, data)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith("GEOPUSH_")}
    return kept | settings


async def _make_key(dsn: str) -> str:
    pool = await open_pool(dsn)
    try:
        asked = KeyAsked(Role.OPERATOR, "benchmark")
        made = await create_key(pool, asked, now=datetime.now(UTC))
    finally:
        await pool.close()
    return made.key
