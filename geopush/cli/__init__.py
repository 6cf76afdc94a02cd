"""The command: serve, try out, and look after geopush."""

import sys

import click

from geopush.cli.config import config
from geopush.cli.demo import demo
from geopush.cli.health import healthcheck
from geopush.cli.keys import keys
from geopush.cli.offers import offers
from geopush.cli.serve import migrate, serve
from geopush.cli.simulate import simulate
from geopush.cli.zones import zones
from geopush.errors import GeopushError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="geopush", message="geopush %(version)s")
def group() -> None:
    """Location pings and weather in, the right offer out.

    Settings come from GEOPUSH_* variables; `geopush config` shows them.
    """


for command in (
    serve,
    migrate,
    demo,
    simulate,
    zones,
    offers,
    keys,
    config,
    healthcheck,
):
    group.add_command(command)


def main() -> None:
    """Run the command; exit with 0, 1 if it failed, or 2 if it was used wrongly."""
    try:
        group(standalone_mode=True)
    except GeopushError as error:
        click.echo(f"geopush: {error}", err=True)
        sys.exit(1)
