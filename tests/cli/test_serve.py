"""geopush serve, as a process of its own, and the commands that speak to it."""

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.command import Terminal
from tests.cli.served import Served, serving
from tests.databases import open_folder
from tests.journeys.town import ICE_CREAM, RESTAURANT

pytestmark = pytest.mark.slow

URLS = ("base_url", "inbox_url", "apns_url", "fcm_url", "weather_url", "clock_url")
ROLES = ("sdk", "manager", "marketer", "crm", "weather", "operator")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A service with a sandbox and a clock that stands."""
    with open_folder() as folder, serving(folder, "--sandbox", "--clock=stepped") as it:
        yield it
        it.stop()


def listens(url: object) -> bool:
    """Whether anybody answers there."""
    parts = httpx.URL(str(url))
    with socket.socket() as probe:
        return probe.connect_ex((parts.host, parts.port)) == 0


def test_once_it_is_ready_it_tells_its_owner_alone_where_everything_is(
    served: Served,
) -> None:
    assert (served.data / "sandbox.json").stat().st_mode & 0o777 == 0o600
    told = served.told
    assert told.keys() == {
        *URLS,
        "console_url",
        "keys",
        "identity_secret",
        "apps",
    }
    assert told["base_url"] == served.url
    assert all(listens(told[name]) for name in URLS)
    assert told["apps"] == ["demo"]
    assert told["identity_secret"]


def test_the_keys_it_tells_are_those_of_each_role(served: Served) -> None:
    keys = served.told["keys"]
    assert isinstance(keys, dict)
    assert keys.keys() == set(ROLES)
    headers = {"Authorization": f"Bearer {served.key('operator')}"}
    listed = httpx.get(f"{served.url}/v1/keys", headers=headers).json()["items"]
    assert sorted(one["role"] for one in listed) == sorted(ROLES)


def test_it_is_ready(served: Served) -> None:
    answer = httpx.get(f"{served.url}/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_its_clock_stands_until_it_is_stepped(served: Served) -> None:
    clock = str(served.told["clock_url"])
    before = httpx.get(clock).json()["now"]
    assert httpx.get(clock).json()["now"] == before
    httpx.post(clock, json={"step_seconds": 60})
    assert httpx.get(clock).json()["now"] > before


def test_the_service_on_this_machine_is_healthy(
    terminal: Terminal, served: Served
) -> None:
    terminal.set(GEOPUSH_PORT=str(served.port))
    done = terminal.geopush("healthcheck")
    assert (done.code, done.out) == (0, f"{served.url}/readyz: 200\n")


def test_where_nothing_answers_nothing_is_healthy(terminal: Terminal) -> None:
    terminal.set(GEOPUSH_PORT="1")
    done = terminal.geopush("healthcheck")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("http://127.0.0.1:1/readyz: ")


def test_zones_that_are_imported_can_be_exported(
    terminal: Terminal, served: Served, tmp_path: Path
) -> None:
    path = tmp_path / "shops.geojson"
    features = [RESTAURANT | {"id": "da-mario"}, RESTAURANT | {"id": "two"}]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    there = ("--url", served.url, "--key", served.key("manager"))
    tried = terminal.geopush("zones", "import", path, "--dry-run", *there)
    assert tried.out == (
        "2 zones would be created, 0 updated, 0 removed; 0 unchanged\n"
    )
    done = terminal.geopush("zones", "import", path, *there)
    assert (done.code, done.err) == (0, "")
    assert done.out == "2 zones created, 0 updated, 0 removed; 0 unchanged\n"
    again = terminal.geopush("zones", "import", path, "--json", *there).json()
    assert isinstance(again, dict)
    assert (again["created"], again["unchanged"]) == (0, 2)
    exported = terminal.geopush("zones", "export", *there).json()
    assert isinstance(exported, dict)
    assert [one["id"] for one in exported["features"]] == ["da-mario", "two"]


def test_what_an_import_would_leave_out_or_remove_can_be_agreed_to(
    terminal: Terminal, served: Served, tmp_path: Path
) -> None:
    path = tmp_path / "north.geojson"
    features = [RESTAURANT | {"id": "north-1"}, RESTAURANT | {"id": "north-2"}]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    there = ("--url", served.url, "--key", served.key("manager"), "--group", "north")
    assert terminal.geopush("zones", "import", path, *there).code == 0
    bad = RESTAURANT | {"id": "a b"}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [bad]}))
    assert terminal.geopush("zones", "import", path, *there).code == 1
    done = terminal.geopush("zones", "import", path, "--partial", *there)
    assert done.code == 0
    assert done.out.startswith("north.geojson: $.features[0].id: ")
    assert done.out.endswith("0 removed; 0 unchanged, 1 rejected\n")
    path.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    replace = ("zones", "import", path, "--mode", "replace", *there)
    assert terminal.geopush(*replace).err.startswith("409 would_remove: ")
    done = terminal.geopush(*replace, "--allow-removed", "2")
    assert done.out == "0 zones created, 0 updated, 2 removed; 0 unchanged\n"


def test_offers_that_are_applied_are_in_force(
    terminal: Terminal, served: Served, tmp_path: Path
) -> None:
    path = tmp_path / "ice.json"
    path.write_text(json.dumps(ICE_CREAM))
    there = ("--url", served.url, "--key", served.key("marketer"))
    done = terminal.geopush("offers", "apply", path, *there)
    assert (done.code, done.out) == (0, "ice: in force\n")
    told = terminal.geopush("offers", "apply", path, "--json", *there).json()
    assert told == {"offers": ["ice"]}


def test_what_the_service_refuses_is_told_and_ends_the_command_with_1(
    terminal: Terminal, served: Served, tmp_path: Path
) -> None:
    path = tmp_path / "shop.geojson"
    path.write_text(json.dumps(RESTAURANT | {"id": "a b"}))
    terminal.set(GP_KEY=served.key("manager"))
    done = terminal.geopush("zones", "import", path, "--url", served.url)
    assert (done.code, done.out) == (1, "")
    first, *problems = done.err.splitlines()
    assert first.startswith("422 ")
    assert problems
    terminal.set(GP_KEY="gp_sk_wrong")
    done = terminal.geopush("zones", "export", "--url", served.url)
    assert done.code == 1
    assert done.err.startswith("401 ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_leaves_nothing_behind(number: signal.Signals) -> None:
    with open_folder() as folder, serving(folder, "--sandbox") as served:
        postgres, told = served.postgres(), served.told
        assert Path(f"/proc/{postgres}").exists()
        assert served.stop(number) == 0
        assert not Path(f"/proc/{postgres}").exists()
        assert not any(listens(told[name]) for name in URLS)
        assert not (served.data / "sandbox.json").exists()


def test_a_service_that_was_killed_is_not_told_of_any_more(tmp_path: Path) -> None:
    left = tmp_path / "data" / "sandbox.json"
    left.parent.mkdir()
    left.write_text("{}")
    given = {"GEOPUSH_DATABASE_URL": "postgresql://geopush@127.0.0.1:1/geopush"}
    with (
        pytest.raises(AssertionError, match="cannot be reached"),
        serving(tmp_path, "--sandbox", **given),
    ):
        pass
    assert not left.exists()


@pytest.mark.parametrize(("role", "status"), [("api", 401), ("deliver", 404)])
def test_a_part_of_it_takes_pings_only_if_it_is_the_door(
    database_url: str, tmp_path: Path, role: str, status: int
) -> None:
    given = {"GEOPUSH_DATABASE_URL": database_url}
    with serving(tmp_path, "--role", role, **given) as served:
        assert httpx.get(f"{served.url}/readyz").status_code == 200
        answer = httpx.post(f"{served.url}/v1/pings", json={})
        assert answer.status_code == status
        assert served.stop() == 0
        assert not served.data.exists()
