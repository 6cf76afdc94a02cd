"""geopush keys create | list | revoke."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import click

from geopush.app.database import open_database
from geopush.cli.output import show
from geopush.clock import utc_now
from geopush.core.access import Role
from geopush.flows.keys import KeyAsked, create_key, end_key
from geopush.settings import read_environment
from geopush.store.keys import list_keys
from geopush.store.pool import Pool, open_pool

MOST = 10_000
T = TypeVar("T")


@click.group()
def keys() -> None:
    """Make, list and revoke keys, in the database of the settings."""


@keys.command()
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--name", default="from the command line", help="What it is for.")
@click.option("--group", help="Only zones of this group (manager).")
@click.option("--app", help="Only devices of this app (sdk).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def create(
    role: str, name: str, group: str | None, app: str | None, as_json: bool
) -> None:
    """Make a key and show it, this once.

    \b
    Examples:
      geopush keys create sdk --app demo
      geopush keys create manager --group amsterdam
    """
    asked = KeyAsked(Role(role), name, group, app)
    made = _run(lambda pool: create_key(pool, asked, now=utc_now()))
    if as_json:
        show({"key_id": made.key_id, "key": made.key})
        return
    click.echo(made.key)


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def list_(as_json: bool) -> None:
    """List the keys that are in force; the keys themselves are not kept.

    \b
    Example:
      geopush keys list --json
    """

    async def load(pool: Pool) -> list[dict[str, str | None]]:
        async with pool.acquire() as connection:
            rows = await list_keys(connection, "", MOST, None, None)
        return [
            {
                "key_id": row.key_id,
                "role": row.role.value,
                "name": row.name,
                "group": row.group,
                "app": row.app,
            }
            for row in rows
        ]

    rows = _run(load)
    if as_json:
        show(rows)
        return
    for row in rows:
        limits = " ".join(row[name] or "" for name in ("group", "app"))
        click.echo(f"{row['key_id']}  {row['role']:10} {row['name']} {limits}".rstrip())


@keys.command()
@click.argument("key_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def revoke(key_id: str, as_json: bool) -> None:
    """End a key; within a second it opens nothing any more.

    \b
    Example:
      geopush keys revoke 0198c7a4-6f0e-7c59-9e1b-3d1f0a5b7c2e
    """
    if _run(lambda pool: end_key(pool, key_id, now=utc_now())) is None:
        raise click.ClickException(f"there is no key {key_id}")
    if as_json:
        show({"key_id": key_id, "revoked": True})
        return
    click.echo(f"{key_id} revoked")


def _run(work: Callable[[Pool], Awaitable[T]]) -> T:
    async def with_pool() -> T:
        async with _pool() as pool:
            return await work(pool)

    return asyncio.run(with_pool())


@asynccontextmanager
async def _pool() -> AsyncIterator[Pool]:
    async with AsyncExitStack() as stack:
        database = await open_database(read_environment(), stack)
        dsn = database if isinstance(database, str) else database.dsn
        pool = await open_pool(dsn, size=1)
        stack.push_async_callback(pool.close)
        yield pool
