"""geopush serve with compiled loops, and where there is nothing to compile them."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.cli.served import Served, serving
from tests.databases import open_folder
from zones import Kernel

PLACE = {"latitude": 52.37, "longitude": 4.9}
ZONE = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [4.9, 52.37]},
    "properties": {"name": "Dam", "radius": 100},
}
PHONE = {
    "app": "demo",
    "platform": "android",
    "timezone": "Europe/Amsterdam",
    "language": "en",
    "address": {"kind": "fcm_token", "value": "phone-of-somebody:APA91b0123456789"},
    "consents": {"location": True},
}
# geopush, in a Python in which nobody finds numba
WITHOUT_NUMBA = (
    sys.executable,
    "-c",
    "import sys; sys.modules['numba'] = None; from geopush.cli import main; main()",
)


class Phone:
    """A phone of a service that has a zone; it tells that it is there."""

    def __init__(self, served: Served) -> None:
        self.served = served
        manager, sdk = served.key("manager"), served.key("sdk")
        zone = self._ask("PUT", "/v1/zones/dam", manager, ZONE)
        assert zone.status_code == 201
        registered = self._ask("POST", "/v1/devices", sdk, PHONE)
        self._token = str(registered.json()["token"])

    def ping(self) -> list[str]:
        """Say where it is now, and hear in which zones that is."""
        ping = PLACE | {"accuracy": 5, "recorded_at": datetime.now(UTC).isoformat()}
        answer = self._ask("POST", "/v1/pings", self._token, ping)
        assert answer.status_code == 202, answer.text
        inside: list[str] = answer.json()["inside"]
        return inside

    def _ask(self, how: str, path: str, key: str, body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        url = f"{self.served.url}{path}"
        return httpx.request(how, url, json=body, headers=headers, timeout=60)


def test_a_service_matches_at_once_and_goes_on_with_compiled_loops(
    kernel: Kernel, kernel_dir: Path
) -> None:
    given = {"GEOPUSH_COMPILED": "true", "GEOPUSH_KERNEL_DIR": str(kernel_dir)}
    with open_folder() as folder, serving(folder, "--sandbox", **given) as served:
        phone = Phone(served)
        before = phone.ping()
        served.hear("kernel.ready")
        metrics = httpx.get(f"{served.url}/metrics").text
        assert "geopush_kernel_ready 1.0" in metrics
        assert (before, phone.ping()) == (["dam"], ["dam"])
        assert served.stop() == 0


def test_without_numba_a_service_matches_all_the_same_and_says_so() -> None:
    given = {"GEOPUSH_COMPILED": "true"}
    with (
        open_folder() as folder,
        serving(folder, "--sandbox", command=WITHOUT_NUMBA, **given) as served,
    ):
        assert "geopush[fast]" in served.hear("kernel.absent")["why"]
        assert Phone(served).ping() == ["dam"]
        assert "geopush_kernel_ready 0.0" in httpx.get(f"{served.url}/metrics").text
        assert served.stop() == 0
