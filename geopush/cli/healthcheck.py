"""geopush healthcheck."""

import sys
import urllib.request

import click

from geopush.settings import read_environment

PATIENCE = 3  # seconds


@click.command()
def healthcheck() -> None:
    """Exit with 0 if the service on this machine is ready, else with 1.

    \b
    Example, in a Dockerfile:
      HEALTHCHECK CMD ["geopush", "healthcheck"]
    """
    settings = read_environment()
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104
    url = f"http://{host}:{settings.port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            click.echo(f"{url}: {answer.status}")
    except OSError as error:
        click.echo(f"{url}: {error}", err=True)
        sys.exit(1)
