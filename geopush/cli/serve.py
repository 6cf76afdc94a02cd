"""geopush serve."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime

import click
import uvloop

from geopush import log
from geopush.app import Role, running
from geopush.app.server import heed_signals, listen
from geopush.app.server import serve as serve_front
from geopush.cli.stage import announce, make_keys, start_sandbox
from geopush.clock import Clock, utc_now
from geopush.sandbox.clock import SteppedClock
from geopush.settings import Settings, read_environment

STORY_BEGINS = datetime(2026, 7, 4, 10, tzinfo=UTC)


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
    clock = SteppedClock(STORY_BEGINS) if time == "stepped" else utc_now
    uvloop.run(
        _serve(settings, Role(role), clock, sandbox=sandbox, migrating=migrating)
    )


async def _serve(
    settings: Settings, role: Role, clock: Clock, *, sandbox: bool, migrating: bool
) -> None:
    """Everything that runs until the signal, then backwards."""
    async with AsyncExitStack() as stack:
        street = None
        if sandbox:
            street, settings = await start_sandbox(settings, clock, stack)
        listening = stack.enter_context(listen(settings))
        house = await stack.enter_async_context(
            running(settings, clock=clock, role=role, migrating=migrating)
        )
        told = heed_signals()
        host, port = listening.getsockname()[:2]
        if street is not None:
            keys = await make_keys(house, clock())
            street.reporter.base_url = f"http://{host}:{port}"
            facts = announce(settings, f"http://{host}:{port}", street, house, keys)
            stack.callback(facts.unlink, missing_ok=True)
        log.info("serving", host=host, port=port, role=role)
        await serve_front(
            house.front,
            listening,
            told,
            drain=settings.drain_seconds,
            trusted=settings.trusted_proxies,
        )
        log.info("stopping")
