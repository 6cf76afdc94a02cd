"""Settings on the command line: shown when they are good, refused when they are not."""

import pytest

from geopush.settings import Settings
from tests.cli.command import Terminal


def test_the_settings_in_force_are_shown_for_people(terminal: Terminal) -> None:
    terminal.set(GEOPUSH_PORT="9000")
    done = terminal.geopush("config")
    shown = [line.split() for line in done.out.splitlines()]
    assert done.code == 0
    assert ["GEOPUSH_PORT", "9000"] in shown
    assert ["GEOPUSH_DATABASE_URL"] in shown
    assert len(shown) == len(Settings.__struct_fields__)


def test_the_settings_in_force_are_shown_for_machines(terminal: Terminal) -> None:
    terminal.set(GEOPUSH_PORT="9000")
    shown = terminal.geopush("config", "--json").json()
    assert isinstance(shown, dict)
    assert (shown["port"], shown["database_url"]) == (9000, None)
    assert sorted(shown) == sorted(Settings.__struct_fields__)


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_secrets_are_not_shown(terminal: Terminal, how: tuple[str, ...]) -> None:
    terminal.set(
        GEOPUSH_DATABASE_URL="postgresql://me:canary@nowhere/geopush",
        GEOPUSH_APNS_KEY="canary",
        GEOPUSH_FCM_SERVICE_ACCOUNT="canary",
        GEOPUSH_METRICS_TOKEN="canary",
    )
    done = terminal.geopush("config", *how)
    assert "canary" not in done.out
    assert "(set)" in done.out


@pytest.mark.parametrize(
    "command", [("config",), ("serve",), ("migrate",), ("keys", "list"), ("demo",)]
)
def test_a_misspelt_setting_stops_every_command_and_is_named(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    terminal.set(GEOPUSH_PROT="9000")
    done = terminal.geopush(*command)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("geopush: GEOPUSH_PROT is not a setting")
    assert "Traceback" not in done.err


def test_a_stepped_clock_is_refused_without_the_sandbox(terminal: Terminal) -> None:
    done = terminal.geopush("serve", "--clock=stepped")
    assert (done.code, done.out) == (2, "")
    assert "--clock=stepped only works with --sandbox\n" in done.err


def test_the_sandbox_is_refused_where_others_could_reach_it(
    terminal: Terminal,
) -> None:
    terminal.set(GEOPUSH_HOST="0.0.0.0")
    done = terminal.geopush("serve", "--sandbox")
    assert done.code == 1
    assert "loopback" in done.err
