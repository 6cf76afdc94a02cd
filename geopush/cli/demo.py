"""geopush demo."""

import sys
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import click
import uvloop
from msgspec.structs import replace
from rich.console import Console
from rich.progress import Progress

from geopush import log
from geopush.app import Running, running
from geopush.app.server import listen, serve_beside
from geopush.cli.output import show
from geopush.cli.stage import make_keys, start_sandbox
from geopush.sandbox.books import balance
from geopush.sandbox.clock import SteppedClock
from geopush.sandbox.daymap import draw_day
from geopush.sandbox.demo import play
from geopush.sandbox.phones import Stage
from geopush.sandbox.story import Story
from geopush.sandbox.table import story_json, table
from geopush.settings import Settings, read_environment

BEGINS = datetime(2023, 5, 31, 14, tzinfo=UTC)  # ten in the morning in New York


@click.command()
@click.option("--walkers", default=200, show_default=True, help="How many people walk.")
@click.option("--seed", default=7, show_default=True, help="Which people, and where.")
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("geopush-demo.png"),
    show_default=True,
    help="Where the map goes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def demo(walkers: int, seed: int, picture: Path, as_json: bool) -> None:
    """Walk a few hundred people through New York and see who gets which offer.

    Everything is real but the people and the gateways: Postgres, HTTP, the clients for
    Apple and Google. Ends with 0 only if the books balance.

    \b
    Examples:
      geopush demo
      geopush demo --walkers 50 --seed 3 --picture walk.png
    """
    log.start("error")
    with tempfile.TemporaryDirectory(prefix="geopush-demo-") as folder:
        settings = replace(
            read_environment(),
            port=0,
            data_dir=folder,
            database_url=None,
            timezone="America/New_York",
            compiled=False,  # a hundred zones are not worth a second of loading
        )
        Path(folder).chmod(0o711)  # the user that Postgres runs as has to pass
        story = uvloop.run(_play(settings, walkers, seed, quiet=as_json))
    wrong = balance(story)
    draw_day(story, picture)
    if as_json:
        show(story_json(story, wrong))
    else:
        Console().print(table(story))
        click.echo(f"The map is in {picture}")
    for sentence in wrong:
        click.echo(f"The books do not balance: {sentence}", err=True)
    if not wrong and not as_json:
        click.echo("The books balance.")
    sys.exit(1 if wrong else 0)


async def _play(settings: Settings, walkers: int, seed: int, *, quiet: bool) -> Story:
    """Start everything on a stepped clock, let the people walk, and read it back."""
    clock = SteppedClock(BEGINS)
    async with AsyncExitStack() as stack:
        street, settings = await start_sandbox(settings, clock, stack)
        listening = stack.enter_context(listen(settings))
        house = await stack.enter_async_context(
            running(settings, clock=clock, durable=False)
        )
        await stack.enter_async_context(serve_beside(house.front, listening))
        keys = await make_keys(house, clock())
        app = settings.app_names[0]
        stage = Stage(
            base_url=f"http://127.0.0.1:{listening.getsockname()[1]}",
            keys=keys,
            identity_secret=house.identities[app][0].decode(),
            inbox_url=street.inbox_url,
        )
        bar = stack.enter_context(
            Progress(console=Console(stderr=True), transient=True, disable=quiet)
        )
        task = bar.add_task("waking up", total=None)

        def progress(done: int, total: int, text: str) -> None:
            bar.update(task, completed=done, total=total, description=text)

        return await play(
            stage,
            clock,
            seed=seed,
            walkers=walkers,
            settle=lambda: _deliver_all(house),
            progress=progress,
        )


async def _deliver_all(house: Running) -> None:
    """Deliver what is due now, before the story goes on."""
    while await house.deliver.run_once():
        pass
