"""geopush config."""

import click

from geopush.cli.output import show
from geopush.settings import PREFIX, read_environment, shown


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def config(as_json: bool) -> None:
    """Show every setting as it is in force, secrets left out.

    \b
    Examples:
      geopush config
      GEOPUSH_PORT=9000 geopush config --json
    """
    settings = shown(read_environment())
    if as_json:
        show(settings)
        return
    width = max(map(len, settings)) + len(PREFIX)
    for field, value in settings.items():
        text = "" if value is None else value
        click.echo(f"{PREFIX + field.upper():{width}}  {text}")
