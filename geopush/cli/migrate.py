"""geopush migrate."""

import asyncio

import click

from geopush.cli.output import show
from geopush.errors import SettingsError
from geopush.settings import read_environment
from geopush.store.migrate import migrate_database
from geopush.store.pool import reach


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def migrate(as_json: bool) -> None:
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
    done = asyncio.run(_migrate(settings.database_url))
    if as_json:
        show({"applied": done})
        return
    for name in done:
        click.echo(f"applied {name}")
    click.echo(f"{len(done)} applied, the database is up to date")


async def _migrate(dsn: str) -> list[str]:
    await reach(dsn)
    return await migrate_database(dsn)
