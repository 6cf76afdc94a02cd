"""Every command explains itself, and wrong use ends with 2."""

from importlib.metadata import version

import click
import pytest

from geopush.cli import COMMANDS, Commands, group
from tests.cli.command import Terminal


def every_command() -> list[tuple[str, ...]]:
    """All commands, and what is below them."""
    assert isinstance(group, Commands)
    context = click.Context(group)
    named: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        command = group.get_command(context, name)
        named.append((name,))
        if isinstance(command, click.Group):
            named += [(name, below) for below in command.commands]
    return named


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_every_command_explains_itself(
    terminal: Terminal, command: tuple[str, ...], asked: str
) -> None:
    done = terminal.geopush(*command, asked)
    assert done.code == 0
    assert done.out.startswith(f"Usage: {' '.join(('geopush', *command))} ")
    assert "TODO" not in done.out


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_every_command_that_does_something_gives_an_example(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    shown = terminal.geopush(*command, "--help").out
    assert "Commands:" in shown or "  Example" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("config", "--loud"),
        ("zones",),
        ("zones", "validate"),
        ("zones", "validate", "nowhere.geojson"),
        ("zones", "export"),
        ("keys", "create", "king"),
        ("keys", "revoke"),
        ("simulate", "--zones", "nowhere.geojson"),
        ("serve", "--role", "poet"),
        ("serve", "--clock", "fast"),
        ("demo", "--walkers", "many"),
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2_and_says_what_was_wrong(
    terminal: Terminal, arguments: tuple[str, ...]
) -> None:
    done = terminal.geopush(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Usage: geopush" in done.err


def test_it_tells_its_version(terminal: Terminal) -> None:
    done = terminal.geopush("--version")
    assert (done.code, done.out) == (0, f"geopush {version('geopush')}\n")
