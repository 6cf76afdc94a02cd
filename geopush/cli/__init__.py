"""The command: serve, try out, and look after geopush."""

import gc
import sys
from importlib import import_module

import click

from geopush.errors import GeopushError

# Where each command is. It is loaded when it is called: serving needs no plots.
COMMANDS = {
    "serve": "geopush.cli.serve",
    "migrate": "geopush.cli.migrate",
    "demo": "geopush.cli.demo",
    "bench": "geopush.cli.bench",
    "simulate": "geopush.cli.simulate",
    "zones": "geopush.cli.zones",
    "offers": "geopush.cli.offers",
    "messages": "geopush.cli.messages",
    "keys": "geopush.cli.keys",
    "config": "geopush.cli.config",
    "healthcheck": "geopush.cli.healthcheck",
}


class Commands(click.Group):
    """A group that loads a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; its name is the name it has in its module."""
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # modules are no garbage, and looking for some takes long
        command = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        gc.enable()
        return command if isinstance(command, click.Command) else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="geopush", message="geopush %(version)s")
def group() -> None:
    """Location pings and weather in, the right offer out.

    Settings come from GEOPUSH_* variables; `geopush config` shows them.
    """


def main() -> None:
    """Run the command; exit with 0, 1 if it failed, or 2 if it was used wrongly."""
    try:
        group(prog_name="geopush")
    except GeopushError as error:
        click.echo(f"geopush: {error}", err=True)
        sys.exit(1)
