"""geopush serve."""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from importlib import import_module

import click
import uvloop

from geopush import log
from geopush.app import Role, Running, running
from geopush.app.server import heed_signals, listen
from geopush.app.server import serve as serve_front
from geopush.clock import Clock, utc_now
from geopush.settings import Settings, read_environment


@click.command()
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ALL.value,
    help="Serve only a part: the door (api), the sending (deliver) or the loops.",
)
@click.option("--sandbox", is_flag=True, help="Start stand-ins for Apple and Google.")
@click.option(
    "--clock",
    "time",
    type=click.Choice(["system", "stepped"]),
    default="system",
    help="With --sandbox: a clock that stands until somebody steps it.",
)
@click.option(
    "--migrate", "migrating", is_flag=True, help="Migrate the database first."
)
def serve(role: str, sandbox: bool, time: str, migrating: bool) -> None:
    """Serve geopush until stopped.

    \b
    Examples:
      geopush serve --sandbox
      GEOPUSH_DATABASE_URL=postgresql://... geopush serve --migrate
      geopush serve --role deliver
    """
    if time == "stepped" and not sandbox:
        raise click.UsageError("--clock=stepped only works with --sandbox")
    settings = read_environment()
    log.start(settings.log_level)
    if sandbox:
        stage = import_module("geopush.cli.sandboxed")  # takes long to load
        serving: Coroutine[None, None, None] = stage.serve_sandboxed(
            settings, Role(role), stepped=time == "stepped", migrating=migrating
        )
    else:
        serving = serve_house(settings, Role(role), migrating=migrating)
    uvloop.run(serving)


async def _nothing(_house: Running, _base_url: str) -> None:
    """Do nothing more when all is ready."""


async def serve_house(
    settings: Settings,
    role: Role,
    *,
    clock: Clock = utc_now,
    migrating: bool,
    ready: Callable[[Running, str], Awaitable[None]] = _nothing,
) -> None:
    """Everything that runs until the signal, then backwards."""
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(listen(settings))
        house = await stack.enter_async_context(
            running(settings, clock=clock, role=role, migrating=migrating)
        )
        told = heed_signals()
        host, port = listening.getsockname()[:2]
        await ready(house, f"http://{host}:{port}")
        log.info("serving", host=host, port=port, role=role)
        await serve_front(
            house.front,
            listening,
            told,
            drain=settings.drain_seconds,
            trusted=settings.trusted_proxies,
        )
        log.info("stopping")
