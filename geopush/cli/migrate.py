"""geopush migrate."""

import asyncio

import click

from geopush.errors import SettingsError
from geopush.settings import read_environment
from geopush.store.migrate import migrate_database


@click.command()
def migrate() -> None:
    """Bring the database of GEOPUSH_DATABASE_URL up to this version.

    \b
    Example:
      GEOPUSH_DATABASE_URL=postgresql://... geopush migrate
    """
    settings = read_environment()
    if settings.database_url is None:
        raise SettingsError(
            "GEOPUSH_DATABASE_URL names no database; geopush serve migrates its own"
        )
    done = asyncio.run(migrate_database(settings.database_url))
    for name in done:
        click.echo(f"applied {name}")
    click.echo(f"{len(done)} applied, the database is up to date")
